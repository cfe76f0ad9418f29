use crate::{
    exchange::{self, URI},
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Config, Message, ServerBuilder, WebSocketStream};

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::CompressedEcho { .. } => None,
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut socket = socket(job);
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        let message = socket.next().await.expect("no end").expect("a message");
                        assert!(message.is_text() || message.is_binary());
                        tally.message(message.as_payload());
                    }
                });
            })
        }
        Task::Echo { .. } => {
            let (mut socket, batch) = (socket(job), job.batch());
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        let message = socket.next().await.expect("no end").expect("a message");
                        socket.feed(message).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            flush(&mut socket).await;
                        }
                    }
                });
            })
        }
        Task::ClientSend | Task::ServerSend => {
            let (mut socket, batch, payload) = (socket(job), job.batch(), job.payload.clone());
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        socket.feed(Message::binary(payload.clone())).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            flush(&mut socket).await;
                        }
                    }
                });
            })
        }
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    block_on(ServerBuilder::new().accept(job.pipe())).expect("the request is right");
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::async_handshakes(|pipe| async {
            let builder = ClientBuilder::new().uri(URI).expect("the URI is valid");
            builder.connect_on(pipe).await.is_ok()
        }),
    }
}

async fn flush(socket: &mut WebSocketStream<Pipe>) {
    SinkExt::<Message>::flush(socket).await.expect("writing to memory");
}

fn socket(job: &Job) -> WebSocketStream<Pipe> {
    // Frames are not split, and flushed when the driver says so.
    let config = Config::default().frame_size(usize::MAX).flush_threshold(64 * 1024);
    if job.is_client() {
        ClientBuilder::new().config(config).take_over(job.pipe())
    } else {
        ServerBuilder::new().config(config).serve(job.pipe())
    }
}
