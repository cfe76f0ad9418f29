//! The state of the IO between a connection and its stream, without the IO: the decisions that are the same in all adapters.

use super::Error;
use crate::{Cause, Closure, Connection, Event, Input, SendError, State, Timestamp, connection::Inbox, time::nanos};
use alloc::boxed::Box;
use core::time::Duration;
use std::io;

/// How often a call that cannot send looks for the reason. A peer may have sent much before it, or may send without end.
pub(super) const MAX_LOOKS: usize = 64;

/// A time that is not known yet, in a form that takes one word of each connection.
const UNKNOWN: u64 = u64::MAX;

/// A connection, and what its stream still has to do: flush, shut down, or nothing.
pub(super) struct Link {
    pub(super) connection: Connection,
    /// Events that were received while a call waited to write. They come before all others.
    pub(super) inbox: Inbox,
    /// Why writing failed. Reading goes on after that, since the peer may have sent a Close frame before it left.
    pub(super) write_failure: Option<io::ErrorKind>,
    /// Something was written since the stream was last flushed.
    pub(super) needs_flush: bool,
    /// The shutdown of the write half was begun and is not complete.
    is_shutting_down: bool,
    is_shut_down: bool,
    /// When a closed connection stops waiting for its stream to flush or shut down, in nanoseconds since the origin of the clock.
    /// [`UNKNOWN`] until that is decided.
    give_up_at: u64,
}

impl Link {
    /// `needs_flush` is for a stream that was written to before: it may have buffered bytes that it has not yet passed on.
    pub(super) fn new(connection: Connection, needs_flush: bool) -> Self {
        Self {
            connection,
            inbox: Inbox::default(),
            write_failure: None,
            needs_flush,
            is_shutting_down: false,
            is_shut_down: false,
            give_up_at: UNKNOWN,
        }
    }

    /// Puts back the events of a connection that was taken apart.
    pub(super) fn with_events(mut self, events: impl IntoIterator<Item = Event<'static>>) -> Self {
        self.inbox = events.into_iter().collect();
        self
    }

    /// Whether more may be received before the events in the inbox are returned.
    pub(super) fn may_receive_ahead(&self) -> bool {
        self.inbox.size() < self.connection.config().limits.ahead()
    }

    /// Whether a Close frame or the end of the stream may be received before the events in the inbox are returned: if no message is
    /// among them, or none can be answered.
    pub(super) fn may_end_ahead(&self) -> bool {
        !self.inbox.has_messages() || self.connection.state() != State::Open
    }

    /// Receives what is in `input` into the inbox, as far as that may be. A Close frame stays in the input until the inbox is
    /// without messages, while messages can be sent: the caller may want to answer those before it.
    pub(super) fn receive_ahead(&mut self, input: &mut Input<'_>) {
        while self.may_receive_ahead() && (self.may_end_ahead() || !self.connection.next_is_close(input)) {
            match self.connection.receive(input) {
                Some(event) => self.inbox.push(event.into_owned()),
                None => return,
            }
        }
    }

    /// Returns the error of a call that cannot send: how the connection ended, if that is known and explains more than `error`. The
    /// end does not explain every error, such as that of a message that is too large.
    pub(super) fn explained(&self, error: Error) -> Error {
        match self.connection.closure() {
            Some(closure)
                if can_be_explained(&error)
                    && (closure.cause() != Cause::Transport || !matches!(error, Error::Io(_))) =>
            {
                Error::Closed(Box::new(closure.clone()))
            }
            _ => error,
        }
    }

    /// Advances the clock of the connection, and returns how long to wait at most before the next call.
    pub(super) fn tick(&mut self, now: Duration) -> Option<Duration> {
        let was_closed = self.connection.is_closed();
        let wait = self.connection.tick(Timestamp::since_origin(now));
        if !was_closed && self.connection.is_closed() {
            // The close deadline has expired: the stream does not get more time for a flush or a shutdown.
            self.needs_flush = false;
            self.give_up_at = nanos(now);
        }
        self.last_wait(now).or(wait)
    }

    /// Returns how much longer a closed connection waits for its stream to flush or shut down; `None` if there is nothing to wait
    /// for.
    ///
    /// The connection has nothing left to write. But a stream with a buffer, such as TLS, may still have bytes. It gets the rest of
    /// the connection's close deadline to pass them on, so that [`Deadlines::close`](crate::Deadlines::close) counts once, from the
    /// moment closing began.
    pub(super) fn last_wait(&mut self, now: Duration) -> Option<Duration> {
        if !self.connection.is_closed() || !(self.needs_flush || self.is_shutting_down) {
            return None;
        }
        if self.give_up_at == UNKNOWN {
            let close = self.connection.config().deadlines.close;
            let deadline = self.connection.close_deadline().unwrap_or_else(|| now.saturating_add(close));
            self.give_up_at = nanos(deadline);
        }
        Some(Duration::from_nanos(self.give_up_at.saturating_sub(nanos(now))))
    }

    /// Whether nothing is left to read or to write, in the connection and in the stream.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.connection.is_closed() && self.last_wait(now).is_none_or(|left| left.is_zero())
    }

    /// Records that writing or flushing has failed: discards the queued output, and returns the error.
    pub(super) fn write_failed(&mut self, error: io::Error) -> io::Error {
        self.write_failure.get_or_insert(error.kind());
        self.needs_flush = false;
        self.connection.write_failed();
        error
    }

    /// Whether to shut down the write half of the stream now.
    pub(super) fn should_shutdown(&self) -> bool {
        self.connection.should_shutdown() && !self.needs_flush && !self.is_shut_down
    }

    #[cfg(any(feature = "tokio", feature = "futures-io"))]
    pub(super) fn is_shut_down(&self) -> bool {
        self.is_shut_down
    }

    /// Records a shutdown of the write half. If it is not done, it is called again. A shutdown that failed counts as done: the
    /// next read shows why.
    pub(super) fn shut_down(&mut self, is_done: bool) {
        (self.is_shutting_down, self.is_shut_down) = (!is_done, is_done);
    }

    /// Records that the stream has ended, or that reading failed. Returns the error for the caller. If writing failed before,
    /// that is the cause, and its kind is returned.
    pub(super) fn read_ended(&mut self, end: io::Result<()>) -> Result<(), Error> {
        let Err(error) = end else {
            self.connection.receive_eof();
            return Ok(());
        };
        // Once it is certain how the connection ended, a reset is not a failure: a peer that closes with unread bytes causes one.
        let is_settled = self.connection.closure().is_some();
        self.connection.transport_failed();
        if is_settled { Ok(()) } else { Err(self.write_failure.map_or(error, io::Error::from).into()) }
    }

    /// Returns the error for the way in which the connection ended: none after a normal end.
    pub(super) fn outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if !closure.is_normal() => Err(Error::Closed(Box::new(closure.clone()))),
            _ => Ok(()),
        }
    }

    /// Returns the result of a flush once the output is empty, because it was written or because it was discarded.
    ///
    /// After a clean end it was written, since the Close frame is written last. After any other end, a part of it may have been
    /// discarded, which is an error.
    pub(super) fn write_outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if closure.is_clean() => Ok(()),
            _ if self.connection.is_closed() => self.outcome(),
            _ => self.write_failure.map_or(Ok(()), |kind| Err(io::Error::from(kind).into())),
        }
    }

    /// Returns the result of a call that has written a Close frame. If the end is not clean, the frame was not written, or does not
    /// count.
    pub(super) fn close_outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if !closure.is_clean() => Err(Error::Closed(Box::new(closure.clone()))),
            _ => Ok(()),
        }
    }

    /// Returns how the connection ended, as an error even if that was normal.
    pub(super) fn end(&self) -> Error {
        self.closure().map_or_else(|error| error, |closure| Error::Closed(Box::new(closure)))
    }

    /// Returns the result of `close` once the connection has ended.
    pub(super) fn closure(&self) -> Result<Closure, Error> {
        // There is no closure only if the connection was never open, and delivered a refusal. Nobody looks at that result.
        self.connection.closure().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }
}

/// Whether a call could not send because of the stream or the state of the connection, and not because of its message.
pub(super) const fn can_be_explained(error: &Error) -> bool {
    matches!(error, Error::Io(_) | Error::Send(SendError::Closing))
}

/// Turns the error of a TLS stream that ended without `close_notify` into a plain end of the stream. Truncation is detected
/// without it: a connection without a Close frame did not end cleanly.
pub(super) fn without_unexpected_eof(read: io::Result<usize>) -> io::Result<usize> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CloseCode, Config, Role};

    const CLOSE: Duration = Duration::from_secs(3);

    fn link(role: Role) -> Link {
        let config = Config::default().with(|config| config.deadlines.close = CLOSE);
        Link::new(Connection::new(role, config), false)
    }

    fn write(link: &mut Link) {
        link.connection.output().write_to(&mut io::sink()).unwrap();
        link.needs_flush = true;
    }

    /// After the last bytes are written, the stream has the time of the close deadline to pass them on.
    #[test]
    fn the_last_flush() {
        let now = Duration::from_secs(5);
        for is_flushed in [false, true] {
            let mut link = link(Role::Server);
            link.tick(now);
            link.connection.receive(&mut (&mut *b"\x88\x80\0\0\0\0".to_vec()).into());
            write(&mut link);
            assert!(!link.is_over(now) && !link.should_shutdown());
            assert_eq!(link.tick(now + CLOSE / 3), Some(CLOSE / 3 * 2));
            link.needs_flush = !is_flushed;
            assert_eq!((link.should_shutdown(), link.is_over(now + CLOSE / 3)), (is_flushed, is_flushed));
            link.shut_down(false);
            assert!(!link.is_over(now + CLOSE / 3));
            assert!(link.is_over(now + CLOSE));
            assert!(link.outcome().is_ok() && link.write_outcome().is_ok());
        }
    }

    /// After a deadline, the stream gets no more time.
    #[test]
    fn no_time_after_a_deadline() {
        let mut link = link(Role::Client);
        link.tick(Duration::ZERO);
        link.connection.close(CloseCode::NORMAL, "").unwrap();
        link.tick(Duration::ZERO);
        write(&mut link);
        assert!(!link.is_over(Duration::ZERO));
        link.tick(CLOSE);
        link.shut_down(false);
        assert!(link.is_over(CLOSE));
        assert!(matches!(link.write_outcome(), Err(Error::Closed(_))));
    }
}
