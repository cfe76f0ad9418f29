//! What all calls have in common: a poll that writes and reads as far as the stream lets it, and waits for the rest.
//!
//! This file has the way in; the way out is in `output`.

use super::{
    clock::Clock,
    read_buffer::{READ_SPACE, ReadBuffer, poll_read_buf},
};
use crate::{Closure, Connection, Event, Input, Message, State, adapter::error::Error, adapter::outcome};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

/// From this size on, a payload that lies whole in the read buffer is returned as a part of it. Below, a copy costs less than
/// the new buffer, which the message would keep alive as a whole.
const MIN_SPLIT_OFF: usize = 16 * 1024;

/// A stream, a connection, and the state of the IO between them.
pub(super) struct Driver<S> {
    pub(super) stream: S,
    pub(super) connection: Connection,
    pub(super) read_buffer: ReadBuffer,
    pub(super) clock: Clock,
    /// How many reads brought something.
    reads: usize,
    /// When the connection was closed, if the stream had not passed on everything by then.
    closed_at: Option<Instant>,
    /// Why writing has failed. The peer may have sent a Close frame before that, so that reading goes on.
    pub(super) write_failure: Option<io::ErrorKind>,
    /// Something was written since the stream was last flushed.
    pub(super) needs_flush: bool,
    is_shut_down: bool,
    /// Whether the error has been returned after which a `Stream` has ended.
    has_failed: bool,
}

/// What other halves may be waiting for.
#[derive(PartialEq)]
pub(super) struct Progress {
    pub(super) queued: usize,
    pub(super) reads: usize,
    pub(super) state: State,
}

impl<S> Driver<S> {
    pub(super) fn new(stream: S, connection: Connection, read_buffer: ReadBuffer, clock: Clock) -> Self {
        Self {
            stream,
            connection,
            read_buffer,
            clock,
            reads: 0,
            closed_at: None,
            write_failure: None,
            needs_flush: false,
            is_shut_down: false,
            has_failed: false,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { queued: self.connection.buffered_amount(), reads: self.reads, state: self.connection.state() }
    }

    /// The next message in the bytes that were read.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            // A message must not keep alive what was read ahead.
            let min_split_off = if self.read_buffer.has_grown() { usize::MAX } else { MIN_SPLIT_OFF };
            let (unread, left) = self.read_buffer.unread();
            let mut input = Input::from(unread);
            let event = self.connection.receive(&mut input);
            *left = input.len();
            return Some(match event? {
                Event::Binary(data) if data.is_borrowed() && data.len() >= min_split_off => {
                    let len = data.len();
                    Message::Binary(self.read_buffer.split_off(len))
                }
                Event::BinaryChunk { data, last } if data.is_borrowed() && data.len() >= min_split_off => {
                    let len = data.len();
                    Message::BinaryChunk { data: self.read_buffer.split_off(len), last }
                }
                event => match Message::try_from(event) {
                    Ok(message) => message,
                    Err(_) => continue,
                },
            });
        }
    }

    /// The next event in the bytes that were read. A violation is not one: it is the error at the end.
    fn next_event(&mut self) -> Option<Event<'static>> {
        let (unread, left) = self.read_buffer.unread();
        let mut input = Input::from(unread);
        let event = self.connection.receive(&mut input).map(Event::into_owned);
        *left = input.len();
        event.filter(|event| !matches!(event, Event::Failed(_)))
    }

    /// Whether more may be read that is not to be received yet: up to the size of one message, which a peer can make this
    /// endpoint hold anyway.
    pub(super) fn reads_ahead(&self) -> bool {
        let most = self.connection.config().limits.message.max(READ_SPACE);
        self.read_buffer.len() < most && !self.connection.has_complete_frame()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// Writes and waits for input: true if there may be an event in it, false after a normal end.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            if self.read_buffer.len() > 0 || self.connection.has_complete_frame() {
                return Poll::Ready(Ok(true));
            }
            match self.read_buffer.take_end() {
                Some(Ok(())) => self.connection.receive_eof(),
                Some(Err(error)) => outcome::read_failed(&mut self.connection, error, self.write_failure)?,
                None => {}
            }
            let now = Instant::now();
            let wait = self.connection.tick(self.clock.timestamp(now));
            // Write first: the peer may wait for it before it sends more. Then end this half of the stream, which a peer that
            // only reads waits for. If writing fails, go on to read: the peer may have said why it left.
            let is_written = self.poll_write(cx).is_ready();
            let is_shut_down = self.poll_shutdown(cx).is_ready();
            if self.connection.is_closed() {
                self.read_buffer.release();
                let is_over = (is_written && is_shut_down) || self.poll_last_write(cx).is_ready();
                return if is_over {
                    Poll::Ready(outcome::of(&self.connection).map(|()| false))
                } else {
                    Poll::Pending
                };
            }
            if self.poll_read(cx).is_pending() && self.clock.poll(cx, now, wait).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn poll_next<T>(
        &mut self,
        cx: &mut Context<'_>,
        next: impl Fn(&mut Self) -> Option<T>,
    ) -> Poll<Result<Option<T>, Error>> {
        loop {
            if let Some(item) = next(self) {
                self.read_buffer.release();
                return Poll::Ready(Ok(Some(item)));
            }
            if !ready!(self.poll_input(cx))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        self.poll_next(cx, Self::next_message)
    }

    pub(super) fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event<'static>>, Error>> {
        self.poll_next(cx, Self::next_event)
    }

    /// The next item of a `Stream`, which ends after an error.
    pub(super) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        if self.has_failed {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(cx));
        self.has_failed = received.is_err();
        Poll::Ready(received.transpose())
    }

    /// Waits for a batch. While a peer does not take the replies, nothing more is received, or the replies would pile up; unless it
    /// has sent more than is read ahead, since it may be one that takes nothing before it has sent everything.
    pub(super) fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        // If writing fails, the input shows it.
        if self.is_backed_up(cx) && self.reads_ahead() { Poll::Pending } else { self.poll_input(cx) }
    }

    /// Receives until the end, and discards the messages.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Closure, Error>> {
        loop {
            match ready!(self.poll_recv(cx)) {
                Ok(Some(_)) => {}
                Ok(None) | Err(Error::Closed(_)) => return Poll::Ready(outcome::closure(&self.connection)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Shuts down the write half of the stream when it is time.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.connection.should_shutdown() && !self.is_shut_down {
            // If the peer is gone already, the read shows it.
            let _ = ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
            self.is_shut_down = true;
        }
        Poll::Ready(())
    }

    /// Ready when the stream has taken too long to pass on the last bytes. For the connection they are written, so that its
    /// deadlines do not count any more.
    pub(super) fn poll_last_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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

    /// Reads once, directly into an unfinished message if possible. Ready if bytes or the end of the stream arrived.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.read_buffer.is_over() {
            return Poll::Pending;
        }
        let direct = match self.read_buffer.len() {
            0 => self.connection.direct_read(|space| poll_read_buf(&mut self.stream, cx, space.as_buf_mut())),
            _ => None,
        };
        match direct {
            Some(read) => ready!(self.read_buffer.record(read)),
            None => ready!(self.read_buffer.poll_read(&mut self.stream, cx)),
        }
        self.reads = self.reads.wrapping_add(1);
        Poll::Ready(())
    }
}
