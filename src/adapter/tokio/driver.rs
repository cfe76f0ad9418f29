//! What all calls have in common: a poll that writes and reads as far as the stream lets it, and waits for the rest.

use super::{
    WebSocket,
    input::{READ_SPACE, poll_read_buf},
};
use crate::{Closure, Connection, Message, SendError, State, adapter::error::Error};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use alloc::boxed::Box;
use bytes::Buf;
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io::{self, IoSlice};

/// How many pieces of output one write takes at the most.
const SLICES: usize = 32;

/// From this many queued bytes on, the next message waits until some are written.
const HIGH_WATER: usize = 64 * 1024;

/// What is waited for in writing.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// All is written.
    Written,
    /// There is room for a message with a payload of this size.
    Room(usize),
}

impl Until {
    fn is_reached(self, connection: &Connection) -> bool {
        match self {
            Self::Written => false,
            // Whether it may be sent at all, and whether it can ever fit, is the connection's to say.
            Self::Room(_) if connection.buffered_amount() == 0 || connection.state() != State::Open => true,
            Self::Room(len) => connection.buffered_amount() < HIGH_WATER && connection.fits(len),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Writes and waits for input: true if there is something that may hold an event, false after a clean end.
    pub(super) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            if self.input.len() > 0 || self.connection.has_complete_frame() {
                return Poll::Ready(Ok(true));
            }
            if let Some(end) = self.input.take_end() {
                self.ended(end)?;
            }
            let now = Instant::now();
            let wait = self.connection.tick(self.clock.timestamp(now));
            // If writing fails, the peer may have said why: reading goes on.
            let is_written = self.poll_write(cx).is_ready();
            let is_shut_down = self.poll_shutdown(cx).is_ready();
            if self.connection.is_closed() {
                self.input.release();
                let is_over = (is_written && is_shut_down) || self.poll_last_call(cx).is_ready();
                return if is_over { Poll::Ready(self.outcome().map(|()| false)) } else { Poll::Pending };
            }
            if self.poll_read(cx, now).is_pending() && self.clock.poll(cx, now, wait).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// The pleasant door.
    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        loop {
            if let Some(message) = self.next_message() {
                self.input.release();
                return Poll::Ready(Ok(Some(message)));
            }
            if !ready!(self.poll_input(cx))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// The fast door. From a peer that takes nothing, nothing more is received: the answers would pile up. Unless it has sent
    /// more than is read ahead: it may be one that takes nothing before it has sent all.
    pub(super) fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let waits =
            self.connection.buffered_amount() >= HIGH_WATER && self.poll_output(cx, Until::Room(0)).is_pending();
        // What goes wrong in writing, the input shows.
        if waits && self.reads_ahead() { Poll::Pending } else { self.poll_input(cx) }
    }

    /// Queues the message as soon as there is room, and takes it by that.
    pub(super) fn poll_feed(&mut self, cx: &mut Context<'_>, message: &mut Option<Message>) -> Poll<Result<(), Error>> {
        let len = message.as_ref().map_or(0, Message::len);
        self.poll_queue(cx, len, |connection| message.take().map_or(Ok(()), |message| connection.send(message)))
    }

    /// Queues something with a payload of `len` bytes as soon as there is room.
    pub(super) fn poll_queue(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        queue: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_output(cx, Until::Room(len)))?;
        Poll::Ready(queue(&mut self.connection).map_err(Error::from))
    }

    /// Ready when the next message can be queued, if it is no larger than what may be received.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_output(cx, Until::Room(self.connection.config().limits.message))
    }

    /// Ready when all that is queued is written.
    pub(super) fn poll_flush_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_output(cx, Until::Written)
    }

    /// Receives until the end, and drops the messages.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Closure, Error>> {
        loop {
            match ready!(self.poll_recv(cx)) {
                Ok(Some(_)) => {}
                Ok(None) | Err(Error::Closed(_)) => break,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        let closure = self.connection.closure().cloned();
        Poll::Ready(closure.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into()))
    }

    /// How the connection ended, unless the end was clean.
    pub(super) fn outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if !closure.is_clean() => Err(Error::Closed(Box::new(closure.clone()))),
            _ => Ok(()),
        }
    }

    /// Writes until that has come to what is waited for. Meanwhile it reads ahead: the peer may be waiting just so, and
    /// would never read if nobody read from it.
    fn poll_output(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Result<(), Error>> {
        self.input.release();
        loop {
            if until.is_reached(&self.connection) {
                return Poll::Ready(Ok(()));
            }
            let queued = self.connection.buffered_amount();
            if let Poll::Ready(written) = self.poll_write(cx) {
                let is_closed = self.connection.state() == State::Closed;
                return Poll::Ready(match written {
                    Err(error) => Err(error.into()),
                    Ok(()) if is_closed => self.outcome(),
                    Ok(()) => Ok(()),
                });
            }
            if until.is_reached(&self.connection) {
                return Poll::Ready(Ok(()));
            }
            if self.connection.buffered_amount() < queued && !self.reads_ahead() {
                // Its pong may lie behind what is not read: that it takes something has to do.
                self.connection.note_sign_of_life();
            }
            let now = Instant::now();
            let wait = self.connection.tick(self.clock.timestamp(now));
            if self.connection.is_closed() {
                ready!(self.poll_last_call(cx));
                return Poll::Ready(self.outcome());
            }
            if self.poll_read_ahead(cx, now).is_ready() {
                self.connection.note_sign_of_life();
            } else if self.clock.poll(cx, now, wait).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Writes all that is queued. If that fails, the queue is dropped.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.buffered_amount() > 0 {
            if let Some(kind) = self.write_failure {
                // What was cut off cannot be gone on with.
                self.connection.write_failed();
                return Poll::Ready(Err(kind.into()));
            }
            match ready!(poll_write_once(Pin::new(&mut self.stream), self.connection.output(), cx)) {
                Ok(0) => return Poll::Ready(Err(self.write_failed(io::ErrorKind::WriteZero.into()))),
                Ok(count) => self.connection.output().advance(count),
                Err(error) => return Poll::Ready(Err(self.write_failed(error))),
            }
            self.needs_flush = true;
        }
        if self.needs_flush {
            let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
            self.needs_flush = false;
            if let Err(error) = flushed {
                return Poll::Ready(Err(self.write_failed(error)));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn write_failed(&mut self, error: io::Error) -> io::Error {
        self.write_failure.get_or_insert(error.kind());
        self.needs_flush = false;
        self.connection.write_failed();
        error
    }

    /// Shuts the write half of the stream when it is time.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.connection.should_shutdown() && !self.is_shut_down {
            // A peer that is gone already will be noticed by the read.
            let _ = ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
            self.is_shut_down = true;
        }
        Poll::Ready(())
    }

    /// Ready when it has taken too long until the stream passed on the last bytes: for the connection they are written,
    /// so that its deadlines do not count any more.
    fn poll_last_call(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let since = *self.closed_at.get_or_insert(now);
            let waited = now.saturating_duration_since(since);
            let left = self.connection.config().deadlines.close.saturating_sub(waited);
            if left.is_zero() {
                return Poll::Ready(());
            }
            ready!(self.clock.poll(cx, now, Some(left)));
        }
    }

    /// Reads once, by the second door if that is open. Ready if something came, or the end.
    fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        if self.input.is_over() {
            return Poll::Pending;
        }
        let direct = match self.input.len() {
            0 => self.connection.direct_read(|space| poll_read_buf(&mut self.stream, cx, space.as_buf_mut())),
            _ => None,
        };
        match direct {
            Some(read) => ready!(self.input.note(read)),
            None => ready!(self.input.poll_read(&mut self.stream, cx)),
        }
        self.read_at = now;
        self.reads = self.reads.wrapping_add(1);
        Poll::Ready(())
    }

    /// Reads what is not to be received yet, up to the size of one message, which a peer can make this side hold anyway.
    fn poll_read_ahead(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        if self.reads_ahead() { self.poll_read(cx, now) } else { Poll::Pending }
    }

    /// Whether more may be read that is not to be received yet.
    fn reads_ahead(&mut self) -> bool {
        let most = self.connection.config().limits.message.max(READ_SPACE);
        self.input.len() < most && !self.connection.has_complete_frame()
    }

    /// The stream has ended, or failed.
    fn ended(&mut self, end: io::Result<()>) -> Result<(), Error> {
        let Err(error) = end else {
            self.connection.receive_eof();
            return Ok(());
        };
        // Once it is certain how the connection ended, a reset is only a rough end of the stream.
        let is_settled = self.connection.closure().is_some();
        self.connection.transport_failed();
        if is_settled { Ok(()) } else { Err(self.write_failure.map_or(error, io::Error::from).into()) }
    }
}

/// Writes some of the output. Mostly all is in one piece; then the kernel has less to do for a simple write.
fn poll_write_once(
    stream: Pin<&mut impl AsyncWrite>,
    output: &impl Buf,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    if output.chunk().len() == output.remaining() {
        return stream.poll_write(cx, output.chunk());
    }
    let mut slices = [IoSlice::new(&[]); SLICES];
    let count = output.chunks_vectored(&mut slices);
    stream.poll_write_vectored(cx, slices.get(..count).unwrap_or_default())
}
