use crate::{
    exchange::{self, URI},
    job::{Job, Task, Work, work},
    pipe::Pipe,
    tally::Tally,
    wire::{Kind, Reads},
};
use nexus_web::ws::{ClientBuilder, Connecting, FrameReader, FrameWriter, Message, Role};

pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { kind, reads, .. } if kind != Kind::Binary && !checks_text(job.size, reads) => None,
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut driver = Driver::new(job);
            work(move |messages, tally| driver.receive(messages, tally))
        }
        Task::Echo { .. } => {
            let mut driver = Driver::new(job);
            let (mut writer, mut out) = (FrameWriter::new(Role::Server), vec![0; 2 * (job.buffer() + job.size)]);
            work(move |messages, _| driver.echo(messages, &mut writer, &mut out))
        }
        Task::ClientSend => {
            let (sent, payload, batch) = (job.sent.clone(), job.payload.clone(), job.batch());
            let mut writer = FrameWriter::new(Role::Client);
            let mut out = vec![0; (job.size + 14) * batch];
            work(move |messages, _| {
                let mut used = 0;
                for index in 0..messages {
                    used += writer.encode_binary(&payload, &mut out[used..]);
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        sent.write(&out[..used]);
                        used = 0;
                    }
                }
            })
        }
        Task::ServerSend | Task::CompressedEcho { .. } => None,
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    let accepted = ClientBuilder::new().buffer_capacity(4096).accept(job.pipe());
                    accepted.expect("the request is right");
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::handshakes(
            |exchange| {
                let builder = ClientBuilder::new().buffer_capacity(4096);
                let mut connecting: Connecting<_> =
                    builder.begin_connect(exchange::ClientPipe(exchange), URI).expect("the URI is valid");
                while connecting.wants_write() {
                    assert!(connecting.poll().expect("writing to memory").is_none());
                }
                connecting
            },
            |mut connecting| connecting.poll().is_ok_and(|client| client.is_some()),
        ),
    }
}

/// It does not check the UTF-8 of a frame that spans reads. Those of large messages do.
fn checks_text(size: usize, reads: Reads) -> bool {
    match reads {
        Reads::Frame => size <= reads.most(),
        Reads::Kib(_) => size < 16 * 1024,
    }
}

struct Driver {
    reader: FrameReader,
    pipe: Pipe,
}

impl Driver {
    fn new(job: &Job) -> Self {
        let role = if job.is_client() { Role::Client } else { Role::Server };
        // A frame may be twice as large as a read before it is copied to the message's own buffer.
        let reader = FrameReader::builder()
            .role(role)
            .buffer_capacity(2 * job.buffer())
            .message_capacity(job.size)
            .max_frame_size(16 * 1024 * 1024)
            .max_message_size(16 * 1024 * 1024);
        Self { reader: reader.build(), pipe: job.pipe() }
    }

    fn receive(&mut self, messages: usize, tally: &mut Tally) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            match self.reader.next().expect("the frames are right") {
                Some(Message::Binary(data)) => tally.message(data),
                Some(Message::Text(text)) => tally.message(text.as_bytes()),
                Some(other) => panic!("{other:?} is no message"),
                None => self.read(),
            }
        }
    }

    fn echo(&mut self, messages: usize, writer: &mut FrameWriter, out: &mut [u8]) {
        let (mut left, mut used) = (messages, 0);
        while left > 0 {
            match self.reader.next().expect("the frames are right") {
                Some(Message::Binary(data)) => {
                    used += writer.encode_binary(data, &mut out[used..]);
                    left -= 1;
                }
                Some(other) => panic!("{other:?} is no message"),
                None => {
                    self.pipe.sent.write(&out[..used]);
                    used = 0;
                    self.read();
                }
            }
        }
        self.pipe.sent.write(&out[..used]);
    }

    fn read(&mut self) {
        self.reader.read_from(&mut self.pipe).expect("there is room");
    }
}
