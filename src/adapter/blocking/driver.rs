//! What a call does while it waits: it writes, reads and keeps the deadlines.

use super::{
    Error, Transport, Wait, WebSocket,
    transport::{check_blocking, is_timeout},
};
use crate::{State, Timestamp, adapter::outcome, time::MIN_WAIT};
use core::task::Poll;
use std::io;

/// What one read brought.
enum ReadOutcome {
    Bytes,
    EndOfStream,
    /// The timeout has expired, the read was interrupted, or the stream has failed and the connection knows.
    Nothing,
    /// The call may wait no longer.
    Over,
}

impl<S: Transport> WebSocket<S> {
    /// Writes and waits for input: `Ready(true)` if there may be an event in it, `Ready(false)` after a normal end, `Pending` if
    /// the call may wait no longer.
    pub(super) fn poll_input(&mut self, wait: Wait) -> Result<Poll<bool>, Error> {
        if self.has_input() {
            return Ok(Poll::Ready(true));
        }
        if wait != Wait::Never {
            return self.drive(wait);
        }
        self.stream.set_nonblocking(true)?;
        let outcome = self.drive(wait);
        self.stream.set_nonblocking(false)?;
        outcome
    }

    fn has_input(&self) -> bool {
        self.left > 0 || self.connection.has_complete_frame()
    }

    fn drive(&mut self, wait: Wait) -> Result<Poll<bool>, Error> {
        let mut has_ended = false;
        while !self.has_input() {
            self.tick();
            self.arm(wait)?;
            match self.write(wait) {
                // The peer may have said why: reading goes on.
                Err(_) if self.write_failure.is_some() => {}
                written => {
                    let _ = written?; // if it may wait no longer, it reads what is there all the same
                }
            }
            if self.connection.should_shutdown() && !self.needs_flush && !self.is_shut_down {
                // A peer that is gone already will be noticed by the read.
                self.is_shut_down = !matches!(self.stream.shutdown_write(), Err(error) if is_timeout(&error));
            }
            if self.is_over() {
                return outcome::of(&self.connection).map(|()| Poll::Ready(false));
            }
            if has_ended && wait != Wait::Unlimited {
                return Ok(Poll::Pending); // only output is left, and the peer does not read it
            }
            // Writing may have taken a part of the time. No tick here: between two of them there has to be a read.
            self.arm(wait)?;
            match self.fill(wait)? {
                ReadOutcome::Bytes | ReadOutcome::Nothing => {}
                ReadOutcome::EndOfStream => has_ended = true,
                ReadOutcome::Over => return Ok(Poll::Pending),
            }
        }
        Ok(Poll::Ready(true))
    }

    /// Whether nothing is left to read or to write, by the connection or by the stream.
    fn is_over(&self) -> bool {
        self.connection.is_closed() && !self.needs_flush
    }

    /// Reads once, straight into a large message if one is being assembled. A direct read waits for the whole rest of a frame, so
    /// it is for calls without a limit, and not while the close deadline runs.
    fn read_once(&mut self, wait: Wait) -> io::Result<usize> {
        if wait == Wait::Unlimited
            && self.connection.state() == State::Open
            && let Some(read) = self.connection.direct_read(|space| space.read_from(&mut self.stream))
        {
            return read;
        }
        let count = self.stream.read(&mut self.buffer)?;
        (self.end, self.left) = (count, count);
        Ok(count)
    }

    fn fill(&mut self, wait: Wait) -> Result<ReadOutcome, Error> {
        match self.read_once(wait) {
            Ok(1..) => Ok(ReadOutcome::Bytes),
            Ok(0) => {
                self.connection.receive_eof();
                Ok(ReadOutcome::EndOfStream)
            }
            // TLS that ends without `close_notify`: the frames show whether anything was cut off.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.connection.receive_eof();
                Ok(ReadOutcome::EndOfStream)
            }
            Err(error) if is_timeout(&error) => {
                Ok(if self.may_retry(&error, wait)? { ReadOutcome::Nothing } else { ReadOutcome::Over })
            }
            Err(error) => {
                outcome::read_failed(&mut self.connection, error, self.write_failure)?;
                Ok(ReadOutcome::Nothing)
            }
        }
    }

    /// Writes all that is queued: `Pending` if the call may wait no longer. If writing fails, what is queued is discarded, and
    /// reading may still find out why. If the error says that the stream is in non-blocking mode, nothing has changed.
    pub(super) fn write(&mut self, wait: Wait) -> io::Result<Poll<()>> {
        while self.needs_flush || self.connection.buffered_amount() > 0 {
            match self.write_once() {
                // A peer that accepts a little now and then must not hold up the close deadline.
                Ok(()) if self.connection.state() == State::Closing && self.connection.buffered_amount() > 0 => {
                    self.tick();
                    self.arm(wait)?;
                }
                Ok(()) => {}
                Err(error) if is_timeout(&error) && !self.closed_for_too_long() => {
                    if !self.may_retry(&error, wait)? {
                        return Ok(Poll::Pending);
                    }
                    self.tick();
                    self.arm(wait)?;
                }
                Err(error) if is_timeout(&error) => return Err(self.write_failed(io::ErrorKind::TimedOut.into())),
                Err(error) => return Err(self.write_failed(error)),
            }
        }
        Ok(Poll::Ready(()))
    }

    fn write_once(&mut self) -> io::Result<()> {
        if self.connection.buffered_amount() > 0 {
            self.connection.output().write_to(&mut self.stream)?;
            self.needs_flush = true;
        }
        if self.connection.buffered_amount() == 0 {
            self.stream.flush()?;
            self.needs_flush = false;
        }
        Ok(())
    }

    fn write_failed(&mut self, error: io::Error) -> io::Error {
        self.write_failure.get_or_insert(error.kind());
        self.needs_flush = false;
        self.connection.write_failed();
        error
    }

    /// A read or a write has not moved a byte: whether it may be tried again.
    fn may_retry(&self, error: &io::Error, wait: Wait) -> io::Result<bool> {
        if wait == Wait::Never {
            return Ok(error.kind() == io::ErrorKind::Interrupted);
        }
        let now = self.origin.elapsed();
        check_blocking(error, self.timeout, now.saturating_sub(self.armed_at))?;
        Ok(!wait.is_over(now))
    }

    /// Advances the clock of the connection.
    pub(super) fn tick(&mut self) {
        let now = self.origin.elapsed();
        let was_closed = self.connection.is_closed();
        let wait = self.connection.tick(Timestamp::since_origin(now));
        self.due = wait.map(|wait| now.saturating_add(wait));
        if !was_closed && self.connection.is_closed() {
            self.needs_flush = false; // the close deadline has expired
        } else if was_closed && self.needs_flush {
            // The connection has written everything, but the stream has not passed it on: that gets the time for closing, too.
            let close = self.connection.config().deadlines.close;
            self.due = Some(*self.give_up_at.get_or_insert(now.saturating_add(close)));
        }
    }

    fn closed_for_too_long(&self) -> bool {
        self.give_up_at.is_some_and(|at| at <= self.origin.elapsed())
    }

    /// Sets the timeout for the next read or write, which lasts to the next tick or to the end of the call.
    pub(super) fn arm(&mut self, wait: Wait) -> io::Result<()> {
        if wait == Wait::Never {
            return Ok(());
        }
        self.armed_at = self.origin.elapsed();
        let end = if let Wait::Until(end) = wait { Some(end) } else { None };
        let next = self.due.into_iter().chain(end).min();
        let timeout = next.map(|at| at.saturating_sub(self.armed_at).max(MIN_WAIT));
        let is_near = match (self.timeout, timeout) {
            // A little more or less does not matter, and saves two system calls.
            (Some(set), Some(wanted)) => set.abs_diff(wanted) < MIN_WAIT,
            (set, wanted) => set == wanted,
        };
        if !(self.timeout_is_set && is_near) {
            self.timeout_is_set = false;
            self.stream.set_timeout(timeout)?;
            (self.timeout, self.timeout_is_set) = (timeout, true);
        }
        Ok(())
    }
}
