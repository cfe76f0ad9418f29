//! Opening handshakes: a browser's request, and a server that answers those of the subjects, outside of what is measured.

use crate::{
    job::{Meter, Work},
    tally::Tally,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    io::{self, Read, Write},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use tokio::io::ReadBuf;

/// What a browser sends, about 500 bytes.
pub const BROWSER: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: http://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// What the answer to it has to have in it.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The URI that clients connect to.
pub const URI: &str = "ws://server.example.com/chat";

/// How many handshakes of clients are under way at once: all write, then all are answered, then all read.
const AT_ONCE: usize = 64;

pub fn accept(key: &[u8]) -> String {
    let hash = Sha1::new().chain_update(key).chain_update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    STANDARD.encode(hash)
}

/// One client's transport. A read waits until there is an answer.
#[derive(Debug, Default)]
pub struct Exchange {
    request: RefCell<Vec<u8>>,
    answer: RefCell<Vec<u8>>,
    read: Cell<usize>,
}

impl Exchange {
    pub fn write(&self, bytes: &[u8]) -> usize {
        self.request.borrow_mut().extend_from_slice(bytes);
        bytes.len()
    }

    /// `None` while there is no answer.
    pub fn read(&self, room: &mut [u8]) -> Option<usize> {
        let answer = self.answer.borrow();
        let rest = answer.get(self.read.get()..).filter(|rest| !rest.is_empty())?;
        let len = rest.len().min(room.len());
        room[..len].copy_from_slice(&rest[..len]);
        self.read.set(self.read.get() + len);
        Some(len)
    }

    fn reset(&self) {
        self.request.borrow_mut().clear();
        self.answer.borrow_mut().clear();
        self.read.set(0);
    }

    /// Answers as a server does. Panics if the request is not valid.
    pub fn respond(&self) {
        let request = self.request.borrow();
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        let status = parsed.parse(&request).expect("a subject wrote something that is no request");
        assert!(status.is_complete() && parsed.path == Some("/chat"), "a subject wrote half a request");
        let field = |name: &str| {
            let value = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            value.unwrap_or_else(|| panic!("a request without {name}")).value
        };
        assert_eq!(field("Sec-WebSocket-Version"), b"13");
        assert!(field("Upgrade").eq_ignore_ascii_case(b"websocket"));
        let key = field("Sec-WebSocket-Key");
        let mut answer = self.answer.borrow_mut();
        for part in [
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
            &accept(key),
            "\r\n\r\n",
        ] {
            answer.extend_from_slice(part.as_bytes());
        }
    }
}

/// Handshakes of clients: `begin` writes a request, `finish` reads the answer and is true if the server agreed.
struct Handshakes<B, F> {
    exchanges: Vec<Rc<Exchange>>,
    begin: B,
    finish: F,
}

impl<S, B, F> Work for Handshakes<B, F>
where
    B: FnMut(Rc<Exchange>) -> S,
    F: FnMut(S) -> bool,
{
    fn run(&mut self, messages: usize, tally: &mut Tally, meter: &mut dyn Meter) {
        let mut left = messages;
        let mut under_way = Vec::with_capacity(AT_ONCE);
        while left > 0 {
            let now = &self.exchanges[..left.min(AT_ONCE)];
            under_way.extend(now.iter().map(|exchange| (self.begin)(exchange.clone())));
            meter.stop();
            now.iter().for_each(|exchange| exchange.respond());
            meter.start();
            for client in under_way.drain(..) {
                assert!((self.finish)(client), "the server agreed, but the subject does not think so");
                tally.end();
            }
            meter.stop();
            now.iter().for_each(|exchange| exchange.reset());
            meter.start();
            left -= now.len();
        }
    }
}

pub fn handshakes<S: 'static>(
    begin: impl FnMut(Rc<Exchange>) -> S + 'static,
    finish: impl FnMut(S) -> bool + 'static,
) -> Option<Box<dyn Work>> {
    let exchanges = (0..AT_ONCE).map(|_| Rc::default()).collect();
    Some(Box::new(Handshakes { exchanges, begin, finish }))
}

/// Handshakes of asynchronous clients: futures that wait once.
pub fn async_handshakes<F: Future<Output = bool> + 'static>(
    mut client: impl FnMut(ClientPipe) -> F + 'static,
) -> Option<Box<dyn Work>> {
    let poll = |future: &mut Pin<Box<F>>| future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    handshakes(
        move |exchange| {
            let mut future = Box::pin(client(ClientPipe(exchange)));
            assert!(poll(&mut future).is_pending(), "a client is done before the server has answered");
            future
        },
        move |mut future| poll(&mut future) == Poll::Ready(true),
    )
}

/// An [`Exchange`] as a stream.
#[derive(Clone, Debug)]
pub struct ClientPipe(pub Rc<Exchange>);

impl Read for ClientPipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room).ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }
}

impl Write for ClientPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for ClientPipe {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0.read(room.initialize_unfilled()) {
            Some(len) => {
                room.advance(len);
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }
}

impl tokio::io::AsyncWrite for ClientPipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for ClientPipe {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.read(room).map_or(Poll::Pending, |len| Poll::Ready(Ok(len)))
    }
}

impl futures_io::AsyncWrite for ClientPipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
