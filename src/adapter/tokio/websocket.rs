//! How a connection on Tokio is made of its parts.

use super::{Parts, Tokio, WebSocket};
use crate::{Connection, adapter::task::Clock};
use ::tokio::io::{AsyncRead, AsyncWrite};

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is complete.
    ///
    /// Use it if an HTTP library made the handshake, or in tests: see [`Connection::new`]. If bytes were read beyond the
    /// handshake, use [`from_parts`](Self::from_parts).
    #[doc(alias("from_raw_socket"))]
    #[must_use]
    pub fn new(stream: S, mut connection: Connection) -> Self {
        connection.restart_clock();
        Self::with_clock(stream, connection, Clock::starting(Tokio::default()))
    }

    /// Joins a stream, a connection, and bytes that were read from the stream but not yet received.
    ///
    /// Use it with the parts of an [`into_parts`](Self::into_parts), or if frames were read together with an opening handshake
    /// that was made elsewhere:
    ///
    /// ```
    /// # use bowline::{Config, Connection, Message, Role, adapter::{Parts, tokio::{Error, WebSocket}}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let (stream, _far) = tokio::io::duplex(1024);
    /// let mut parts = Parts::new(stream, Connection::new(Role::Client, Config::default()));
    /// parts.unread = b"\x81\x05early".to_vec();
    /// let mut socket = WebSocket::from_parts(parts);
    /// assert_eq!(socket.recv().await?, Some(Message::from("early")));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("from_partially_read"))]
    #[must_use]
    pub fn from_parts(parts: Parts<S>) -> Self {
        Self::with_parts(parts, Tokio::default())
    }
}
