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
    /// An error, once. Then reads wait, or return what there is to read.
    Error(ErrorKind),
    End,
}

/// A stream that does what a test writes down: the end of the client of a wire, whatever the role of the connection is. When
/// nothing is left to read, it waits. A clone is the same stream, so that a test can look at it and change it while it is used.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    stream: Arc<Mutex<Stream>>,
    wire: WireHandle,
    /// The last task that waited. A change wakes it once, as a socket does. The wire would wake it once for each direction.
    waits: Arc<Mutex<Option<Waker>>>,
    _far: Arc<Stream>,
}

impl Script {
    pub(crate) fn new(reads: impl IntoIterator<Item = Reads>) -> Self {
        let (stream, far) = stream_pair(wire());
        let script = Self {
            wire: stream.wire(),
            stream: Arc::new(Mutex::new(stream)),
            waits: Arc::default(),
            _far: Arc::new(far),
        };
        reads.into_iter().for_each(|read| script.push(read));
        script
    }

    /// Changes the wire, and wakes whoever waits.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut Wire) -> T) -> T {
        let result = self.wire.with_silently(run);
        let waits = self.waits.lock().unwrap().take();
        waits.into_iter().for_each(Waker::wake);
        result
    }

    /// What there is to read next.
    pub(crate) fn push(&self, read: Reads) {
        self.with(|wire| push(wire, read));
    }

    /// The same, but wakes nobody, as if that came just before a poll.
    pub(crate) fn push_silently(&self, read: Reads) {
        self.wire.with_silently(|wire| push(wire, read));
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

    /// Whether flushes wait.
    pub(crate) fn flush_waits(&self, waits: bool) {
        self.with(|wire| wire.faults_from(Client).holds_flush = waits);
    }

    /// Whether the shutdown waits, as that of TLS does if the peer does not read its `close_notify`.
    pub(crate) fn shutdown_waits(&self, waits: bool) {
        self.with(|wire| wire.faults_from(Client).holds_shutdown = waits);
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

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let polled = poll(Pin::new(&mut self.stream.lock().unwrap()), cx);
        if polled.is_pending() {
            *self.waits.lock().unwrap() = Some(cx.waker().clone());
        }
        polled
    }
}

fn wire() -> Wire {
    Wire::new().with(|faults| faults.keeps_writes_apart = true)
}

fn push(wire: &mut Wire, read: Reads) {
    match read {
        Reads::Bytes(bytes) => assert_eq!(wire.write(Server, &bytes).unwrap(), bytes.len()),
        Reads::Error(kind) => wire.faults_from(Server).read_error = Some(kind),
        Reads::End => wire.shut_down(Server).unwrap(),
    }
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
        let read = self.poll(cx, |stream, cx| stream.poll_read(cx, into));
        if matches!(read, Poll::Ready(Err(_))) {
            // That of a wire lasts. An error that is lost must not come again, or no test would notice.
            self.wire.with_silently(|wire| wire.faults_from(Server).read_error = None);
        }
        read
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, AsyncWrite::poll_shutdown)
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
