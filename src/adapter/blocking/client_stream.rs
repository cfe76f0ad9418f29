use super::{Socket, Transport};
use core::time::Duration;
use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
};

/// The stream of a client that [`connect`](super::connect)ed: TCP for `ws://`, TLS over TCP for `wss://`.
///
/// Use it as the stream type where you store such a socket, as `WebSocket<ClientStream>`. To look at the socket below, call
/// [`WebSocket::get_ref`](super::WebSocket::get_ref):
///
/// ```no_run
/// # use bowline::adapter::blocking::{ClientStream, WebSocket};
/// # fn look(socket: &WebSocket<ClientStream>) -> std::io::Result<()> {
/// println!("connected to {}", socket.get_ref().tcp().peer_addr()?);
/// # Ok(())
/// # }
/// ```
#[doc(alias("MaybeTlsStream"))]
#[derive(Debug)]
pub struct ClientStream(Kind);

#[derive(Debug)]
enum Kind {
    Plain(TcpStream),
    /// In a box, since it is much larger than a plain stream.
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

    /// Returns the TCP stream, for example for the peer's address. For `wss://` it is the stream below TLS.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Kind::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => &stream.tcp,
        }
    }

    /// Returns the TLS connection, for example to look at the server's certificate; `None` for `ws://`.
    ///
    /// ```no_run
    /// # use bowline::adapter::blocking::{ClientStream, WebSocket};
    /// # fn look(socket: &WebSocket<ClientStream>) {
    /// if let Some(tls) = socket.get_ref().tls_connection() {
    ///     println!("{:?}, {:?}", tls.protocol_version(), tls.peer_certificates());
    /// }
    /// # }
    /// ```
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls_connection(&self) -> Option<&super::rustls::ClientConnection> {
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Tls(stream) => Some(&stream.connection),
        }
    }

    /// Returns the stream that reads, writes and shuts down.
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

    fn socket(&self) -> Option<Socket<'_>> {
        match &self.0 {
            Kind::Plain(stream) => stream.socket(),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => stream.socket(),
        }
    }
}
