use crate::{
    exchange,
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
    wire,
};
use bytes::BytesMut;
use sockudo_ws::{Message, Role, handshake, protocol::Protocol};

const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments => {
            let mut driver = Driver::new(job);
            work(move |messages, tally| {
                for _ in 0..messages {
                    match driver.next() {
                        Message::Binary(data) => tally.message(&data),
                        Message::Text(text) => tally.message(&text),
                        other => panic!("{other:?} is no message"),
                    }
                }
            })
        }
        Task::Echo { .. } => {
            let mut driver = Driver::new(job);
            let batch = job.batch();
            work(move |messages, _| {
                for index in 0..messages {
                    let message = driver.next();
                    driver.send(&message, (index + 1) % batch == 0 || index + 1 == messages);
                }
            })
        }
        Task::CompressedEcho { .. } => super::compressed::sockudo(job),
        Task::ClientSend | Task::ServerSend => {
            let mut driver = Driver::new(job);
            let (batch, payload) = (job.batch(), job.payload.clone());
            work(move |messages, _| {
                for index in 0..messages {
                    let message = Message::Binary(payload.clone());
                    driver.send(&message, (index + 1) % batch == 0 || index + 1 == messages);
                }
            })
        }
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    block_on(handshake::server_handshake(&mut job.pipe())).expect("the request is right");
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::async_handshakes(|mut pipe| async move {
            handshake::client_handshake(&mut pipe, "server.example.com", "/chat", None).await.is_ok()
        }),
    }
}

struct Driver {
    protocol: Protocol,
    pipe: Pipe,
    input: BytesMut,
    /// The messages of one read, the next one last.
    messages: Vec<Message>,
    output: BytesMut,
}

impl Driver {
    fn new(job: &Job) -> Self {
        let role = match job.task {
            Task::ClientSend | Task::Receive { role: wire::Role::Client, .. } => Role::Client,
            _ => Role::Server,
        };
        let protocol = Protocol::new(role, LIMIT, LIMIT);
        Self { protocol, pipe: job.pipe(), input: BytesMut::new(), messages: Vec::new(), output: BytesMut::new() }
    }

    #[inline]
    fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.messages.pop() {
                return message;
            }
            self.input.reserve(wire::READ_ROOM);
            self.input.extend_from_slice(self.pipe.next_read(wire::READ_ROOM));
            self.protocol.process_into(&mut self.input, &mut self.messages).expect("the frames are right");
            self.messages.reverse();
        }
    }

    #[inline]
    fn send(&mut self, message: &Message, flush: bool) {
        self.protocol.encode_message(message, &mut self.output).expect("it always can");
        if flush {
            self.pipe.sent.write(&self.output);
            self.output.clear();
        }
    }
}
