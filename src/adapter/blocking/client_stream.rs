use super::{Socket, Transport, layer::Layer};
use core::{net::SocketAddr, time::Duration};
use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// The stream of a client that [`connect`](super::connect)ed: a TCP or Unix socket for `ws://`, TLS over it for `wss://`. Through a
/// proxy with TLS, there is one more layer of TLS.
///
/// Use it as the stream type where you store such a socket, as `WebSocket<ClientStream>`. To look at the socket below, call
/// [`WebSocket::get_ref`](super::WebSocket::get_ref):
///
/// ```no_run
/// # use bowline::adapter::blocking::{ClientStream, WebSocket};
/// # fn look(socket: &WebSocket<ClientStream>) -> std::io::Result<()> {
/// println!("connected to {}", socket.get_ref().peer_addr()?);
/// # Ok(())
/// # }
/// ```
#[doc(alias("MaybeTlsStream"))]
#[derive(Debug)]
pub struct ClientStream {
    top: Layer,
    /// Whether the top layer is TLS to the server. Without it, it can still be TLS to a proxy.
    #[cfg_attr(not(feature = "rustls"), expect(dead_code, reason = "without TLS, it is not asked for"))]
    is_secure: bool,
}

impl ClientStream {
    pub(super) const fn new(top: Layer, is_secure: bool) -> Self {
        Self { top, is_secure }
    }

    /// Returns the socket below all layers of TLS.
    fn lowest(&self) -> &Layer {
        #[cfg(feature = "rustls")]
        {
            let mut layer = &self.top;
            while let Layer::Tls(stream) = layer {
                layer = &stream.below;
            }
            layer
        }
        #[cfg(not(feature = "rustls"))]
        &self.top
    }

    /// Returns the TCP stream, for example to set an option. For `wss://` it is the stream below TLS. `None` for a Unix socket.
    #[must_use]
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self.lowest() {
            Layer::Tcp(stream) => Some(stream),
            #[cfg(unix)]
            Layer::Unix(_) => None,
            #[cfg(feature = "rustls")]
            Layer::Tls(_) => None,
        }
    }

    /// Returns the Unix socket; `None` for TCP.
    #[cfg(unix)]
    #[must_use]
    pub fn unix(&self) -> Option<&UnixStream> {
        match self.lowest() {
            Layer::Unix(stream) => Some(stream),
            Layer::Tcp(_) => None,
            #[cfg(feature = "rustls")]
            Layer::Tls(_) => None,
        }
    }

    /// Returns the address to which TCP is connected: the server's, or that of the proxy.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) for a Unix socket, and otherwise the error of the operating system, for example
    /// because the connection has ended.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self.tcp() {
            Some(stream) => stream.peer_addr(),
            None => Err(io::Error::new(io::ErrorKind::Unsupported, "a Unix socket has no IP address")),
        }
    }

    /// Returns the TLS connection to the server, for example to look at its certificate; `None` for `ws://`.
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
        match &self.top {
            Layer::Tls(stream) if self.is_secure => Some(&stream.connection),
            _ => None,
        }
    }
}

impl Read for ClientStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.top.read(into)
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.top.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.top.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.top.flush()
    }
}

impl Transport for ClientStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.top.set_timeout(timeout)
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.top.set_nonblocking(nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.top.shutdown_write()
    }

    fn socket(&self) -> Option<Socket<'_>> {
        self.top.socket()
    }
}
