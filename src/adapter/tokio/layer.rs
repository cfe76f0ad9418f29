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

#[cfg(unix)]
use ::tokio::net::UnixStream;

/// A socket, or TLS over another layer: through a proxy with TLS, there can be two layers of TLS.
#[derive(Debug)]
pub(super) enum Layer {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    /// In a box, since it is much larger than a socket.
    #[cfg(feature = "rustls")]
    Tls(alloc::boxed::Box<TlsStream<Layer>>),
}

/// Calls a method of the layer that it is.
macro_rules! delegate {
    ($layer:expr, $stream:ident => $call:expr) => {
        match $layer {
            Layer::Tcp($stream) => $call,
            #[cfg(unix)]
            Layer::Unix($stream) => $call,
            #[cfg(feature = "rustls")]
            Layer::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Layer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        delegate!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, into))
    }
}

impl AsyncWrite for Layer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        delegate!(self, stream => stream.is_write_vectored())
    }
}
