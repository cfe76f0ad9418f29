use super::check_text;
use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
};
use bytes::BytesMut;
use futures_util::SinkExt;
use tokio_util::codec::{Decoder as _, Encoder as _};
use yawc::{
    Frame, OpCode, Options, Role, WebSocket,
    codec::{Decoder, Encoder},
};

const LIMIT: usize = 16 * 1024 * 1024 + 1;

pub(super) fn complete(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            let mut socket = socket(job);
            work(move |messages, tally| {
                block_on(async {
                    for _ in 0..messages {
                        let frame = socket.next_frame().await.expect("a message");
                        assert!(matches!(frame.opcode(), OpCode::Text | OpCode::Binary));
                        tally.message(frame.payload());
                    }
                });
            })
        }
        Task::Echo { .. } => {
            let (mut socket, batch) = (socket(job), job.batch());
            work(move |messages, _| {
                block_on(async {
                    for index in 0..messages {
                        let frame = socket.next_frame().await.expect("a message");
                        let echo = Frame::binary(frame.into_payload());
                        socket.feed(echo).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            socket.flush().await.expect("writing to memory");
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
                        socket.feed(Frame::binary(payload.clone())).await.expect("writing to memory");
                        if (index + 1) % batch == 0 || index + 1 == messages {
                            socket.flush().await.expect("writing to memory");
                        }
                    }
                });
            })
        }
        Task::CompressedEcho { .. } => super::compressed::yawc(job),
        Task::HandshakeServer | Task::HandshakeClient => None,
    }
}

fn socket(job: &Job) -> WebSocket<Pipe> {
    let options = Options::default().with_utf8().with_limits(LIMIT, LIMIT).with_read_buffer_capacity(job.read());
    WebSocket::from_stream(job.pipe(), role(job), options).expect("nothing was negotiated")
}

fn role(job: &Job) -> Role {
    if job.is_client() { Role::Client } else { Role::Server }
}

pub(super) fn codec(job: &Job) -> Option<Box<dyn Work>> {
    match job.task {
        Task::Receive { .. } => {
            let mut frames = Frames::new(job);
            work(move |messages, tally| {
                for _ in 0..messages {
                    let frame = frames.next();
                    match frame.opcode() {
                        OpCode::Binary => {}
                        OpCode::Text => check_text(frame.payload()),
                        _ => panic!("that is no message"),
                    }
                    tally.message(frame.payload());
                }
            })
        }
        Task::Echo { .. } => {
            let (mut frames, batch) = (Frames::new(job), job.batch());
            let (mut encoder, mut out) = (Encoder::new(role(job)), BytesMut::new());
            work(move |messages, _| {
                for index in 0..messages {
                    let echo = Frame::binary(frames.next().into_payload());
                    encoder.encode(echo, &mut out).expect("it always can");
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        frames.pipe.sent.write(&out);
                        out.clear();
                    }
                }
            })
        }
        Task::ClientSend => {
            let (sent, payload, batch) = (job.sent.clone(), job.payload.clone(), job.batch());
            let (mut encoder, mut out) = (Encoder::new(Role::Client), BytesMut::new());
            work(move |messages, _| {
                for index in 0..messages {
                    encoder.encode(Frame::binary(payload.clone()), &mut out).expect("it always can");
                    if (index + 1) % batch == 0 || index + 1 == messages {
                        sent.write(&out);
                        out.clear();
                    }
                }
            })
        }
        _ => None,
    }
}

struct Frames {
    decoder: Decoder,
    pipe: Pipe,
    buffer: BytesMut,
    /// The size of a read.
    read: usize,
}

impl Frames {
    fn new(job: &Job) -> Self {
        let decoder = Decoder::new(role(job), LIMIT);
        Self { decoder, pipe: job.pipe(), buffer: BytesMut::new(), read: job.buffer() }
    }

    #[inline]
    fn next(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.buffer).expect("the frames are right") {
                return frame;
            }
            self.buffer.reserve(self.read);
            self.buffer.extend_from_slice(self.pipe.next_read(self.read));
        }
    }
}
