use core::time::Duration;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

/// A blocking stream in both directions, with timeouts.
///
/// It is implemented for TCP and, on Unix, for Unix sockets. For TLS, implement it for the TLS stream by passing the calls
/// on to the socket below; `shutdown_write` sends `close_notify` before. [The guide](crate::guide::blocking#tls) has it for rustls.
pub trait Transport: Read + Write {
    /// Sets how long a read or a write may take before it fails with [`io::ErrorKind::WouldBlock`] or
    /// [`io::ErrorKind::TimedOut`]; `None` is for ever.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Ends the stream in the direction to the peer, and leaves the other open.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

impl Transport for TcpStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

#[cfg(unix)]
impl Transport for std::os::unix::net::UnixStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Whether the error only says that the time for a read or a write is over, or that it was disturbed.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// From how many reads and writes in a row that would block, each at once, a stream is taken for one that never waits.
const AT_ONCE: u8 = 100;

/// What is not waiting, and what is a timeout that must not be over by then: a timeout of the operating system may be some
/// milliseconds short.
const AN_INSTANT: Duration = Duration::from_millis(1);
const A_WAIT: Duration = Duration::from_millis(100);

/// Notices a stream in non-blocking mode, which would be asked again and again without a rest. A single answer does not tell: a
/// stream of one's own may come back early for once.
#[derive(Debug, Default)]
pub(super) struct Patience {
    at_once: u8,
}

impl Patience {
    /// The stream took or brought something.
    pub(super) fn progress(&mut self) {
        self.at_once = 0;
    }

    /// A read or a write came back with an error that is a timeout, or looks like one.
    pub(super) fn came_back(&mut self, error: &io::Error, timeout: Option<Duration>, took: Duration) -> io::Result<()> {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Ok(());
        }
        let is_at_once = took < AN_INSTANT && timeout.is_none_or(|timeout| timeout >= A_WAIT);
        self.at_once = if is_at_once { self.at_once.saturating_add(1) } else { 0 };
        if self.at_once < AT_ONCE {
            return Ok(());
        }
        let text = "the stream is in non-blocking mode, as an accepted one may be if its listener is: make it block with \
                    set_nonblocking(false)";
        Err(io::Error::new(io::ErrorKind::WouldBlock, text))
    }
}
