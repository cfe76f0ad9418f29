use super::check_text;
use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use tokio::io::BufReader;
use web_socket::{DataType, Event, MessageType, WebSocket};

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    let batch = job.batch();
    match job.task {
        Task::Receive { .. } => {
            let mut socket = socket(job);
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        let Ok(Event::Data { ty: DataType::Complete(kind), data }) = socket.recv_event().await else {
                            panic!("that is no message")
                        };
                        if kind == MessageType::Text {
                            check_text(&data);
                        }
                        tally.message(&data);
                    }
                });
            })
        }
        Task::Echo { .. } => {
            let mut socket = socket(job);
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        let Ok(Event::Data { data, .. }) = socket.recv_event().await else {
                            panic!("that is no message")
                        };
                        socket.send(&*data).await.expect("writing to memory");
                        if (index + 1) % batch == 0 {
                            socket.flash().await.expect("writing to memory");
                        }
                    }
                });
            })
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut socket, payload) = (socket(job), job.payload.clone());
            work(move |messages, _| {
                block_on(async {
                    for _ in 0..messages {
                        socket.send(&payload[..]).await.expect("writing to memory");
                    }
                });
            })
        }
        Task::Fragments { .. } | Task::CompressedEcho { .. } | Task::HandshakeServer | Task::HandshakeClient => None,
    }
}

fn socket(job: &Job) -> WebSocket<BufReader<Pipe>> {
    let stream = BufReader::with_capacity(job.read(), job.pipe());
    let mut socket = if job.is_client() { WebSocket::client(stream) } else { WebSocket::server(stream) };
    socket.max_payload_len = 16 * 1024 * 1024;
    socket
}
