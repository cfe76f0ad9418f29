//! Streams that are encrypted or not.

use std::{
    fmt,
    io::{self, Read, Write},
    net::TcpStream,
};

/// Whether a stream is encrypted: see [`uri_mode`](https://docs.rs/bowline-tungstenite/latest/bowline_tungstenite/client/fn.uri_mode.html).
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// It is not, as for `ws`.
    Plain,
    /// It is encrypted with TLS, as for `wss`.
    Tls,
}

/// A stream for which Nagle's algorithm can be disabled.
pub trait NoDelay {
    /// Sends small packets at once, if `nodelay` is true (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    fn set_nodelay(&mut self, nodelay: bool) -> io::Result<()>;
}

impl NoDelay for TcpStream {
    fn set_nodelay(&mut self, nodelay: bool) -> io::Result<()> {
        Self::set_nodelay(self, nodelay)
    }
}

#[cfg(feature = "native-tls")]
impl<S: Read + Write + NoDelay> NoDelay for native_tls_crate::TlsStream<S> {
    fn set_nodelay(&mut self, nodelay: bool) -> io::Result<()> {
        self.get_mut().set_nodelay(nodelay)
    }
}

#[cfg(feature = "__rustls-tls")]
impl<C, Data, S> NoDelay for rustls::StreamOwned<C, S>
where
    C: std::ops::Deref<Target = rustls::ConnectionCommon<Data>>,
    Data: rustls::SideData,
    S: Read + Write + NoDelay,
{
    fn set_nodelay(&mut self, nodelay: bool) -> io::Result<()> {
        self.sock.set_nodelay(nodelay)
    }
}

/// A blocking stream that is encrypted or not.
///
/// The one for Tokio is `MaybeTlsStream` at the top of this crate.
#[non_exhaustive]
#[cfg_attr(feature = "__rustls-tls", expect(clippy::large_enum_variant, reason = "the variants are the original's"))]
pub enum MaybeTlsStream<S: Read + Write> {
    /// It is not encrypted.
    Plain(S),
    /// It is encrypted by native-tls.
    #[cfg(feature = "native-tls")]
    NativeTls(native_tls_crate::TlsStream<S>),
    /// It is encrypted by rustls.
    #[cfg(feature = "__rustls-tls")]
    Rustls(rustls::StreamOwned<rustls::ClientConnection, S>),
}

// Calls the same method of the stream, whichever it is.
macro_rules! delegate {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Self::Plain($stream) => $call,
            #[cfg(feature = "native-tls")]
            Self::NativeTls($stream) => $call,
            #[cfg(feature = "__rustls-tls")]
            Self::Rustls($stream) => $call,
        }
    };
}

impl<S: Read + Write> Read for MaybeTlsStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        delegate!(self, stream => stream.read(buffer))
    }

    fn read_vectored(&mut self, buffers: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
        delegate!(self, stream => stream.read_vectored(buffers))
    }
}

impl<S: Read + Write> Write for MaybeTlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        delegate!(self, stream => stream.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        delegate!(self, stream => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        delegate!(self, stream => stream.flush())
    }
}

impl<S: Read + Write + NoDelay> NoDelay for MaybeTlsStream<S> {
    fn set_nodelay(&mut self, nodelay: bool) -> io::Result<()> {
        delegate!(self, stream => stream.set_nodelay(nodelay))
    }
}

impl<S: Read + Write + fmt::Debug> fmt::Debug for MaybeTlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(stream) => f.debug_tuple("Plain").field(stream).finish(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => f.debug_tuple("NativeTls").field(stream).finish(),
            #[cfg(feature = "__rustls-tls")]
            Self::Rustls(stream) => f.debug_tuple("Rustls").field(&stream.conn).field(&stream.sock).finish(),
        }
    }
}
