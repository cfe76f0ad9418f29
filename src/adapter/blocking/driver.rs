//! The driver that all calls share: it writes, reads and advances the clock of the connection until a call has its result.
//!
//! Receiving is in this file, writing in `writing`. A read waits only if nothing is left to write. Otherwise nothing waits but
//! [`WebSocket::wait_for`], which waits for both directions. A stream without a socket writes and reads in turn instead, each for
//! a short time.

use super::{
    Error, Socket, Transport, Wait, WebSocket,
    socket::Interest,
    transport::{check_blocking, is_timeout},
    websocket::StreamEnd,
};
use crate::{
    State,
    adapter::link::{Link, without_unexpected_eof},
    bug::OrBug,
    time::MIN_WAIT,
};
use core::{task::Poll, time::Duration};
use std::io::{self, Read, Write};

/// How long a stream without a socket writes or reads before the other direction has its turn.
pub(super) const MAX_ALTERNATION: Duration = Duration::from_millis(100);

/// The maximum number of bytes that direct reads without waiting return in one call, so that a peer that sends without a pause
/// cannot keep it from returning.
pub(super) const MAX_DIRECT: usize = 1024 * 1024;

/// The result of one read.
pub(super) enum Step {
    /// So many bytes.
    Bytes(usize),
    /// The stream has ended or failed.
    End(io::Result<()>),
    /// No bytes: it would have to wait, or the timeout has expired.
    Blocked,
    /// No bytes, but another read may return some.
    Interrupted,
}

impl<S: Transport> WebSocket<S> {
    /// Whether the adapter can wait for both directions of the stream.
    pub(super) fn can_wait(&self) -> bool {
        self.stream.socket().is_some()
    }

    /// Writes, and waits for input. Returns `Ready(true)` if there may be an event in it, `Ready(false)` after a normal end, and
    /// `Pending` if the call must not wait any longer.
    pub(super) fn poll_input(&mut self, wait: Wait) -> Result<Poll<bool>, Error> {
        (self.looked_at, self.may_read) = (None, MAX_DIRECT);
        if self.has_input() {
            return Ok(Poll::Ready(true));
        }
        if wait == Wait::Unlimited {
            self.hold_back()?;
        }
        self.drive(wait)
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
        let mut has_ended = self.end_left()?;
        while !self.has_input() {
            self.tick();
            let is_written = match self.write(wait) {
                // Writing failed: reading shows how the connection ended. All other errors, such as that of changing the mode,
                // are returned.
                Err(_) if self.link.write_failure.is_some() => true,
                written => written?.is_ready(), // a call that must not wait any longer still reads what is there
            };
            let is_shut_down = self.shut_down()?;
            if self.link.is_over(self.origin.elapsed()) {
                return self.link.outcome().map(|()| Poll::Ready(false));
            }
            if has_ended && wait != Wait::Unlimited {
                return Ok(Poll::Pending); // only output is left, and another round could only wait for it
            }
            match self.fill(wait, !is_written || !is_shut_down)? {
                Poll::Ready(ended) => has_ended |= ended,
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
        Ok(Poll::Ready(true))
    }

    /// Shuts down the write half if it is time. Returns `false` if it has to be called again.
    pub(super) fn shut_down(&mut self) -> io::Result<bool> {
        if !self.link.should_shutdown() {
            return Ok(true);
        }
        let shutdown = if self.can_wait() {
            self.shut_down_without_waiting()?
        } else {
            self.arm(Wait::Unlimited, Some(MAX_ALTERNATION))?;
            self.stream.shutdown_write()
        };
        let is_done = !matches!(shutdown, Err(error) if is_timeout(&error));
        self.link.shut_down(is_done);
        // The connection is closed, and has no deadline. A shutdown that is not complete has its own.
        let now = self.origin.elapsed();
        if let Some(left) = self.link.last_wait(now) {
            self.due = Some(now.saturating_add(left));
        }
        Ok(is_done)
    }

    fn shut_down_without_waiting(&mut self) -> io::Result<io::Result<()>> {
        if self.stream.socket().and_then(Socket::without_waiting).is_some() {
            return Ok(self.stream.shutdown_write());
        }
        self.stream.set_nonblocking(true)?;
        let shutdown = self.stream.shutdown_write();
        self.stream.set_nonblocking(false)?;
        Ok(shutdown)
    }

    /// Reports the end of the stream that a call noticed while it waited for something else. Returns whether there was one.
    pub(super) fn end_left(&mut self) -> Result<bool, Error> {
        if self.left > 0 || !matches!(self.stream_end, StreamEnd::Unreported(_)) {
            return Ok(false);
        }
        match core::mem::replace(&mut self.stream_end, StreamEnd::Reported) {
            StreamEnd::Unreported(end) => self.link.read_ended(end).map(|()| true),
            StreamEnd::NotYet | StreamEnd::Reported => Ok(false),
        }
    }

    /// Whether the stream has ended or failed, so that nothing is left to read.
    pub(super) const fn has_ended(&self) -> bool {
        !matches!(self.stream_end, StreamEnd::NotYet)
    }

    /// Reads once, and reports the end of the stream or its failure to the connection. Waits if there are no bytes, for both
    /// directions if `has_output`. `Pending` if the call must not wait any longer; otherwise whether the stream has ended.
    fn fill(&mut self, wait: Wait, has_output: bool) -> Result<Poll<bool>, Error> {
        // After the end only output is left. Another read would return the same end at once, again and again.
        let readable = !(self.has_ended() && has_output);
        // A call with a limit does not set the timeout of the stream for it, which would be two system calls each time.
        let waits_for_both = self.can_wait() && (has_output || wait != Wait::Unlimited || self.is_nonblocking);
        let step = match () {
            () if !readable => Step::Blocked,
            () if waits_for_both || wait == Wait::Never => {
                self.read_without_waiting(if wait == Wait::Never { self.may_read } else { MAX_DIRECT })?
            }
            () => self.read_and_wait(wait, has_output.then_some(MAX_ALTERNATION))?,
        };
        match step {
            Step::Bytes(count) => {
                self.may_read = self.may_read.saturating_sub(count);
                return Ok(Poll::Ready(false));
            }
            Step::End(end) => {
                self.stream_end = StreamEnd::Reported;
                let is_end = end.is_ok();
                return self.link.read_ended(end).map(|()| Poll::Ready(is_end));
            }
            Step::Interrupted if wait == Wait::Never => return Ok(Poll::Ready(false)),
            Step::Blocked if wait == Wait::Never => return Ok(Poll::Pending),
            _ if wait.is_over(self.origin.elapsed()) => return Ok(Poll::Pending),
            Step::Blocked if waits_for_both => self.wait_for(Interest { readable, writable: has_output }, wait)?,
            _ => {}
        }
        Ok(Poll::Ready(false))
    }

    /// Reads once, for at most as long as the timeout of the stream, and directly into a large message if one is being assembled.
    ///
    /// A direct read may wait until the rest of the frame has arrived, so it is only for calls without a limit, and not while the
    /// close deadline runs.
    pub(super) fn read_and_wait(&mut self, wait: Wait, at_most: Option<Duration>) -> io::Result<Step> {
        // Writing may have taken a part of the time. There is no second tick here: a deadline for the peer expires at the second
        // tick after its time, and a read has to come between the two.
        self.arm(wait, at_most)?;
        let may_be_direct = wait == Wait::Unlimited && at_most.is_none() && self.link.connection.state() == State::Open;
        let direct = if may_be_direct {
            self.link.connection.direct_read(|space| space.read_from(&mut self.stream))
        } else {
            None
        };
        let step = match direct {
            Some(read) => to_step(read),
            None => {
                let read = self.stream.read(&mut self.buffer);
                self.fill_buffer(read)
            }
        };
        self.has_just_read = matches!(step, Ok(Step::Bytes(_)));
        match step {
            Ok(step) => Ok(step),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Step::Interrupted),
            Err(error) => {
                let elapsed = self.origin.elapsed().saturating_sub(self.armed_at);
                match check_blocking(&error, self.timeout, elapsed) {
                    // The stream is in non-blocking mode: waiting for the socket does the same.
                    Err(_) if self.can_wait() => self.is_nonblocking = true,
                    checked => checked?,
                }
                Ok(Step::Blocked)
            }
        }
    }

    /// Reads once without waiting. A direct read does not wait either, so it is always possible. It reads at most `max_direct` bytes.
    pub(super) fn read_without_waiting(&mut self, max_direct: usize) -> io::Result<Step> {
        let Self { stream, link, buffer, .. } = self;
        match without_waiting(stream, |stream| read_once(link, stream, buffer, max_direct))? {
            Ok(ReadOnce::Direct(count)) => to_step(Ok(count)),
            Ok(ReadOnce::Buffered(count)) => self.fill_buffer(Ok(count)),
            Err(error) => to_step(Err(error)),
        }
        .or_else(|error| match error.kind() {
            io::ErrorKind::Interrupted => Ok(Step::Interrupted),
            _ => Ok(Step::Blocked),
        })
    }

    /// Records a read into the buffer.
    fn fill_buffer(&mut self, read: io::Result<usize>) -> io::Result<Step> {
        if let Ok(count) = read {
            (self.end, self.left) = (count, count);
        }
        to_step(read)
    }

    /// Waits until the socket is ready in one of the directions, until the next tick, or until the end of the call.
    pub(super) fn wait_for(&mut self, interest: Interest, wait: Wait) -> io::Result<()> {
        let timeout = self.next_wait(wait);
        self.stream.socket().map_or(Ok(()), |socket| socket.wait(interest, timeout))
    }

    /// Advances the clock of the connection.
    pub(super) fn tick(&mut self) {
        let now = self.origin.elapsed();
        self.due = self.link.tick(now).map(|wait| now.saturating_add(wait));
    }

    /// Whether nothing is left to read or to write.
    pub(super) fn is_over(&mut self) -> bool {
        self.link.is_over(self.origin.elapsed())
    }

    /// Returns the limit of a call that waits at most as long as `timeout`.
    pub(super) fn end_of(&self, timeout: Duration) -> Wait {
        Wait::Until(self.origin.elapsed().saturating_add(timeout))
    }

    /// Whether the time of a call is over.
    pub(super) fn is_late(&self, wait: Wait) -> bool {
        wait.is_over(self.origin.elapsed())
    }

    /// Returns how long to wait: until the next tick, or until the end of the call if that is earlier.
    pub(super) fn next_wait(&self, wait: Wait) -> Option<Duration> {
        let now = self.origin.elapsed();
        let end = if let Wait::Until(end) = wait { Some(end) } else { None };
        let next = self.due.into_iter().chain(end).min();
        next.map(|at| at.saturating_sub(now).max(MIN_WAIT))
    }

    /// Sets the timeout of the stream for the next read or write.
    pub(super) fn arm(&mut self, wait: Wait, at_most: Option<Duration>) -> io::Result<()> {
        self.armed_at = self.origin.elapsed();
        let timeout = self.next_wait(wait).into_iter().chain(at_most).min();
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

/// A stream, or the socket of one.
pub(super) trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

/// Runs `io` with a stream whose reads and writes do not wait. The outer error is that of changing the mode of the stream.
pub(super) fn without_waiting<S: Transport, T>(
    stream: &mut S,
    io: impl FnOnce(&mut dyn ReadWrite) -> io::Result<T>,
) -> io::Result<io::Result<T>> {
    if let Some(mut socket) = stream.socket().and_then(Socket::without_waiting) {
        return Ok(io(&mut socket));
    }
    stream.set_nonblocking(true)?;
    let outcome = io(stream);
    stream.set_nonblocking(false)?;
    Ok(outcome)
}

enum ReadOnce {
    Direct(usize),
    Buffered(usize),
}

fn read_once(
    link: &mut Link,
    stream: &mut dyn ReadWrite,
    buffer: &mut [u8],
    max_direct: usize,
) -> io::Result<ReadOnce> {
    let direct = if link.connection.state() == State::Open {
        link.connection.direct_read(|space| {
            let mut counted = Counted { stream: &mut *stream, count: 0, left: max_direct };
            let read = space.read_from(&mut counted);
            match read {
                // What was read before is in the message.
                Err(error) if counted.count > 0 && is_timeout(&error) => Ok(counted.count),
                read => read,
            }
        })
    } else {
        None
    };
    match direct {
        Some(read) => read.map(ReadOnce::Direct),
        None => stream.read(buffer).map(ReadOnce::Buffered),
    }
}

/// Reads of at most `left` more bytes, and how much it was.
struct Counted<'a> {
    stream: &'a mut dyn ReadWrite,
    count: usize,
    left: usize,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = into.len().min(self.left);
        let count = self.stream.read(into.get_mut(..len).or_bug())?;
        self.count = self.count.saturating_add(count);
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }
}

/// Returns what a read means. The error is a timeout or an interruption.
fn to_step(read: io::Result<usize>) -> io::Result<Step> {
    match without_unexpected_eof(read) {
        Ok(count @ 1..) => Ok(Step::Bytes(count)),
        Ok(0) => Ok(Step::End(Ok(()))),
        Err(error) if is_timeout(&error) => Err(error),
        Err(error) => Ok(Step::End(Err(error))),
    }
}
