//! The driver that all calls share: a poll writes and reads as much as the stream accepts and has, and waits for the rest.
//!
//! Every future is a `poll_fn` over a method of [`Driver`], which has all the state. So a future that is dropped loses nothing,
//! and the next call continues. Receiving is in this file, writing in `writing`.

use super::{
    clock::Clock,
    read_buffer::ReadBuffer,
    runtime::Io,
    wakers::{Progress, Tasks},
};
use crate::{
    Closure, Event, Input, Message, State,
    adapter::{error::Error, link::Link},
};
use alloc::boxed::Box;
use core::{
    mem,
    task::{Context, Poll, ready},
};

/// From this size on, a payload that is complete in the read buffer is split off from it instead of being copied. Below, a copy
/// costs less than the new buffer that the next read needs, as the message keeps the whole old one alive.
const MIN_SPLIT_OFF: usize = 16 * 1024;

/// A stream, a connection, and all state of the IO between them.
#[expect(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(in crate::adapter) struct Driver<S, T> {
    pub(super) stream: S,
    pub(in crate::adapter) link: Link,
    pub(super) read_buffer: ReadBuffer,
    pub(super) clock: Clock<T>,
    /// How often everything that was queued has been written.
    pub(super) flushes: u32,
    /// The tasks that poll the `Stream` and the `Sink` of a connection that is not split, once there is one.
    pub(in crate::adapter) tasks: Option<Box<Tasks>>,
    /// Whether a flush was the last call that waited, and nothing was received since then.
    pub(super) only_sends: bool,
    /// Whether the clock was advanced, and everything written, before the task was suspended. Then it may read first when it is woken.
    may_read_first: bool,
    /// Whether the `Sink` has returned that a message can be sent, and none was sent since then.
    pub(super) is_ready: bool,
    /// Whether the `Stream` has returned an error. It ends after that, or `while let Some(item)` would loop on the same error.
    has_failed: bool,
}

impl<S, T> Driver<S, T> {
    pub(super) fn new(stream: S, link: Link, read_buffer: ReadBuffer, clock: Clock<T>) -> Self {
        Self {
            stream,
            link,
            read_buffer,
            clock,
            flushes: 0,
            tasks: None,
            only_sends: false,
            may_read_first: false,
            is_ready: false,
            has_failed: false,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            queued: self.link.connection.buffered_amount(),
            has_space: self.has_space(),
            flushes: self.flushes,
            reads: self.read_buffer.reads(),
            state: self.link.connection.state(),
        }
    }

    /// Returns the next event in the bytes that were read. A violation is left out, since it is the error at the end.
    fn next_event(&mut self) -> Option<Event<'static>> {
        let (unread, left) = self.read_buffer.unread();
        let mut input = Input::from(unread);
        let event = match self.link.inbox.pop() {
            Some(event) => Some(event),
            None => self.link.connection.receive(&mut input).map(Event::into_owned),
        };
        *left = input.len();
        self.read_buffer.release();
        event.filter(|event| !matches!(event, Event::Failed(_)))
    }

    /// Returns the next of the messages that were received ahead.
    #[cold]
    fn next_in_inbox(&mut self) -> Option<Message> {
        while let Some(event) = self.link.inbox.pop() {
            if let Ok(message) = Message::try_from(event) {
                return Some(message);
            }
        }
        None
    }

    /// Whether an event may be ready without another read.
    fn has_input(&self) -> bool {
        self.read_buffer.len() > 0 || self.link.connection.has_complete_frame() || !self.link.inbox.is_empty()
    }
}

impl<S, T: Io<S>> Driver<S, T> {
    /// Writes, and waits for input. Ready with `true` if there may be an event in it, and with `false` after a normal end.
    ///
    /// Each round writes, then shuts down the write half, then reads. The order matters:
    ///
    /// - Writing comes before reading, since the peer may wait for the output before it sends more. Reading first would suspend
    ///   the task with the replies still queued.
    /// - The shutdown comes after writing, since nothing can be written after it, and before reading, since the peer may wait for
    ///   the end of this half before it ends its own.
    /// - Reading comes last, and also if writing failed: the peer may have sent a Close frame before it left.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        self.only_sends = false;
        loop {
            // Without a tick or a write: the messages of one read are returned at the cost of parsing them, and the replies to
            // them are one write.
            if self.has_input() {
                return Poll::Ready(Ok(true));
            }
            if let Some(end) = self.read_buffer.take_end() {
                self.link.read_ended(end)?;
            }
            if self.reads_first(cx) {
                continue;
            }
            // Before writing, as a tick may queue a ping or a Close frame.
            let now = self.clock.now();
            let wait = self.link.tick(now);
            let _ = self.poll_write(cx); // a failure is in `Link::write_failure`
            self.shut_down(cx);
            if self.link.is_over(now) {
                self.read_buffer.release();
                return Poll::Ready(self.link.outcome().map(|()| false));
            }
            // Writing may have closed the connection. Then only the flush or the shutdown of the stream has a deadline.
            let wait = self.link.last_wait(now).or(wait);
            if self.poll_read(cx).is_pending() && self.clock.poll(cx, now, wait).is_pending() {
                self.may_read_first = true;
                return Poll::Pending;
            }
        }
    }

    /// Shuts down the write half if it is time.
    pub(super) fn shut_down(&mut self, cx: &mut Context<'_>) {
        if self.link.should_shutdown() {
            let shutdown = T::poll_shutdown(&mut self.stream, cx);
            self.link.shut_down(shutdown.is_ready());
        }
    }

    /// Reads before everything else if the task was suspended and nothing is left to do but to read. Returns whether bytes or the
    /// end of the stream arrived.
    ///
    /// A task is mostly woken because bytes have arrived. What they bring is received before the clock is advanced, so that the
    /// clock is advanced once for each time that the task is woken, and not twice. It does so only once, so that a peer that sends
    /// without end cannot stop the clock.
    fn reads_first(&mut self, cx: &mut Context<'_>) -> bool {
        mem::take(&mut self.may_read_first)
            && self.link.connection.buffered_amount() == 0
            && !self.link.needs_flush
            && self.link.connection.state() == State::Open
            && self.poll_read(cx).is_ready()
    }

    /// Waits for a message.
    ///
    /// Most messages are short, and borrowed from the read buffer. Each is copied straight into the result: to move a value that was
    /// just written, the processor has to wait for the writes.
    pub(in crate::adapter) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        loop {
            if !self.link.inbox.is_empty() {
                if let Some(message) = self.next_in_inbox() {
                    return Poll::Ready(Ok(Some(message)));
                }
            } else if self.has_input() || self.link.connection.may_hold_event() {
                self.only_sends = false;
                // A buffer that has grown contains what was read ahead, up to the largest message. No message may keep that alive.
                let min_split_off = if self.read_buffer.has_grown() { usize::MAX } else { MIN_SPLIT_OFF };
                let (unread, left) = self.read_buffer.unread();
                let mut input = Input::from(unread);
                let event = self.link.connection.receive(&mut input);
                *left = input.len();
                let message = match event {
                    Some(Event::Binary(data)) if data.is_borrowed() && data.len() < min_split_off => {
                        let len = data.len();
                        return self.read_buffer.copy_off(len);
                    }
                    Some(Event::Binary(data)) if data.is_borrowed() => {
                        let len = data.len();
                        Some(Message::Binary(self.read_buffer.split_off(len)))
                    }
                    Some(Event::BinaryChunk { data, last }) if data.is_borrowed() && data.len() >= min_split_off => {
                        let len = data.len();
                        Some(Message::BinaryChunk { data: self.read_buffer.split_off(len), last })
                    }
                    Some(event) => Message::try_from(event).ok(),
                    None => None,
                };
                self.read_buffer.release();
                if message.is_some() {
                    return Poll::Ready(Ok(message));
                }
            }
            if !ready!(self.poll_input(cx))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    pub(super) fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event<'static>>, Error>> {
        self.only_sends = false;
        loop {
            if let Some(event) = self.next_event() {
                return Poll::Ready(Ok(Some(event)));
            }
            if !ready!(self.poll_input(cx))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Waits for the next item of a `Stream`, which ends after an error.
    pub(super) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        if self.has_failed {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(cx));
        self.has_failed = received.is_err();
        Poll::Ready(received.transpose())
    }

    /// Waits for a batch. While the peer does not read the replies, nothing more is received, since more replies would be queued.
    ///
    /// The exception is a peer that has sent more than is read ahead: it may be one that reads nothing before it has sent
    /// everything. Without the exception, neither endpoint could continue.
    pub(super) fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        // If writing fails, `poll_input` finds out how the connection ended.
        if self.is_backed_up(cx) && self.link.may_receive_ahead() { Poll::Pending } else { self.poll_input(cx) }
    }

    /// Receives until the connection has ended, and discards the messages.
    pub(in crate::adapter) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Closure, Error>> {
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
        // A stream that has ended is not read again: another read would return at once, and the loop above would spin.
        if self.read_buffer.is_over() {
            return Poll::Pending;
        }
        if T::YIELDS && self.read_buffer.ends_turn() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Bytes in the read buffer come before those that a direct read would return.
        let direct = match self.read_buffer.len() {
            0 => self.link.connection.direct_read(|space| T::poll_read(&mut self.stream, cx, space.as_buf_mut())),
            _ => None,
        };
        match direct {
            Some(read) => self.read_buffer.record(read),
            None => self.read_buffer.poll_read(|into| T::poll_read(&mut self.stream, cx, into)),
        }
    }
}
