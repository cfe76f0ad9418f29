use crate::protocol::{Role, WebSocket, WebSocketConfig};
use bowline::Connection;
use tokio::io::{AsyncRead, AsyncWrite};

/// A WebSocket connection on Tokio: a `Stream` and a `Sink` of messages.
#[derive(Debug)]
pub struct WebSocketStream<S> {
    inner: WebSocket<S>,
}

impl<S> WebSocketStream<S> {
    /// Creates a connection over a stream whose opening handshake is over.
    pub async fn from_raw_socket(stream: S, role: Role, config: Option<WebSocketConfig>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        Self { inner: WebSocket::from_raw_socket(stream, role, config) }
    }

    /// Creates a connection as [`from_raw_socket`](Self::from_raw_socket) does, with bytes that were read already.
    pub async fn from_partially_read(stream: S, part: Vec<u8>, role: Role, config: Option<WebSocketConfig>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        Self { inner: WebSocket::from_partially_read(stream, part, role, config) }
    }

    /// Creates a connection from what the opening handshake returned: `part` has the bytes behind it.
    pub(crate) fn from_connection(stream: S, connection: Connection, part: Vec<u8>, config: WebSocketConfig) -> Self {
        Self { inner: WebSocket::from_connection(stream, connection, part, config) }
    }
}
