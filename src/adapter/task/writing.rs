//! The part of the driver that writes: it queues messages when they fit, and writes what is queued.

use super::{driver::Driver, runtime::Io};
use crate::{
    Connection, Message, Outgoing, Role, SendError, State,
    adapter::{
        error::Error,
        link::{MAX_LOOKS, can_be_explained},
        until::{HIGH_WATER, Until},
    },
    bug::OrBug,
    frame::{Header, Opcode},
};
use bytes::Buf;
use core::task::{Context, Poll, Waker, ready};
use std::io::{self, IoSlice};

/// The maximum number of slices in one vectored write.
const MAX_SLICES: usize = 32;

impl<S, T> Driver<S, T> {
    /// Whether a short message can be queued without waiting.
    pub(super) fn has_space(&self) -> bool {
        Until::Fits(0).is_reached(&self.link.connection)
    }

    /// Creates the error for a payload of `len` bytes that cannot be queued without waiting.
    pub(super) fn full(&self, len: usize) -> SendError {
        let (queued, limit) = (self.link.connection.buffered_amount(), self.link.connection.config().limits.output);
        let key = (self.link.connection.role() == Role::Client).then_some([0; 4]);
        let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key, payload_len: len as u64 };
        let frame = header.encoded_len().saturating_add(len);
        SendError::Full { frame, queued, limit: if queued < HIGH_WATER { limit } else { limit.min(HIGH_WATER) } }
    }
}

impl<S, T: Io<S>> Driver<S, T> {
    /// Queues the message as soon as it fits, and takes it out of `message` then, so that a repeated poll cannot queue it twice.
    pub(super) fn poll_feed(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Outgoing>,
    ) -> Poll<Result<(), Error>> {
        let len = message.as_ref().map_or(0, |outgoing| Message::len(outgoing.message()));
        self.poll_queue(cx, len, |connection| message.take().map_or(Ok(()), |message| connection.send(message)))
    }

    /// Queues something with a payload of `len` bytes as soon as it fits.
    pub(in crate::adapter) fn poll_queue(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        queue: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_output(cx, Until::Fits(len)))?;
        Poll::Ready(queue(&mut self.link.connection).map_err(|error| self.explain(cx, error.into())))
    }

    /// Ready when the next message fits. A `Sink` has to say so before it sees the message, so this assumes the largest message
    /// that may be received.
    pub(super) fn poll_fits(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_output(cx, Until::Fits(self.link.connection.config().limits.message)))?;
        match self.link.connection.state() {
            State::Open => Poll::Ready(Ok(())),
            // Here, and not from `start_send`, which cannot find out why.
            _ => Poll::Ready(Err(self.explain(cx, SendError::Closing.into()))),
        }
    }

    /// Whether 64 KiB or more are queued, and the stream does not accept them at once.
    pub(super) fn is_backed_up(&mut self, cx: &mut Context<'_>) -> bool {
        self.link.connection.buffered_amount() >= HIGH_WATER && self.poll_output(cx, Until::Fits(0)).is_pending()
    }

    /// Ready when everything that is queued is written, or when it was discarded.
    ///
    /// A program that only sends never waits for the peer. So that its pings are answered all the same, and the peer's pongs and
    /// its Close frame are noticed, each flush that follows another one also looks at what has arrived, without waiting for it.
    ///
    /// Later messages do not prolong the wait: `since` is where the call keeps what [`flushes`](Self::flushes) was at its first
    /// poll. A call that cannot keep it waits for later messages, too.
    pub(in crate::adapter) fn poll_flush_since(
        &mut self,
        cx: &mut Context<'_>,
        since: &mut Option<u32>,
    ) -> Poll<Result<(), Error>> {
        if *since.get_or_insert(self.flushes) == self.flushes {
            ready!(self.poll_output(cx, Until::Written))?;
        } else {
            self.link.write_outcome().map_err(|error| self.explain(cx, error))?;
        }
        if core::mem::replace(&mut self.only_sends, true) {
            self.look(cx)?;
        }
        Poll::Ready(Ok(()))
    }

    pub(in crate::adapter) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flush_since(cx, &mut None)
    }

    /// Ready when the Close frame is written.
    pub(super) fn poll_close_written(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_flush(cx))?;
        Poll::Ready(self.link.close_outcome())
    }

    /// Completes the closing handshake, and receives into the inbox meanwhile. Ready when the connection has ended.
    #[cfg(feature = "tokio")]
    pub(in crate::adapter) fn poll_end_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_LOOKS {
            let now = self.clock.now();
            let wait = self.link.tick(now);
            let _ = self.poll_write(cx); // a failure is in `Link::write_failure`
            self.shut_down(cx);
            if self.link.is_over(now) {
                return Poll::Ready(self.link.close_outcome());
            }
            // As in `poll_input`.
            let wait = self.link.last_wait(now).or(wait);
            match self.poll_ahead(cx) {
                Poll::Ready(received) => received?,
                Poll::Pending if self.clock.poll(cx, now, wait).is_pending() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        cx.waker().wake_by_ref(); // as in `poll_until`
        Poll::Pending
    }

    /// Queues a message of a `Sink`. If the sink was ready for one, it is queued whatever was queued since then.
    pub(super) fn start_send(&mut self, message: Message, is_ready: bool) -> Result<(), Error> {
        let connection = &mut self.link.connection;
        let sent = if is_ready { connection.send_reserved(message) } else { connection.send(message) };
        sent.map_err(|error| self.link.explained(error.into()))
    }

    /// Receives what has arrived into the inbox, answers it, and advances the clock.
    fn look(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Poll::Ready(received) = self.poll_ahead(cx) {
            received?;
        }
        let now = self.clock.now();
        self.link.tick(now);
        // A failure is in `Link::write_failure`. What is not written now leaves with the next call.
        let _ = self.poll_write(cx);
        Ok(())
    }

    /// Returns the error of a call that cannot send. If the connection has ended, that is the reason. What has arrived, and the answer
    /// to a Close frame, may be what makes the end certain. So it receives and writes first, without waiting.
    fn explain(&mut self, cx: &mut Context<'_>, error: Error) -> Error {
        if can_be_explained(&error) && self.link.connection.closure().is_none() {
            for _ in 0..MAX_LOOKS {
                if !matches!(self.poll_ahead(cx), Poll::Ready(Ok(()))) {
                    break;
                }
            }
            let _ = self.poll_write(cx);
        }
        self.link.explained(error)
    }

    /// As [`poll_until`](Self::poll_until), with the reason if the connection has ended.
    fn poll_output(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Result<(), Error>> {
        self.poll_until(cx, until).map_err(|error| self.explain(cx, error))
    }

    /// Writes until `until` is reached. Meanwhile it receives into the inbox, since the peer may be waiting in a send of its own: if
    /// neither endpoint read, neither could continue. So pings are answered, and a violation or the peer's Close frame ends the
    /// wait.
    fn poll_until(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_LOOKS {
            if until.is_reached(&self.link.connection) {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(written) = self.poll_write(cx) {
                written?;
                return Poll::Ready(self.link.write_outcome());
            }
            if until.is_reached(&self.link.connection) {
                return Poll::Ready(Ok(()));
            }
            let now = self.clock.now();
            let wait = self.link.tick(now);
            if self.link.is_over(now) {
                return Poll::Ready(self.link.write_outcome());
            }
            match self.poll_ahead(cx) {
                Poll::Ready(received) => received?,
                Poll::Pending if self.clock.poll(cx, now, wait).is_pending() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        // A peer that sends without end must not keep the thread from other tasks.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once, and receives into the inbox. Ready if bytes or the end of the stream arrived.
    ///
    /// The end waits, as a Close frame does, until the events before it are returned, or nothing can be sent.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.receive_ahead();
        if !self.link.may_receive_ahead() || self.read_buffer.len() > 0 {
            return Poll::Pending;
        }
        if self.link.may_end_ahead()
            && let Some(end) = self.read_buffer.take_end()
        {
            return Poll::Ready(self.link.read_ended(end));
        }
        ready!(self.poll_read(cx));
        self.receive_ahead();
        Poll::Ready(Ok(()))
    }

    /// Receives what was read into the inbox.
    fn receive_ahead(&mut self) {
        let (unread, left) = self.read_buffer.unread();
        let mut input = unread.into();
        self.link.receive_ahead(&mut input);
        *left = input.len();
        self.read_buffer.release();
    }

    /// Writes and flushes everything that is queued. If that fails, the queue is discarded.
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
            // For streams with a buffer, such as TLS. After a plain write it costs nothing.
            let flushed = ready!(T::poll_flush(&mut self.stream, cx));
            self.link.needs_flush = false;
            self.flushes = self.flushes.wrapping_add(1);
            if let Err(error) = flushed {
                return Poll::Ready(Err(self.link.write_failed(error)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Makes a simple write if the output is a single slice, which is less work for the kernel, and a vectored one otherwise.
    fn poll_write_once(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let output = self.link.connection.output();
        if output.chunk().len() == output.remaining() {
            return T::poll_write(&mut self.stream, cx, output.chunk());
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let count = output.io_slices(&mut slices);
        T::poll_write_vectored(&mut self.stream, cx, slices.get(..count).or_bug())
    }

    /// Writes what the stream accepts at once, and shuts it down, when a connection is dropped: nobody waits for the rest, and nobody
    /// gets the error. The shutdown is for TLS, whose peers should get a `close_notify`.
    pub(super) fn write_last(mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        if !matches!(self.poll_write(cx), Poll::Ready(Err(_))) && !self.link.is_shut_down() {
            let _ = T::poll_shutdown(&mut self.stream, cx);
        }
    }
}
