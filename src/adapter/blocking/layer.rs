use super::{Socket, Transport};
use core::time::Duration;
use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// A socket, or TLS over another layer: through a proxy with TLS, there can be two layers of TLS.
#[derive(Debug)]
pub(super) enum Layer {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    /// In a box, since it is much larger than a socket.
    #[cfg(feature = "rustls")]
    Tls(alloc::boxed::Box<super::tls::TlsStream<Layer>>),
}

impl Layer {
    /// Returns the stream that reads, writes and shuts down.
    fn transport(&mut self) -> &mut dyn Transport {
        match self {
            Self::Tcp(stream) => stream,
            #[cfg(unix)]
            Self::Unix(stream) => stream,
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => &mut **stream,
        }
    }
}

impl Read for Layer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.transport().read(into)
    }
}

impl Write for Layer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transport().write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.transport().write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.transport().flush()
    }
}

impl Transport for Layer {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_timeout(timeout),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_timeout(timeout),
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => stream.set_timeout(timeout),
        }
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.transport().set_nonblocking(nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.transport().shutdown_write()
    }

    fn socket(&self) -> Option<Socket<'_>> {
        match self {
            Self::Tcp(stream) => stream.socket(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.socket(),
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => stream.socket(),
        }
    }
}
