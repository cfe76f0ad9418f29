use crate::{
    exchange,
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use bytes::BytesMut;
use sockudo_ws::{Message, Role, handshake, protocol::Protocol};

const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
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
    /// The size of a read.
    read: usize,
    input: BytesMut,
    /// The messages of one read, the next one last.
    messages: Vec<Message>,
    output: BytesMut,
}

impl Driver {
    fn new(job: &Job) -> Self {
        let role = if job.is_client() { Role::Client } else { Role::Server };
        Self {
            protocol: Protocol::new(role, LIMIT, LIMIT),
            pipe: job.pipe(),
            read: job.buffer(),
            input: BytesMut::new(),
            messages: Vec::new(),
            output: BytesMut::new(),
        }
    }

    #[inline]
    fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.messages.pop() {
                return message;
            }
            self.input.reserve(self.read);
            self.input.extend_from_slice(self.pipe.next_read(self.read));
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
