//! Sockets: waiting until one can be read or written, and reads and writes that do not wait.

use core::time::Duration;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{io, net::TcpStream};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// The socket below a stream, which a [`Transport`](super::Transport) returns so that the adapter can wait until the stream can
/// be read or written, whichever comes first.
///
/// A stream of your own, such as a server's TLS stream, makes it of the socket below:
///
/// ```
/// # use bowline::adapter::blocking::Socket;
/// # struct Tls { tcp: std::net::TcpStream }
/// # impl Tls {
/// fn socket(&self) -> Option<Socket<'_>> {
///     Some(Socket::from(&self.tcp))
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Socket<'a> {
    kind: Kind<'a>,
    /// Whether the stream has no layer above the socket.
    is_plain: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Tcp(&'a TcpStream),
    #[cfg(unix)]
    Unix(&'a UnixStream),
}

impl<'a> From<&'a TcpStream> for Socket<'a> {
    fn from(stream: &'a TcpStream) -> Self {
        Self { kind: Kind::Tcp(stream), is_plain: false }
    }
}

#[cfg(unix)]
impl<'a> From<&'a UnixStream> for Socket<'a> {
    fn from(stream: &'a UnixStream) -> Self {
        Self { kind: Kind::Unix(stream), is_plain: false }
    }
}

/// The directions for which to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interest {
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl<'a> Socket<'a> {
    /// Marks the socket as the stream itself.
    pub(super) const fn plain(self) -> Self {
        Self { is_plain: true, ..self }
    }

    /// Waits until the socket can be read or written, has ended or failed, or until `timeout` has expired.
    pub(super) fn wait(self, interest: Interest, timeout: Option<Duration>) -> io::Result<()> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, interest.readable);
        flags.set(PollFlags::OUT, interest.writable);
        let mut fds = [match &self.kind {
            Kind::Tcp(stream) => PollFd::new(*stream, flags),
            #[cfg(unix)]
            Kind::Unix(stream) => PollFd::new(*stream, flags),
        }];
        // A timeout that cannot be represented never expires.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => Ok(()),
            polled => Ok(polled.map(|_| ())?),
        }
    }

    /// Returns a stream whose reads and writes do not wait, although the socket is in blocking mode. `None` if there is a layer
    /// above the socket, or if the operating system has no such calls: then only the mode of the socket helps.
    pub(super) fn without_waiting(self) -> Option<WithoutWaiting<'a>> {
        (cfg!(unix) && self.is_plain).then_some(WithoutWaiting(self.kind))
    }
}

/// Reads and writes that return [`WouldBlock`](io::ErrorKind::WouldBlock) where the socket would wait.
#[derive(Debug)]
pub(super) struct WithoutWaiting<'a>(Kind<'a>);

#[cfg(unix)]
mod unix {
    use super::{Kind, WithoutWaiting};
    use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};
    use std::{
        io::{self, IoSlice, Read, Write},
        os::fd::{AsFd, BorrowedFd},
    };

    /// No signal if the peer has closed the connection. On Apple's systems the standard library sets an option of the socket.
    #[cfg(not(target_vendor = "apple"))]
    const FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
    #[cfg(target_vendor = "apple")]
    const FLAGS: SendFlags = SendFlags::DONTWAIT;

    impl WithoutWaiting<'_> {
        fn fd(&self) -> BorrowedFd<'_> {
            match self.0 {
                Kind::Tcp(stream) => stream.as_fd(),
                Kind::Unix(stream) => stream.as_fd(),
            }
        }
    }

    impl Read for WithoutWaiting<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let (_, count) = recv(self.fd(), into, RecvFlags::DONTWAIT)?;
            Ok(count)
        }
    }

    impl Write for WithoutWaiting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(send(self.fd(), bytes, FLAGS)?)
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            Ok(sendmsg(self.fd(), slices, &mut SendAncillaryBuffer::default(), FLAGS)?)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

/// Not used: see [`Socket::without_waiting`].
#[cfg(not(unix))]
mod other {
    use super::{Kind, WithoutWaiting};
    use std::io::{self, Read, Write};

    impl Read for WithoutWaiting<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Kind::Tcp(mut stream) = self.0;
            stream.read(into)
        }
    }

    impl Write for WithoutWaiting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let Kind::Tcp(mut stream) = self.0;
            stream.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
