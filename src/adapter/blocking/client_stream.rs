use super::Transport;
use core::time::Duration;
use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
};

/// The stream of a [`connect`](super::connect)ed client: TCP, or TLS on top of it. See
/// [`WebSocket::get_ref`](super::WebSocket::get_ref):
///
/// ```no_run
/// # use bowline::adapter::blocking::{ClientStream, WebSocket};
/// # fn look(socket: &WebSocket<ClientStream>) -> std::io::Result<()> {
/// println!("connected to {}", socket.get_ref().tcp().peer_addr()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ClientStream(Kind);

#[derive(Debug)]
enum Kind {
    Plain(TcpStream),
    /// In a box, so that a plain stream is not as large.
    #[cfg(feature = "rustls")]
    Tls(alloc::boxed::Box<super::tls::TlsStream>),
}

impl ClientStream {
    pub(super) const fn plain(stream: TcpStream) -> Self {
        Self(Kind::Plain(stream))
    }

    #[cfg(feature = "rustls")]
    pub(super) fn tls(stream: super::tls::TlsStream) -> Self {
        Self(Kind::Tls(alloc::boxed::Box::new(stream)))
    }

    /// The TCP stream, which is below TLS if there is TLS.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Kind::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => &stream.tcp,
        }
    }

    /// The TLS connection, for example to look at the certificate of the server; `None` without TLS.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls_connection(&self) -> Option<&super::rustls::ClientConnection> {
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Tls(stream) => Some(&stream.connection),
        }
    }

    fn transport(&mut self) -> &mut dyn Transport {
        match &mut self.0 {
            Kind::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => &mut **stream,
        }
    }
}

impl Read for ClientStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.transport().read(into)
    }
}

impl Write for ClientStream {
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

impl Transport for ClientStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match &self.0 {
            Kind::Plain(stream) => stream.set_timeout(timeout),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => stream.set_timeout(timeout),
        }
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.transport().set_nonblocking(nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.transport().shutdown_write()
    }
}
