//! What a call does while it waits: it writes, reads and keeps the deadlines.

use super::{
    Error, Transport, Wait, WebSocket,
    transport::{check_blocking, is_timeout},
};
use crate::{State, adapter::link::without_unexpected_eof, time::MIN_WAIT};
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
        self.left > 0 || self.link.connection.has_complete_frame()
    }

    fn drive(&mut self, wait: Wait) -> Result<Poll<bool>, Error> {
        let mut has_ended = false;
        while !self.has_input() {
            self.tick();
            self.arm(wait)?;
            match self.write(wait) {
                // The peer may have said why: reading goes on.
                Err(_) if self.link.write_failure.is_some() => {}
                written => {
                    let _ = written?; // if it may wait no longer, it reads what is there all the same
                }
            }
            if self.link.should_shutdown() {
                let is_done = !matches!(self.stream.shutdown_write(), Err(error) if is_timeout(&error));
                self.link.shut_down(is_done);
                // A shutdown that is not complete has a limit of its own.
                let now = self.origin.elapsed();
                if let Some(left) = self.link.last_wait(now) {
                    self.due = Some(now.saturating_add(left));
                }
            }
            if self.link.is_over(self.origin.elapsed()) {
                return self.link.outcome().map(|()| Poll::Ready(false));
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

    /// Reads once, straight into a large message if one is being assembled. A direct read waits for the whole rest of a frame, so
    /// it is for calls without a limit, and not while the close deadline runs.
    fn read_once(&mut self, wait: Wait) -> io::Result<usize> {
        if wait == Wait::Unlimited
            && self.link.connection.state() == State::Open
            && let Some(read) = self.link.connection.direct_read(|space| space.read_from(&mut self.stream))
        {
            return read;
        }
        let count = self.stream.read(&mut self.buffer)?;
        (self.end, self.left) = (count, count);
        Ok(count)
    }

    fn fill(&mut self, wait: Wait) -> Result<ReadOutcome, Error> {
        match without_unexpected_eof(self.read_once(wait)) {
            Ok(1..) => Ok(ReadOutcome::Bytes),
            Ok(0) => self.link.read_ended(Ok(())).map(|()| ReadOutcome::EndOfStream),
            Err(error) if is_timeout(&error) => {
                Ok(if self.may_retry(&error, wait)? { ReadOutcome::Nothing } else { ReadOutcome::Over })
            }
            Err(error) => self.link.read_ended(Err(error)).map(|()| ReadOutcome::Nothing),
        }
    }

    /// Writes all that is queued: `Pending` if the call may wait no longer. If writing fails, what is queued is discarded, and
    /// reading may still find out why. If the error says that the stream is in non-blocking mode, nothing has changed.
    pub(super) fn write(&mut self, wait: Wait) -> io::Result<Poll<()>> {
        while self.link.needs_flush || self.link.connection.buffered_amount() > 0 {
            match self.write_once() {
                // A peer that accepts a little now and then must not hold up the close deadline.
                Ok(()) if self.link.connection.state() == State::Closing => {}
                Ok(()) => continue,
                Err(error) if is_timeout(&error) => {
                    if self.link.is_over(self.origin.elapsed()) {
                        return Ok(Poll::Ready(()));
                    }
                    if !self.may_retry(&error, wait)? {
                        return Ok(Poll::Pending);
                    }
                }
                Err(error) => return Err(self.link.write_failed(error)),
            }
            self.tick();
            self.arm(wait)?;
        }
        Ok(Poll::Ready(()))
    }

    fn write_once(&mut self) -> io::Result<()> {
        if self.link.connection.buffered_amount() > 0 {
            self.link.connection.output().write_to(&mut self.stream)?;
            self.link.needs_flush = true;
        }
        if self.link.connection.buffered_amount() == 0 {
            self.stream.flush()?;
            self.link.needs_flush = false;
        }
        Ok(())
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
        self.due = self.link.tick(now).map(|wait| now.saturating_add(wait));
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
