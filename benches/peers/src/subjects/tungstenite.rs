use crate::{
    exchange::{self, ClientPipe, URI},
    job::{Job, Task, Work, work},
    pipe::Pipe,
};
use tungstenite::{
    HandshakeError, Message, WebSocket, accept_with_config, client::client_with_config, handshake::MidHandshake,
    handshake::client::ClientHandshake, protocol::Role, protocol::WebSocketConfig,
};

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::CompressedEcho { .. } => None,
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut socket = socket(job);
            work(move |messages, tally| {
                for _ in 0..messages {
                    match socket.read().expect("a message") {
                        Message::Binary(data) => tally.message(&data),
                        Message::Text(text) => tally.message(text.as_bytes()),
                        other => panic!("{other:?} is no message"),
                    }
                }
            })
        }
        Task::Echo { .. } => {
            let (mut socket, batch) = (socket(job), job.batch());
            work(move |messages, _| {
                for index in 0..messages {
                    let message = socket.read().expect("a message");
                    socket.write(message).expect("there is room");
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        socket.flush().expect("writing to memory");
                    }
                }
            })
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut socket, batch, payload) = (socket(job), job.batch(), job.payload.clone());
            work(move |messages, _| {
                for index in 0..messages {
                    socket.write(Message::Binary(payload.clone())).expect("there is room");
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        socket.flush().expect("writing to memory");
                    }
                }
            })
        }
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    accept_with_config(job.pipe(), Some(small())).expect("the request is right");
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => {
            exchange::handshakes(|exchange| begin(ClientPipe(exchange)), |mid| mid.handshake().is_ok())
        }
    }
}

fn socket(job: &Job) -> WebSocket<Pipe> {
    let role = if job.is_client() { Role::Client } else { Role::Server };
    WebSocket::from_raw_socket(job.pipe(), role, Some(WebSocketConfig::default().read_buffer_size(job.read())))
}

/// The buffers are allocated in the handshake: 128 KiB each unless it is told otherwise.
fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096)
}

fn begin(pipe: ClientPipe) -> MidHandshake<ClientHandshake<ClientPipe>> {
    match client_with_config(URI, pipe, Some(small())) {
        Err(HandshakeError::Interrupted(mid)) => mid,
        _ => panic!("a client is done before the server has answered"),
    }
}
