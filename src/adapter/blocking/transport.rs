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
