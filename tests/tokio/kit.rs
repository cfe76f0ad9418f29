//! A stream that does what a test has written down, and one that hesitates.

use crate::common;
use bowline::{Config, Connection, Message, Role, adapter::tokio::WebSocket};
use std::{
    collections::VecDeque,
    future::Future,
    io::{self, ErrorKind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

/// What a read does.
#[derive(Clone, Debug)]
pub(crate) enum Reads {
    Bytes(Vec<u8>),
    Error(ErrorKind),
    End,
}

/// What the script has left, and what was done.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) reads: VecDeque<Reads>,
    /// How many bytes writes take before they wait; all if there is nothing.
    pub(crate) room: Option<usize>,
    pub(crate) write_error: Option<ErrorKind>,
    /// The next flushes wait.
    pub(crate) flush_waits: bool,
    /// The shutdown waits, as that of TLS does if the peer does not read its `close_notify`.
    pub(crate) shutdown_waits: bool,
    pub(crate) written: Vec<u8>,
    pub(crate) calls: Vec<&'static str>,
    waker: Option<Waker>,
}

/// A stream that does what a test has written down. When nothing is left to read, it waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Mutex<Played>>);

impl Script {
    pub(crate) fn new(reads: impl IntoIterator<Item = Reads>) -> Self {
        let script = Self::default();
        script.with(|played| played.reads = reads.into_iter().collect());
        script
    }

    /// Changes it, also while the connection has it, and wakes whoever waits.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut Played) -> T) -> T {
        let mut played = self.0.lock().unwrap();
        let result = run(&mut played);
        if let Some(waker) = played.waker.take() {
            waker.wake();
        }
        result
    }

    /// Changes it and wakes nobody, as if that came just before a poll.
    pub(crate) fn silently<T>(&self, run: impl FnOnce(&mut Played) -> T) -> T {
        run(&mut self.0.lock().unwrap())
    }

    pub(crate) fn push(&self, read: Reads) {
        self.with(|played| played.reads.push_back(read));
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.0.lock().unwrap().written.clone()
    }

    /// How often it was called so, not counting the calls that had to wait.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.0.lock().unwrap().calls.iter().filter(|name| **name == call).count()
    }
}

impl AsyncRead for Script {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut played = self.0.lock().unwrap();
        match played.reads.pop_front() {
            None => {
                played.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Some(Reads::Bytes(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(into.remaining()));
                into.put_slice(&bytes);
                if !rest.is_empty() {
                    played.reads.push_front(Reads::Bytes(rest));
                }
            }
            Some(Reads::Error(kind)) => return Poll::Ready(Err(kind.into())),
            Some(Reads::End) => played.reads.push_front(Reads::End),
        }
        played.calls.push("read");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut played = self.0.lock().unwrap();
        if let Some(kind) = played.write_error {
            return Poll::Ready(Err(kind.into()));
        }
        let len = slices.iter().map(|slice| slice.len()).sum::<usize>();
        let count = len.min(played.room.unwrap_or(usize::MAX));
        if count == 0 && len > 0 {
            played.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        played.room = played.room.map(|room| room - count);
        let before = played.written.len();
        for slice in slices {
            let left = before + count - played.written.len();
            played.written.extend_from_slice(&slice[..left.min(slice.len())]);
        }
        played.calls.push("write");
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut played = self.0.lock().unwrap();
        if played.flush_waits {
            played.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        played.calls.push("flush");
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut played = self.0.lock().unwrap();
        if played.shutdown_waits {
            played.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        played.calls.push("shutdown");
        Poll::Ready(Ok(()))
    }
}

/// A stream that says `Pending` before everything it does, and does no more than `most` bytes at once.
#[derive(Debug)]
pub(crate) struct Hesitant<S> {
    stream: S,
    most: usize,
    /// Whether it has hesitated to read, write, flush, shut down.
    hesitated: [bool; 4],
}

impl<S> Hesitant<S> {
    pub(crate) fn new(stream: S, most: usize) -> Self {
        Self { stream, most, hesitated: [false; 4] }
    }

    fn hesitate(&mut self, at: usize, cx: &Context<'_>) -> Poll<()> {
        self.hesitated[at] = !self.hesitated[at];
        if self.hesitated[at] {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Hesitant<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.hesitate(0, cx).is_pending() {
            return Poll::Pending;
        }
        let mut space = vec![0; self.most.min(into.remaining())];
        let mut part = ReadBuf::new(&mut space);
        let outcome = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        into.put_slice(part.filled());
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Hesitant<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.hesitate(1, cx).is_pending() {
            return Poll::Pending;
        }
        let count = bytes.len().min(self.most);
        Pin::new(&mut self.stream).poll_write(cx, &bytes[..count])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.hesitate(2, cx).is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.hesitate(3, cx).is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A connection in this role over a script, with [`common::config`] and some changes.
pub(crate) fn socket_with(role: Role, script: &Script, change: impl FnOnce(&mut Config)) -> WebSocket<Script> {
    WebSocket::new(script.clone(), common::connection_with(role, change))
}

/// A connection in this role over a script.
pub(crate) fn socket(role: Role, script: &Script) -> WebSocket<Script> {
    socket_with(role, script, |_| {})
}

/// A client and a server, with this much room between them in each direction.
pub(crate) fn pair(room: usize, change: impl Fn(&mut Config)) -> [WebSocket<DuplexStream>; 2] {
    let (near, far) = duplex(room);
    let socket = |stream, role| WebSocket::new(stream, common::connection_with(role, &change));
    [socket(near, Role::Client), socket(far, Role::Server)]
}

/// The connection that the other tests have, in this role, over any stream.
pub(crate) fn over<S: AsyncRead + AsyncWrite + Unpin>(stream: S, role: Role) -> WebSocket<S> {
    WebSocket::new(stream, Connection::new(role, common::config()))
}

/// Polls a future so many times at the most, and drops it.
pub(crate) fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// Whether it waits.
pub(crate) fn waits<T>(future: impl Future<Output = T>) -> bool {
    poll_times(1, future).is_none()
}

/// A message whose payload shows if a byte is lost, doubled or moved.
pub(crate) fn data(len: usize, seed: usize) -> Message {
    Message::from((0..len).map(|i| ((i * 31 + seed * 7) % 251) as u8).collect::<Vec<u8>>())
}

pub(crate) type Duplex = WebSocket<DuplexStream>;
