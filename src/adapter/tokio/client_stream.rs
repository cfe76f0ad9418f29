use super::layer::Layer;
use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use core::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use std::io::{self, IoSlice};

#[cfg(unix)]
use ::tokio::net::UnixStream;

/// The stream of a client that [`connect`](super::connect())ed: a TCP or Unix socket for `ws://`, TLS over it for `wss://`. Through
/// a proxy with TLS, there is one more layer of TLS.
///
/// Use it as the stream type where you store such a socket, as `WebSocket<ClientStream>`. To look at the socket below, call
/// [`WebSocket::get_ref`](super::WebSocket::get_ref):
///
/// ```no_run
/// # use bowline::adapter::tokio::{ClientStream, WebSocket};
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
    fn socket(&self) -> &Layer {
        #[cfg(feature = "rustls")]
        {
            let mut layer = &self.top;
            while let Layer::Tls(stream) = layer {
                layer = stream.get_ref().0;
            }
            layer
        }
        #[cfg(not(feature = "rustls"))]
        &self.top
    }

    /// Returns the TCP stream, for example to set an option. For `wss://` it is the stream below TLS. `None` for a Unix socket.
    #[must_use]
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self.socket() {
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
        match self.socket() {
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
    /// # use bowline::adapter::tokio::{ClientStream, WebSocket};
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
            Layer::Tls(stream) if self.is_secure => Some(stream.get_ref().1),
            _ => None,
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().top).poll_read(cx, into)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().top).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().top).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().top).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().top).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.top.is_write_vectored()
    }
}
