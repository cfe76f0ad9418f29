//! A wire between two ends, in virtual time.

mod faults;
mod line;
mod run;

pub use faults::{Cut, Faults};

use bowline::Role;
use line::Line;
use std::{
    io::{self, IoSlice},
    time::Duration,
};

/// A stream in both directions between a client and a server, in memory and in virtual time. It has no IO and no clock: every call
/// happens at [`now`](Self::now), which only [`advance_to`](Self::advance_to) changes. So what happens is the same in each run.
///
/// [`Pair`](crate::Pair), `tokio::Stream` and [`blocking::Stream`](crate::blocking::Stream) are built on it. Use it directly to test a
/// driver of your own.
///
/// The ends are named by their role. A read or a write that would have to wait returns [`WouldBlock`](io::ErrorKind::WouldBlock).
///
/// ```
/// use bowline::Role;
/// use bowline_test::Wire;
/// use std::{io::ErrorKind, time::Duration};
///
/// let mut wire = Wire::new();
/// wire.faults_from(Role::Client).bandwidth = Some(2); // bytes per second
/// wire.write(Role::Client, b"abc")?;
///
/// let mut space = [0; 10];
/// assert_eq!(wire.read(Role::Server, &mut space).unwrap_err().kind(), ErrorKind::WouldBlock);
/// assert_eq!(wire.next_arrival(), Some(Duration::from_millis(500)));
/// wire.advance_to(Duration::from_secs(1));
/// assert_eq!(wire.read(Role::Server, &mut space)?, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Wire {
    now: Duration,
    client: End,
    server: End,
}

/// What an end has written, and what it has done.
#[derive(Debug, Default)]
struct End {
    line: Line,
    calls: Vec<Call>,
    /// How many bytes it has written and read.
    written: u64,
    read: u64,
}

/// A call that an end of a wire made, and that did not have to wait: see [`Wire::calls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A read that returned bytes, or the end of the stream.
    Read,
    /// A write that accepted bytes.
    Write,
    /// A flush.
    Flush,
    /// A shutdown of the write half.
    Shutdown,
}

impl Wire {
    /// A wire without faults, at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same wire, with faults in both directions.
    ///
    /// ```
    /// use bowline_test::Wire;
    ///
    /// let wire = Wire::new().with(|faults| faults.capacity = 64 * 1024);
    /// ```
    #[must_use]
    pub fn with(mut self, change: impl Fn(&mut Faults)) -> Self {
        change(&mut self.client.line.faults);
        change(&mut self.server.line.faults);
        self
    }

    /// The faults of the bytes that this end writes, to be changed.
    pub fn faults_from(&mut self, role: Role) -> &mut Faults {
        &mut self.end(role).line.faults
    }

    /// The time: zero at first.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// Advances the clock. A time that is earlier than [`now`](Self::now) changes nothing.
    pub fn advance_to(&mut self, now: Duration) {
        self.settle(); // what was changed has an effect from its own time on
        self.now = self.now.max(now);
        self.settle();
    }

    /// When the next bytes, or the end of a stream, arrive at either end, if that is in the future. Bytes that follow each other within
    /// a millisecond count as one arrival.
    #[must_use]
    pub fn next_arrival(&mut self) -> Option<Duration> {
        let [at_client, at_server] = [Role::Client, Role::Server].map(|role| self.next_arrival_at(role));
        at_client.into_iter().chain(at_server).min()
    }

    /// When the next bytes, or the end of the stream, arrive at this end, if that is in the future.
    #[must_use]
    pub fn next_arrival_at(&mut self, role: Role) -> Option<Duration> {
        self.settle();
        let now = self.now;
        self.end(role.peer()).line.next_arrival(now)
    }

    /// Writes bytes, and returns how many were accepted.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if the wire is full; [`BrokenPipe`](io::ErrorKind::BrokenPipe) if the other end was
    /// closed, or this one was shut down; [`ConnectionReset`](io::ErrorKind::ConnectionReset) after a reset; and
    /// [`Faults::write_error`].
    pub fn write(&mut self, role: Role, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(role, &[IoSlice::new(bytes)])
    }

    /// Writes several slices with one call, and returns how many bytes were accepted.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub fn write_vectored(&mut self, role: Role, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.settle();
        let now = self.now;
        let end = self.end(role);
        let accepted = end.line.write(now, slices)?;
        end.calls.push(Call::Write);
        end.written += accepted as u64;
        Ok(accepted)
    }

    /// Reads what has arrived, and returns the number of bytes: 0 at the end of the stream.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing has arrived, and [`ConnectionReset`](io::ErrorKind::ConnectionReset) after
    /// a reset.
    pub fn read(&mut self, role: Role, space: &mut [u8]) -> io::Result<usize> {
        self.settle();
        let now = self.now;
        let count = self.end(role.peer()).line.read(now, space)?;
        let end = self.end(role);
        end.calls.push(Call::Read);
        end.read += count as u64;
        Ok(count)
    }

    /// Flushes. A wire has nothing to flush, so this waits only while [`Faults::holds_flush`] is set.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) while flushes wait.
    pub fn flush(&mut self, role: Role) -> io::Result<()> {
        let end = self.end(role);
        if end.line.faults.holds_flush {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        end.calls.push(Call::Flush);
        Ok(())
    }

    /// Ends the stream that this end writes: after the last byte, the other end reads the end of the stream. This waits only while
    /// [`Faults::holds_shutdown`] is set.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) while shutdowns wait. The stream has not ended then.
    pub fn shut_down(&mut self, role: Role) -> io::Result<()> {
        self.settle();
        let now = self.now;
        let end = self.end(role);
        if end.line.faults.holds_shutdown {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        end.line.shut_down(now);
        end.calls.push(Call::Shutdown);
        Ok(())
    }

    /// Closes this end, as when a socket is dropped: the other end reads the end of the stream, and what it writes from now on is
    /// refused.
    pub fn close(&mut self, role: Role) {
        self.settle();
        let now = self.now;
        self.end(role).line.shut_down(now);
        self.end(role.peer()).line.abandon();
    }

    /// Resets the connection in both directions. What has arrived can still be read; the rest is lost.
    pub fn reset(&mut self) {
        self.settle();
        self.client.line.reset(self.now);
        self.server.line.reset(self.now);
    }

    /// How many bytes this end has written that the other has not read.
    #[must_use]
    pub fn in_flight(&self, from: Role) -> usize {
        self.end_ref(from).line.bytes().len()
    }

    /// The bytes that this end has written and the other has not read, as they were written. They stay on the wire.
    #[must_use]
    pub fn peek(&self, from: Role) -> Vec<u8> {
        self.end_ref(from).line.bytes().iter().copied().collect()
    }

    /// How many bytes this end has written, those that were lost among them.
    #[must_use]
    pub const fn bytes_written(&self, role: Role) -> u64 {
        self.end_ref(role).written
    }

    /// How many bytes this end has read.
    #[must_use]
    pub const fn bytes_read(&self, role: Role) -> u64 {
        self.end_ref(role).read
    }

    /// What this end has done, in order. Calls that had to wait, or failed, are not in it.
    ///
    /// ```
    /// use bowline::Role;
    /// use bowline_test::{Call, Wire};
    ///
    /// let mut wire = Wire::new();
    /// wire.write(Role::Client, b"Hello")?;
    /// wire.shut_down(Role::Client)?;
    /// assert_eq!(wire.calls(Role::Client), [Call::Write, Call::Shutdown]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn calls(&self, role: Role) -> &[Call] {
        &self.end_ref(role).calls
    }

    /// How often this end has done this.
    #[must_use]
    pub fn count(&self, role: Role, call: Call) -> usize {
        self.calls(role).iter().filter(|made| **made == call).count()
    }

    fn settle(&mut self) {
        self.client.line.settle(self.now);
        self.server.line.settle(self.now);
        // A reset that has arrived ends both directions.
        if self.client.line.is_reset(self.now) || self.server.line.is_reset(self.now) {
            self.client.line.reset(self.now);
            self.server.line.reset(self.now);
        }
    }

    fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    const fn end_ref(&self, role: Role) -> &End {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }
}
