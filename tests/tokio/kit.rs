//! A stream on one end of a wire of the testing kit, whose other end a test holds.

use crate::common;
use bowline::{
    Config, Connection, Message,
    Role::{self, Client, Server},
    adapter::tokio::WebSocket,
};
use bowline_test::{
    Call, Wire,
    tokio::{Stream, WireHandle, stream_pair},
};
use std::{
    future::Future,
    io::{self, ErrorKind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a read returns.
#[derive(Clone, Debug)]
pub(crate) enum Reads {
    /// These bytes, and not those of the next.
    Bytes(Vec<u8>),
    /// An error, again and again.
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

impl Script {
    pub(crate) fn new(reads: impl IntoIterator<Item = Reads>) -> Self {
        let (stream, far) = stream_pair(wire());
        let script = Self { wire: stream.wire(), stream: Arc::new(Mutex::new(stream)), _far: Arc::new(far) };
        reads.into_iter().for_each(|read| script.push(read));
        script
    }

    /// Changes the wire, and wakes whoever waits.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut Wire) -> T) -> T {
        self.wire.with(run)
    }

    /// What there is to read next.
    pub(crate) fn push(&self, read: Reads) {
        self.with(|wire| match read {
            Reads::Bytes(bytes) => assert_eq!(wire.write(Server, &bytes).unwrap(), bytes.len()),
            Reads::Error(kind) => wire.faults_from(Server).read_error = Some(kind),
            Reads::End => wire.shut_down(Server),
        });
    }

    /// How many more bytes writes accept before they wait; all if it is `None`.
    pub(crate) fn room(&self, room: Option<usize>) {
        self.with(|wire| set_room(wire, room));
    }

    /// The same, but wakes nobody, as if that came just before a poll.
    pub(crate) fn room_silently(&self, room: Option<usize>) {
        self.wire.with_silently(|wire| set_room(wire, room));
    }

    /// The error that writes return.
    pub(crate) fn write_error(&self, error: Option<ErrorKind>) {
        self.with(|wire| wire.faults_from(Client).write_error = error);
    }

    /// How many bytes are left to read.
    pub(crate) fn left(&self) -> usize {
        self.wire.with_silently(|wire| wire.in_flight(Server))
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.wire.with_silently(|wire| wire.peek(Client))
    }

    /// What was called, not counting the calls that had to wait.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.wire.with_silently(|wire| wire.calls(Client).to_vec())
    }

    pub(crate) fn count(&self, call: Call) -> usize {
        self.wire.with_silently(|wire| wire.count(Client, call))
    }

    /// Forgets what was written, read and called, with its memory.
    pub(crate) fn clear(&self) {
        self.with(|old| *old = wire());
    }

    /// The same stream, but it says `Pending` before everything it does, and does no more than `most` bytes at once.
    pub(crate) fn hesitant(&self, most: usize) -> Self {
        self.with(|wire| cut(wire, most));
        self.stream.lock().unwrap().set_hesitant(true);
        self.clone()
    }

    fn poll<T>(&self, poll: impl FnOnce(Pin<&mut Stream>) -> Poll<T>) -> Poll<T> {
        poll(Pin::new(&mut self.stream.lock().unwrap()))
    }
}

fn wire() -> Wire {
    Wire::new().with(|faults| faults.keeps_writes_apart = true)
}

fn set_room(wire: &mut Wire, room: Option<usize>) {
    let written = wire.in_flight(Client);
    wire.faults_from(Client).capacity = room.map_or(usize::MAX, |room| written + room);
}

/// Cuts reads and writes after `most` bytes.
fn cut(wire: &mut Wire, most: usize) {
    for role in common::ROLES {
        let faults = wire.faults_from(role);
        (faults.max_read, faults.max_write) = (most, most);
    }
}

impl AsyncRead for Script {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_read(cx, into))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(cx, bytes))
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
        self.poll(|stream| stream.poll_flush(cx))
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
pub(crate) fn pair(room: usize, change: impl Fn(&mut Config)) -> [WebSocket<Stream>; 2] {
    streams(room).map(|stream| {
        let connection = common::connection_with(stream.role(), &change);
        WebSocket::new(stream, connection)
    })
}

/// A client and a server, with this much room between them, whose streams say `Pending` before everything they do, and do no
/// more than `most` bytes at once.
pub(crate) fn hesitant_pair(room: usize, most: usize) -> [WebSocket<Stream>; 2] {
    streams(room).map(|mut stream| {
        stream.wire().with(|wire| cut(wire, most));
        stream.set_hesitant(true);
        let role = stream.role();
        over(stream, role)
    })
}

/// Two ends of a wire with this much room in each direction: that of a client and that of a server.
pub(crate) fn streams(room: usize) -> [Stream; 2] {
    stream_pair(Wire::new().with(|faults| faults.capacity = room)).into()
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

pub(crate) type Duplex = WebSocket<Stream>;
