use alloc::boxed::Box;
use core::time::Duration;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

/// A blocking stream in both directions, with timeouts: what a [`WebSocket`](super::WebSocket) reads from and writes to.
///
/// It is implemented for TCP, for Unix sockets and for [`ClientStream`](super::ClientStream). Implement it for a stream of your own,
/// such as a server's TLS stream, by passing the calls on to the socket below. [The guide](crate::guide::blocking#tls) does that for
/// rustls.
///
/// A read or a write returns as soon as it has moved some bytes. One that has not moved any returns
/// [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) when the timeout has expired, not earlier; or
/// [`Interrupted`](io::ErrorKind::Interrupted) at any time, and then the call is repeated, after the deadlines of the connection
/// were looked at. TLS streams return that after they read a part of a record.
pub trait Transport: Read + Write {
    /// Sets how long a read or a write may wait. `None` means no limit; the adapter never passes a timeout of zero.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Makes reads and writes return [`WouldBlock`](io::ErrorKind::WouldBlock) instead of waiting, or makes them wait again.
    ///
    /// [`try_recv`](super::WebSocket::try_recv) calls it with `true`, and always with `false` before it returns. The timeout is
    /// that of before then.
    ///
    /// # Errors
    ///
    /// Those of the stream. A stream that has no such mode returns [`Unsupported`](io::ErrorKind::Unsupported), and then only
    /// `try_recv` cannot be used.
    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()>;

    /// Ends the stream in the direction to the peer, and leaves the other open. A TLS stream sends `close_notify` before.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

/// A socket of the standard library, or a shared reference to one.
macro_rules! socket {
    ($socket:ty: $($stream:ty),+) => {$(
        impl Transport for $stream {
            fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(timeout)?;
                self.set_write_timeout(timeout)
            }

            fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
                <$socket>::set_nonblocking(self, nonblocking)
            }

            fn shutdown_write(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }
    )+};
}

socket!(TcpStream: TcpStream, &TcpStream);
#[cfg(unix)]
socket!(std::os::unix::net::UnixStream: std::os::unix::net::UnixStream, &std::os::unix::net::UnixStream);

/// A transport behind a pointer.
macro_rules! pointer {
    ($($pointer:ty),+) => {$(
        impl<T: Transport + ?Sized> Transport for $pointer {
            fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                (**self).set_timeout(timeout)
            }

            fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
                (**self).set_nonblocking(nonblocking)
            }

            fn shutdown_write(&mut self) -> io::Result<()> {
                (**self).shutdown_write()
            }
        }
    )+};
}

pointer!(&mut T, Box<T>);

/// Whether a read or a write has only not moved any bytes: the timeout has expired, or it was interrupted.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// The shortest timeout that is certain not to expire at once: operating systems round timeouts to ticks of up to 16 ms, and a
/// timeout of one tick may begin at the end of a tick.
const MIN_TIMEOUT: Duration = Duration::from_millis(100);

/// Fails if a read or a write that returned `error` after `elapsed` cannot have waited for its timeout: the stream is in
/// non-blocking mode, and would be asked again and again.
///
/// The rule is simple because `SO_RCVTIMEO` and `SO_SNDTIMEO` are reliable: without a timeout they never return `WouldBlock`, and
/// with one not before it has expired, but for the rounding. `Interrupted` may come at any time.
pub(super) fn check_blocking(error: &io::Error, timeout: Option<Duration>, elapsed: Duration) -> io::Result<()> {
    let is_early = timeout.is_none_or(|timeout| timeout >= MIN_TIMEOUT && elapsed < timeout / 2);
    if error.kind() != io::ErrorKind::WouldBlock || !is_early {
        return Ok(());
    }
    let text = "the stream is in non-blocking mode, which an accepted stream may have from its listener: call \
                set_nonblocking(false)";
    Err(io::Error::new(io::ErrorKind::WouldBlock, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only `WouldBlock` proves that a stream is in non-blocking mode, and only if no timeout could explain it.
    #[test]
    fn who_does_not_block() {
        let ms = Duration::from_millis;
        let table = [
            (io::ErrorKind::WouldBlock, None, ms(0), false),
            (io::ErrorKind::WouldBlock, None, ms(10_000), false),
            (io::ErrorKind::WouldBlock, Some(ms(30_000)), ms(0), false),
            (io::ErrorKind::WouldBlock, Some(ms(30_000)), ms(14_999), false),
            (io::ErrorKind::WouldBlock, Some(ms(30_000)), ms(15_000), true),
            (io::ErrorKind::WouldBlock, Some(ms(100)), ms(49), false),
            (io::ErrorKind::WouldBlock, Some(ms(99)), ms(0), true),
            (io::ErrorKind::TimedOut, Some(ms(30_000)), ms(0), true),
            (io::ErrorKind::Interrupted, None, ms(0), true),
        ];
        for (kind, timeout, elapsed, blocks) in table {
            let checked = check_blocking(&kind.into(), timeout, elapsed);
            assert_eq!(checked.is_ok(), blocks, "{kind:?}, {timeout:?}, {elapsed:?}");
        }
    }
}
