use super::Socket;
use alloc::boxed::Box;
use core::time::Duration;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

/// A blocking stream with timeouts, which a [`WebSocket`](super::WebSocket) reads from and writes to.
///
/// TCP streams, Unix sockets, references to them and [`ClientStream`](super::ClientStream) implement it. Implement it for a
/// stream of your own, such as a server's TLS stream, by passing the calls on to the socket below:
/// see the [example for rustls](crate::guide::tls).
///
/// # Requirements
///
/// - A read or a write that has moved some bytes returns, and does not wait for more.
/// - One that has not moved any returns [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) when
///   the timeout has expired, and not earlier: an early `WouldBlock` is reported as a stream in non-blocking mode.
/// - A write that cannot accept any byte returns `WouldBlock` or `TimedOut`, and not 0. `StreamOwned` of rustls can return 0.
/// - It may return [`Interrupted`](io::ErrorKind::Interrupted) at any time. The adapter then checks the deadlines of the
///   connection, and calls it again. A TLS stream returns it after it has read a part of a record.
#[doc(alias("TLS"))]
pub trait Transport: Read + Write {
    /// Sets how long a read or a write may wait. `None` means no limit. The adapter never passes a timeout of zero.
    ///
    /// # Errors
    ///
    /// Returns the errors of the stream. The adapter's call then fails with [`Error::Io`](super::Error::Io), and the connection
    /// is unchanged.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Makes reads and writes return [`WouldBlock`](io::ErrorKind::WouldBlock) instead of waiting, or makes them wait again.
    ///
    /// The adapter calls it with `true` before a read or a write that must not wait, and always with `false` after it. After
    /// that, reads and writes wait for the same timeout as before. It does so in [`try_recv`](super::WebSocket::try_recv), and, if
    /// the stream has a [`socket`](Self::socket), for each write. For TCP and Unix sockets on Unix it is not called.
    ///
    /// # Errors
    ///
    /// Returns the errors of the stream. The call then fails with [`Error::Io`](super::Error::Io), and the connection is
    /// unchanged. A stream without a socket and without such a mode returns [`Unsupported`](io::ErrorKind::Unsupported). Then
    /// only `try_recv` cannot be used.
    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()>;

    /// Ends the stream in the direction to the peer, and leaves the other direction open. A TLS stream sends `close_notify`
    /// first.
    ///
    /// # Errors
    ///
    /// Returns the errors of the stream. After `WouldBlock`, `TimedOut` or `Interrupted` the adapter calls it again. It ignores
    /// all other errors, since the next read shows the cause.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Returns the socket below the stream. With it, the adapter waits until the stream can be read *or* written.
    ///
    /// Without it, a call whose output the stream does not accept tries to write for up to 100 ms, then to read for up to 100 ms,
    /// and so on, with [`set_timeout`](Self::set_timeout). That is correct but slow, so implement it where there is a socket. A
    /// stream that returns one must also implement [`set_nonblocking`](Self::set_nonblocking), which the adapter then uses
    /// around each write.
    ///
    /// The adapter waits for the socket to become readable only after a read of the stream has returned `WouldBlock`, so a TLS
    /// stream may have a buffer. `None` is the default.
    fn socket(&self) -> Option<Socket<'_>> {
        None
    }
}

/// Implements [`Transport`] for a socket of the standard library, and for a shared reference to one.
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

            fn socket(&self) -> Option<Socket<'_>> {
                let socket: &$socket = self;
                Some(Socket::from(socket).plain())
            }
        }
    )+};
}

socket!(TcpStream: TcpStream, &TcpStream);
#[cfg(unix)]
socket!(std::os::unix::net::UnixStream: std::os::unix::net::UnixStream, &std::os::unix::net::UnixStream);

/// Implements [`Transport`] for a pointer to one.
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

            fn socket(&self) -> Option<Socket<'_>> {
                (**self).socket()
            }
        }
    )+};
}

pointer!(&mut T, Box<T>);

/// Whether the error of a read or a write is not a failure: the timeout expired, or the call was interrupted.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// The shortest timeout that certainly does not expire at once. Operating systems round timeouts to ticks of up to 16 ms, and a
/// timeout of one tick may begin at the end of a tick.
const MIN_TIMEOUT: Duration = Duration::from_millis(100);

/// Fails if a read or a write that returned `error` after `elapsed` cannot have waited for its timeout. Then the stream is in
/// non-blocking mode, and calling it again and again would keep a processor busy.
///
/// The rule is simple because `SO_RCVTIMEO` and `SO_SNDTIMEO` are reliable. Without a timeout, no call returns `WouldBlock`. With
/// one, a call returns it when the timeout has expired, except for rounding. `Interrupted` may be returned at any time.
pub(super) fn check_blocking(error: &io::Error, timeout: Option<Duration>, elapsed: Duration) -> io::Result<()> {
    let is_early = timeout.is_none_or(|timeout| timeout >= MIN_TIMEOUT && elapsed < timeout / 2);
    if error.kind() != io::ErrorKind::WouldBlock || !is_early {
        return Ok(());
    }
    let text = "the stream is in non-blocking mode, which an accepted stream can inherit from its listener: call \
                set_nonblocking(false) first";
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
