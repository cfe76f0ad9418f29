use super::check_text;
use crate::{
    exchange,
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use soketto::{
    Data, Receiver, Sender,
    connection::{Builder, Mode},
    handshake::{Client, Server, ServerResponse, server::Response},
};

const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::CompressedEcho { .. } => None,
        Task::Receive { .. } | Task::Fragments { .. } => {
            let (_, mut receiver) = halves(job);
            let mut message = Vec::new();
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        message.clear();
                        if let Data::Text(_) = receiver.receive_data(&mut message).await.expect("a message") {
                            check_text(&message);
                        }
                        tally.message(&message);
                    }
                });
            })
        }
        Task::Echo { .. } => {
            let (mut sender, mut receiver) = halves(job);
            let (mut message, batch) = (Vec::new(), job.batch());
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        message.clear();
                        receiver.receive_data(&mut message).await.expect("a message");
                        sender.send_binary(&message).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            sender.flush().await.expect("writing to memory");
                        }
                    }
                });
            })
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut sender, _) = halves(job);
            let (batch, payload) = (job.batch(), job.payload.clone());
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        sender.send_binary(&payload).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            sender.flush().await.expect("writing to memory");
                        }
                    }
                });
            })
        }
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    block_on(accept(job.pipe()));
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::async_handshakes(|pipe| async {
            let mut client = Client::new(pipe, "server.example.com", "/chat");
            let agreed = matches!(client.handshake().await, Ok(ServerResponse::Accepted { .. }));
            let _halves = client.into_builder().finish();
            agreed
        }),
    }
}

async fn accept(pipe: Pipe) {
    let mut server = Server::new(pipe);
    let key = server.receive_request().await.expect("the request is right").key();
    server.send_response(&Response::Accept { key, protocol: None }).await.expect("writing to memory");
    let _halves = server.into_builder().finish();
}

fn halves(job: &Job) -> (Sender<Pipe>, Receiver<Pipe>) {
    let mode = if job.is_client() { Mode::Client } else { Mode::Server };
    let mut builder = Builder::new(job.pipe(), mode);
    builder.set_max_message_size(LIMIT);
    builder.set_max_frame_size(LIMIT);
    builder.finish()
}
