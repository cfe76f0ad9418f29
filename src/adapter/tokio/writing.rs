//! The way out: queueing messages when they fit, and writing.

use super::driver::Driver;
use crate::{
    Connection, Message, Outgoing, Role, SendError, State,
    adapter::error::Error,
    bug::OrBug,
    frame::{Header, Opcode},
};
use ::tokio::io::{AsyncRead, AsyncWrite};
use bytes::Buf;
use core::{
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use std::io::{self, IoSlice};

/// How many slices one write has at most.
const MAX_SLICES: usize = 32;

/// From this many queued bytes on, the next message waits until some are written.
const HIGH_WATER: usize = 64 * 1024;

/// What a write waits for.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// Everything is written.
    Written,
    /// A message with a payload of this size fits.
    Fits(usize),
}

impl Until {
    fn is_reached(self, connection: &Connection) -> bool {
        match self {
            Self::Written => false,
            // Then waiting does not help: the connection decides whether the message can be sent at all.
            Self::Fits(_) if connection.buffered_amount() == 0 || connection.state() != State::Open => true,
            Self::Fits(len) => connection.buffered_amount() < HIGH_WATER && connection.fits(len),
        }
    }
}

impl<S> Driver<S> {
    /// Why something with a payload of `len` bytes cannot be queued without waiting.
    pub(super) fn full(&self, len: usize) -> SendError {
        let (queued, limit) = (self.link.connection.buffered_amount(), self.link.connection.config().limits.output);
        let key = (self.link.connection.role() == Role::Client).then_some([0; 4]);
        let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key, payload_len: len as u64 };
        let frame = header.encoded_len().saturating_add(len);
        SendError::Full { frame, queued, limit: if queued < HIGH_WATER { limit } else { limit.min(HIGH_WATER) } }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// Queues the message as soon as it fits, and takes it out of `message` then.
    pub(super) fn poll_feed(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Outgoing>,
    ) -> Poll<Result<(), Error>> {
        let len = message.as_ref().map_or(0, |outgoing| Message::len(outgoing.message()));
        self.poll_queue(cx, len, |connection| message.take().map_or(Ok(()), |message| connection.send(message)))
    }

    /// Queues something with a payload of `len` bytes as soon as it fits.
    pub(super) fn poll_queue(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        queue: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_output(cx, Until::Fits(len)))?;
        Poll::Ready(queue(&mut self.link.connection).map_err(Error::from))
    }

    /// Ready when the next message can be queued, if it is no larger than what may be received.
    pub(super) fn poll_fits(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_output(cx, Until::Fits(self.link.connection.config().limits.message))
    }

    /// Whether more is queued than should be, and the stream does not take it at once.
    pub(super) fn is_backed_up(&mut self, cx: &mut Context<'_>) -> bool {
        self.link.connection.buffered_amount() >= HIGH_WATER && self.poll_output(cx, Until::Fits(0)).is_pending()
    }

    /// Ready when everything that is queued is written.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_output(cx, Until::Written)
    }

    /// Writes as long as necessary. Meanwhile it reads ahead: the peer may be doing the same, and would wait indefinitely if
    /// nobody read from it.
    fn poll_output(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Result<(), Error>> {
        self.read_buffer.release();
        loop {
            if until.is_reached(&self.link.connection) {
                return Poll::Ready(Ok(()));
            }
            let queued = self.link.connection.buffered_amount();
            if let Poll::Ready(written) = self.poll_write(cx) {
                written?;
                return Poll::Ready(self.link.write_outcome());
            }
            if until.is_reached(&self.link.connection) {
                return Poll::Ready(Ok(()));
            }
            let reads_ahead = self.reads_ahead();
            if self.link.connection.buffered_amount() < queued && !reads_ahead {
                // Its pong may be behind bytes that are not read. That it accepts bytes shows that it is alive.
                self.link.connection.note_sign_of_life();
            }
            let now = self.clock.now();
            let wait = self.link.tick(now);
            if self.link.is_over(now) {
                return Poll::Ready(self.link.write_outcome());
            }
            if reads_ahead && self.poll_read(cx).is_ready() {
                self.link.connection.note_sign_of_life();
            } else if self.clock.poll(cx, now, wait).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Writes everything that is queued. If that fails, the queue is discarded.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.link.connection.buffered_amount() > 0 {
            match ready!(self.poll_write_once(cx)) {
                Ok(0) => return Poll::Ready(Err(self.link.write_failed(io::ErrorKind::WriteZero.into()))),
                Ok(count) => self.link.connection.output().advance(count),
                Err(error) => return Poll::Ready(Err(self.link.write_failed(error))),
            }
            self.link.needs_flush = true;
        }
        if self.link.needs_flush {
            let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
            self.link.needs_flush = false;
            if let Err(error) = flushed {
                return Poll::Ready(Err(self.link.write_failed(error)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Makes a simple write if the output is a single slice, which is less work for the kernel, and a vectored one otherwise.
    fn poll_write_once(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let (stream, output) = (Pin::new(&mut self.stream), self.link.connection.output());
        if output.chunk().len() == output.remaining() {
            return stream.poll_write(cx, output.chunk());
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let count = output.io_slices(&mut slices);
        stream.poll_write_vectored(cx, slices.get(..count).or_bug())
    }

    /// Writes what the stream takes at once: the last thing that is done with a connection that is dropped.
    pub(super) fn write_last(mut self) {
        let _ = self.poll_write(&mut Context::from_waker(Waker::noop()));
    }
}
