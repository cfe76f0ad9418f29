use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};

pub(super) fn collector(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut socket = FragmentCollector::new(socket(job));
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        let frame = socket.read_frame().await.expect("a message");
                        assert!(matches!(frame.opcode, OpCode::Text | OpCode::Binary));
                        tally.message(&frame.payload);
                    }
                });
            })
        }
        Task::Echo { .. } => {
            let mut socket = FragmentCollector::new(socket(job));
            work(move |messages, _| {
                block_on(async {
                    for _ in 0..messages {
                        let frame = socket.read_frame().await.expect("a message");
                        socket.write_frame(Frame::binary(frame.payload)).await.expect("writing to memory");
                    }
                });
            })
        }
        Task::ClientSend | Task::ServerSend => {
            let (job, mut pipe) = (job.clone(), Some(job.pipe()));
            let role = role(&job);
            let payload = job.payload.clone();
            let mut socket = None;
            work(move |messages, _| {
                let socket = socket.get_or_insert_with(|| WebSocket::after_handshake(pipe.take().expect("once"), role));
                block_on(send(socket, &payload, messages));
            })
        }
        Task::CompressedEcho { .. } | Task::HandshakeServer | Task::HandshakeClient => None,
    }
}

async fn send(socket: &mut WebSocket<Pipe>, payload: &[u8], messages: usize) {
    for _ in 0..messages {
        socket.write_frame(Frame::binary(Payload::Borrowed(payload))).await.expect("writing to memory");
    }
}

pub(super) fn frames(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } => {
            let mut socket = socket(job);
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        let frame = socket.read_frame().await.expect("a message");
                        assert!(matches!(frame.opcode, OpCode::Text | OpCode::Binary));
                        tally.message(&frame.payload);
                    }
                });
            })
        }
        _ => None,
    }
}

fn socket(job: &Job) -> WebSocket<Pipe> {
    WebSocket::after_handshake(job.pipe(), role(job))
}

fn role(job: &Job) -> Role {
    if job.is_client() { Role::Client } else { Role::Server }
}
