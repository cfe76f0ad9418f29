use crate::{
    exchange::{self, ClientPipe},
    job::{Job, Task, Work, work},
    pipe::{Pipe, block_on},
    tally::Tally,
};
use embedded_io_async::{ErrorType, Read, Write};
use rand::{SeedableRng, rngs::StdRng, rngs::SysRng};
use std::{convert::Infallible, future::poll_fn, task::Poll};
use websocketz::{
    Message, WebSocket,
    http::Header,
    next,
    options::{AcceptOptions, ConnectOptions},
    send,
};

/// A run begins at the front of the wire, with an empty connection: it borrows its buffers, so it cannot be kept beside them.
pub(super) fn work_on(job: &Job) -> Option<Box<dyn Work>> {
    let mut buffers = Buffers::new(job);
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => {
            work(move |messages, tally| block_on(receive(&mut buffers, messages, tally)))
        }
        Task::Echo { .. } => work(move |messages, _| block_on(echo(&mut buffers, messages))),
        Task::ClientSend | Task::ServerSend => {
            let payload = job.payload.clone();
            work(move |messages, _| {
                block_on(async {
                    let mut socket = buffers.open();
                    for _ in 0..messages {
                        socket.send(Message::Binary(&payload)).await.expect("writing to memory");
                    }
                });
            })
        }
        Task::HandshakeServer => {
            let job = job.clone();
            work(move |messages, tally| {
                for _ in 0..messages {
                    let Buffers { rng, read, write, fragments, .. } = &mut buffers;
                    let options = AcceptOptions::default();
                    let accepting = WebSocket::accept::<16>(options, job.pipe(), rng, read, write, fragments);
                    assert!(block_on(accepting).is_ok(), "the request is right");
                    tally.end();
                }
            })
        }
        Task::HandshakeClient => exchange::async_handshakes(connect),
        Task::CompressedEcho { .. } => None,
    }
}

struct Buffers {
    pipe: Pipe,
    is_client: bool,
    rng: StdRng,
    read: Vec<u8>,
    write: Vec<u8>,
    fragments: Vec<u8>,
}

impl Buffers {
    fn new(job: &Job) -> Self {
        // A frame has to fit into the buffer.
        let frame = job.size + 32;
        Self {
            pipe: job.pipe(),
            is_client: job.is_client(),
            rng: keys(),
            read: vec![0; 2 * job.buffer() + frame],
            write: vec![0; frame.max(1024)],
            fragments: vec![0; frame.max(1024)],
        }
    }

    fn open(&mut self) -> WebSocket<'_, &mut Pipe, &mut StdRng> {
        self.pipe.rewind();
        let Self { pipe, rng, read, write, fragments, .. } = self;
        if self.is_client {
            WebSocket::client(pipe, rng, read, write, fragments)
        } else {
            WebSocket::server(pipe, rng, read, write, fragments)
        }
    }
}

/// As in its examples.
fn keys() -> StdRng {
    StdRng::try_from_rng(&mut SysRng).expect("the system has random numbers")
}

async fn receive(buffers: &mut Buffers, messages: usize, tally: &mut Tally) {
    let mut socket = buffers.open();
    for _ in 0..messages {
        match next!(socket).expect("no end").expect("a message") {
            Message::Binary(data) => tally.message(data),
            Message::Text(text) => tally.message(text.as_bytes()),
            other => panic!("{other:?} is not a message"),
        }
    }
}

async fn echo(buffers: &mut Buffers, messages: usize) {
    let mut socket = buffers.open();
    for _ in 0..messages {
        let message = next!(socket).expect("no end").expect("a message");
        send!(socket, message).expect("writing to memory");
    }
}

async fn connect(pipe: ClientPipe) -> bool {
    let (mut read, mut write, mut fragments) = ([0; 1024], [0; 1024], [0; 0]);
    let host = [Header { name: "Host", value: b"server.example.com" }];
    let options = ConnectOptions::default().with_path("/chat").expect("the path is valid").with_headers(&host);
    let connecting = WebSocket::connect::<16>(options, pipe, rand::rng(), &mut read, &mut write, &mut fragments);
    connecting.await.is_ok()
}

impl ErrorType for Pipe {
    type Error = Infallible;
}

impl Read for Pipe {
    #[inline]
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.read_into(room))
    }
}

impl Write for Pipe {
    #[inline]
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.sent.write(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl ErrorType for ClientPipe {
    type Error = Infallible;
}

impl Read for ClientPipe {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|_| self.0.read(room).map_or(Poll::Pending, |len| Poll::Ready(Ok(len)))).await
    }
}

impl Write for ClientPipe {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.0.write(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
