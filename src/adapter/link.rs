//! The state of the IO between a connection and its stream, without the IO: everything that both adapters decide alike.

use super::Error;
use crate::{Closure, Connection, Timestamp};
use alloc::boxed::Box;
use core::time::Duration;
use std::io;

/// A connection, and how far its stream has come with its output.
pub(super) struct Link {
    pub(super) connection: Connection,
    /// Why writing failed. The peer may have sent a Close frame before that, so that reading goes on.
    pub(super) write_failure: Option<io::ErrorKind>,
    /// Something was written since the stream was last flushed.
    pub(super) needs_flush: bool,
    /// The shutdown of the write half was begun and has to be continued.
    is_shutting_down: bool,
    is_shut_down: bool,
    /// Until when a closed connection waits for its stream to pass on the last bytes, since the origin of the clock.
    give_up_at: Option<Duration>,
}

impl Link {
    /// A stream that was used before may have bytes that it has not yet passed on: then it needs a flush.
    pub(super) const fn new(connection: Connection, needs_flush: bool) -> Self {
        Self {
            connection,
            write_failure: None,
            needs_flush,
            is_shutting_down: false,
            is_shut_down: false,
            give_up_at: None,
        }
    }

    /// Advances the clock of the connection, and returns how long to wait until the next time at most.
    pub(super) fn tick(&mut self, now: Duration) -> Option<Duration> {
        let was_closed = self.connection.is_closed();
        let wait = self.connection.tick(Timestamp::since_origin(now));
        if !was_closed && self.connection.is_closed() {
            // A deadline has expired: the stream does not get more time.
            self.needs_flush = false;
            self.give_up_at = Some(now);
        }
        self.last_wait(now).or(wait)
    }

    /// How much longer a closed connection waits for its stream. For the connection everything is written, so that its deadlines
    /// do not count any more: the stream gets the time for closing to pass it on.
    pub(super) fn last_wait(&mut self, now: Duration) -> Option<Duration> {
        if !self.connection.is_closed() || !(self.needs_flush || self.is_shutting_down) {
            return None;
        }
        let close = self.connection.config().deadlines.close;
        let until = *self.give_up_at.get_or_insert(now.saturating_add(close));
        Some(until.saturating_sub(now))
    }

    /// Whether nothing is left to read or to write, by the connection or by the stream.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.connection.is_closed() && self.last_wait(now).is_none_or(|left| left.is_zero())
    }

    /// Writing or flushing has failed: discards what is queued, and returns the error.
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

    /// The write half is shut down, or has to be shut down once more. If that failed, it is: the next read shows why.
    pub(super) fn shut_down(&mut self, is_done: bool) {
        (self.is_shutting_down, self.is_shut_down) = (!is_done, is_done);
    }

    /// The stream has ended, or failed. Returns the error to return for it; if writing had failed before, that is the cause.
    pub(super) fn read_ended(&mut self, end: io::Result<()>) -> Result<(), Error> {
        let Err(error) = end else {
            self.connection.receive_eof();
            return Ok(());
        };
        // Once it is certain how the connection ended, a reset is only a rough end of the stream.
        let is_settled = self.connection.closure().is_some();
        self.connection.transport_failed();
        if is_settled { Ok(()) } else { Err(self.write_failure.map_or(error, io::Error::from).into()) }
    }

    /// The error to return for the way in which the connection ended: none after a normal end.
    pub(super) fn outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if !closure.is_normal() => Err(Error::Closed(Box::new(closure.clone()))),
            _ => Ok(()),
        }
    }

    /// Whether what was queued is written, once the output is empty. After a clean end it is, since the Close frame is the last
    /// thing that is written. After any other end some of the output may have been discarded.
    pub(super) fn write_outcome(&self) -> Result<(), Error> {
        match self.connection.closure() {
            Some(closure) if closure.is_clean() => Ok(()),
            _ if self.connection.is_closed() => self.outcome(),
            _ => self.write_failure.map_or(Ok(()), |kind| Err(io::Error::from(kind).into())),
        }
    }

    /// What `close` returns once the connection is over.
    pub(super) fn closure(&self) -> Result<Closure, Error> {
        // There is none only if the stream failed before anything was said about an end.
        self.connection.closure().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }
}

/// A read of TLS that ends without `close_notify` is a plain end of the stream: the frames show whether anything was cut off.
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

    /// After the last bytes are written, the stream gets the time for closing to pass them on.
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
