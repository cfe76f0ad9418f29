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

    /// Marks the socket as one that has a layer above it.
    #[cfg(feature = "rustls")]
    pub(super) const fn layered(self) -> Self {
        Self { is_plain: false, ..self }
    }

    /// Waits until the socket can be read or written, has ended or failed, or until `timeout` has expired.
    pub(super) fn wait(self, interest: Interest, timeout: Option<Duration>) -> io::Result<()> {
        self.wait_with(interest, timeout, None)
    }

    /// Waits as [`wait`](Self::wait) does, or until `wakes` can be read.
    pub(super) fn wait_with(
        self,
        interest: Interest,
        timeout: Option<Duration>,
        wakes: Option<Socket<'_>>,
    ) -> io::Result<()> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, interest.readable);
        flags.set(PollFlags::OUT, interest.writable);
        let mut both;
        let mut one = [self.poll_fd(flags)];
        let fds: &mut [PollFd<'_>] = match &wakes {
            Some(wakes) => {
                both = [self.poll_fd(flags), wakes.poll_fd(PollFlags::IN)];
                &mut both
            }
            None => &mut one,
        };
        // A timeout that cannot be represented never expires.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(fds, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => Ok(()),
            polled => Ok(polled.map(|_| ())?),
        }
    }

    fn poll_fd(&self, flags: PollFlags) -> PollFd<'_> {
        match &self.kind {
            Kind::Tcp(stream) => PollFd::new(*stream, flags),
            #[cfg(unix)]
            Kind::Unix(stream) => PollFd::new(*stream, flags),
        }
    }

    /// Returns another descriptor of the same socket, to wait for it without the stream.
    pub(super) fn try_clone(self) -> io::Result<OwnedSocket> {
        match self.kind {
            Kind::Tcp(stream) => stream.try_clone().map(OwnedSocket::Tcp),
            #[cfg(unix)]
            Kind::Unix(stream) => stream.try_clone().map(OwnedSocket::Unix),
        }
    }

    /// Returns a stream whose reads and writes do not wait, although the socket is in blocking mode. `None` if there is a layer
    /// above the socket, or if the operating system has no such calls: then only the mode of the socket helps.
    pub(super) fn without_waiting(self) -> Option<WithoutWaiting<'a>> {
        (cfg!(unix) && self.is_plain).then_some(WithoutWaiting(self.kind))
    }
}

/// A descriptor of a socket.
#[derive(Debug)]
pub(super) enum OwnedSocket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl OwnedSocket {
    pub(super) fn as_socket(&self) -> Socket<'_> {
        match self {
            Self::Tcp(stream) => stream.into(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.into(),
        }
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
