//! The driver that all calls share: it writes, reads and advances the clock of the connection until a call has its result.

use super::{
    Error, Transport, Wait, WebSocket,
    transport::{check_blocking, is_timeout},
};
use crate::{State, adapter::link::without_unexpected_eof, time::MIN_WAIT};
use core::task::Poll;
use std::io;

/// The result of one read.
enum ReadOutcome {
    Bytes,
    EndOfStream,
    /// No bytes: the timeout expired, the read was interrupted, or the failure of the stream was reported to the connection.
    Nothing,
    /// No bytes, and the call must not wait any longer.
    Over,
}

impl<S: Transport> WebSocket<S> {
    /// Writes, and waits for input. Returns `Ready(true)` if there may be an event in it, `Ready(false)` after a normal end, and
    /// `Pending` if the call must not wait any longer.
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
        !self.link.inbox.is_empty() || self.left > 0 || self.link.connection.has_complete_frame()
    }

    /// Repeats until there is input: advances the clock, writes, shuts down the write half, reads.
    ///
    /// The order matters:
    ///
    /// - Writing comes before reading, since the peer may wait for the output before it sends more. Reading first would block the
    ///   thread with the replies still queued.
    /// - The shutdown comes after writing, since nothing can be written after it, and before reading, since the peer may wait for
    ///   the end of this half before it ends its own.
    /// - Reading comes last, and also if writing failed: the peer may have sent a Close frame before it left.
    fn drive(&mut self, wait: Wait) -> Result<Poll<bool>, Error> {
        let mut has_ended = false;
        while !self.has_input() {
            self.tick();
            self.arm(wait)?;
            match self.write(wait) {
                // Writing failed: reading shows how the connection ended. All other errors, such as non-blocking mode, are
                // returned.
                Err(_) if self.link.write_failure.is_some() => {}
                written => {
                    let _ = written?; // a call that must not wait any longer still reads what is there
                }
            }
            if self.link.should_shutdown() {
                let is_done = !matches!(self.stream.shutdown_write(), Err(error) if is_timeout(&error));
                self.link.shut_down(is_done);
                // The connection is closed, and has no deadline. A shutdown that is not complete has its own.
                let now = self.origin.elapsed();
                if let Some(left) = self.link.last_wait(now) {
                    self.due = Some(now.saturating_add(left));
                }
            }
            if self.link.is_over(self.origin.elapsed()) {
                return self.link.outcome().map(|()| Poll::Ready(false));
            }
            if has_ended && wait != Wait::Unlimited {
                return Ok(Poll::Pending); // only output is left, and another round could only wait for it
            }
            // Writing may have taken a part of the time. There is no second tick here: a deadline for the peer expires at the
            // second tick after its time, and a read has to come between the two.
            self.arm(wait)?;
            match self.fill(wait)? {
                ReadOutcome::Bytes | ReadOutcome::Nothing => {}
                ReadOutcome::EndOfStream => has_ended = true,
                ReadOutcome::Over => return Ok(Poll::Pending),
            }
        }
        Ok(Poll::Ready(true))
    }

    /// Reads once, directly into a large message if one is being assembled.
    ///
    /// A direct read may wait until the rest of the frame has arrived, so it is only for calls without a limit, and not while the
    /// close deadline runs.
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

    /// Reads once, and reports the end of the stream or its failure to the connection.
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

    /// Writes everything that is queued. Returns `Pending` if the call must not wait any longer.
    ///
    /// If writing fails, the queue is discarded, and reading may still find out why. If the error is that the stream is in
    /// non-blocking mode, the queue is unchanged.
    pub(super) fn write(&mut self, wait: Wait) -> io::Result<Poll<()>> {
        while self.link.needs_flush || self.link.connection.buffered_amount() > 0 {
            match self.write_once() {
                // A peer that reads a few bytes now and then must not delay the close deadline, which only a tick detects.
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

    /// Makes one write, and flushes the stream after the last one.
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

    /// Whether a read or a write that did not move a byte may be tried again. Fails if the stream is in non-blocking mode.
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

    /// Sets the timeout of the stream for the next read or write: until the next tick, or until the end of the call if that is
    /// earlier.
    pub(super) fn arm(&mut self, wait: Wait) -> io::Result<()> {
        if wait == Wait::Never {
            return Ok(());
        }
        self.armed_at = self.origin.elapsed();
        let end = if let Wait::Until(end) = wait { Some(end) } else { None };
        let next = self.due.into_iter().chain(end).min();
        let timeout = next.map(|at| at.saturating_sub(self.armed_at).max(MIN_WAIT));
        let is_near = match (self.timeout, timeout) {
            // A difference of less than a millisecond does not matter, and this saves two system calls.
            (Some(set), Some(wanted)) => set.abs_diff(wanted) < MIN_WAIT,
            (set, wanted) => set == wanted,
        };
        if !(self.timeout_is_set && is_near) {
            self.timeout_is_set = false; // if setting it fails, it is not known
            self.stream.set_timeout(timeout)?;
            (self.timeout, self.timeout_is_set) = (timeout, true);
        }
        Ok(())
    }
}
