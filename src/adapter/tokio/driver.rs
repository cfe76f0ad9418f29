//! What all calls have in common: a poll that writes and reads as far as the stream lets it, and waits for the rest.
//!
//! This file has the way in; the way out is in `writing`.

use super::{
    clock::Clock,
    read_buffer::{READ_SPACE, ReadBuffer, poll_read_buf},
};
use crate::{
    Closure, Event, Input, Message, State,
    adapter::{error::Error, link::Link},
};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// From this size on, a payload that lies whole in the read buffer is returned as a part of it. Below, a copy costs less than
/// the new buffer, which the message would keep alive as a whole.
const MIN_SPLIT_OFF: usize = 16 * 1024;

/// A stream, a connection, and the state of the IO between them.
pub(super) struct Driver<S> {
    pub(super) stream: S,
    pub(super) link: Link,
    pub(super) read_buffer: ReadBuffer,
    pub(super) clock: Clock,
    /// How many reads brought something.
    reads: usize,
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
    pub(super) fn new(stream: S, link: Link, read_buffer: ReadBuffer, clock: Clock) -> Self {
        Self { stream, link, read_buffer, clock, reads: 0, has_failed: false }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            queued: self.link.connection.buffered_amount(),
            reads: self.reads,
            state: self.link.connection.state(),
        }
    }

    /// The next message in the bytes that were read.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            // A message must not keep alive what was read ahead.
            let min_split_off = if self.read_buffer.has_grown() { usize::MAX } else { MIN_SPLIT_OFF };
            let (unread, left) = self.read_buffer.unread();
            let mut input = Input::from(unread);
            let event = self.link.connection.receive(&mut input);
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
        let event = self.link.connection.receive(&mut input).map(Event::into_owned);
        *left = input.len();
        event.filter(|event| !matches!(event, Event::Failed(_)))
    }

    /// Whether more may be read that is not to be received yet: up to the size of one message, which a peer can make this
    /// endpoint hold anyway.
    pub(super) fn reads_ahead(&self) -> bool {
        let most = self.link.connection.config().limits.message.max(READ_SPACE);
        self.read_buffer.len() < most && !self.link.connection.has_complete_frame()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// Writes and waits for input: true if there may be an event in it, false after a normal end.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            if self.read_buffer.len() > 0 || self.link.connection.has_complete_frame() {
                return Poll::Ready(Ok(true));
            }
            if let Some(end) = self.read_buffer.take_end() {
                self.link.read_ended(end)?;
            }
            let now = self.clock.now();
            let wait = self.link.tick(now);
            // Write first: the peer may wait for it before it sends more. Then end this half of the stream, which a peer that
            // only reads waits for. If writing fails, go on to read: the peer may have said why it left.
            let _ = self.poll_write(cx);
            if self.link.should_shutdown() {
                let shutdown = Pin::new(&mut self.stream).poll_shutdown(cx);
                self.link.shut_down(shutdown.is_ready());
            }
            if self.link.is_over(now) {
                self.read_buffer.release();
                return Poll::Ready(self.link.outcome().map(|()| false));
            }
            let wait = self.link.last_wait(now).or(wait);
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
                Ok(None) | Err(Error::Closed(_)) => return Poll::Ready(self.link.closure()),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Reads once, directly into an unfinished message if possible. Ready if bytes or the end of the stream arrived.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.read_buffer.is_over() {
            return Poll::Pending;
        }
        let direct = match self.read_buffer.len() {
            0 => self.link.connection.direct_read(|space| poll_read_buf(&mut self.stream, cx, space.as_buf_mut())),
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
