use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
#[cfg(feature = "rustls")]
use bowline_rustls::tokio_rustls::client::TlsStream;
use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::io::{self, IoSlice};

/// The stream of a client that [`connect`](super::connect())ed: TCP for `ws://`, TLS over TCP for `wss://`.
///
/// Use it as the stream type where you store such a socket, as `WebSocket<ClientStream>`. To look at the socket below, call
/// [`WebSocket::get_ref`](super::WebSocket::get_ref):
///
/// ```no_run
/// # use bowline::adapter::tokio::{ClientStream, WebSocket};
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
    Tls(alloc::boxed::Box<TlsStream<TcpStream>>),
}

impl ClientStream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self(Kind::Plain(stream))
    }

    #[cfg(feature = "rustls")]
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self(Kind::Tls(alloc::boxed::Box::new(stream)))
    }

    /// Returns the TCP stream, for example for the peer's address. For `wss://` it is the stream below TLS.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Kind::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Returns the TLS connection, for example to look at the server's certificate; `None` for `ws://`.
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
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Tls(stream) => Some(stream.get_ref().1),
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Kind::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Plain(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Kind::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "rustls")]
            Kind::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
