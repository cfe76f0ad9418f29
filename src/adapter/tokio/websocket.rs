use super::{clock::Clock, driver::Driver, read_buffer::ReadBuffer};
use crate::{
    Closure, Connection,
    adapter::{Parts, link::Link},
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use core::fmt;
use scopeguard::ScopeGuard;

/// A connection over an asynchronous stream.
///
/// It reads, answers pings and keeps the connection alive only while one of its methods is awaited. If a task does something else
/// for a long time, let another one receive: see [`split`](Self::split).
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Message, Role, adapter::tokio::{Error, WebSocket}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let (near, far) = tokio::io::duplex(1024); // any stream will do
/// let mut client = WebSocket::new(near, Connection::new(Role::Client, Config::default()));
/// let mut server = WebSocket::new(far, Connection::new(Role::Server, Config::default()));
/// tokio::spawn(async move {
///     while let Some(message) = server.recv().await? {
///         server.send(message).await?;
///     }
///     Ok::<(), Error>(())
/// });
/// client.send("Hello").await?;
/// assert_eq!(client.recv().await?, Some(Message::from("Hello")));
/// assert!(client.close(CloseCode::NORMAL, "").await?.is_clean());
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Every future of its methods can be dropped at any time, as `tokio::select!` does: nothing is lost, repeated or reordered. The
/// next call continues what a dropped future has begun.
///
/// # Dropping it
///
/// Dropping it writes what is queued as far as the stream accepts it at once, and then drops the stream. For the peer that is an
/// abnormal end (RFC 6455 §7.1.5), unless [`close`](Self::close) was awaited before.
pub struct WebSocket<S> {
    /// What happens when it is dropped is a part of the value, so that the type has no bounds, and can be taken apart.
    pub(super) driver: ScopeGuard<Driver<S>, fn(Driver<S>)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is over.
    ///
    /// If bytes were read beyond the handshake, use [`from_parts`](Self::from_parts).
    #[must_use]
    pub fn new(stream: S, mut connection: Connection) -> Self {
        connection.restart_clock();
        Self::with_buffer(stream, connection, ReadBuffer::default())
    }

    /// Joins a stream and a connection with bytes that were read from the stream and are not yet received: those of
    /// [`into_parts`](Self::into_parts), or those that arrived with the head of an opening handshake.
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
    #[must_use]
    pub fn from_parts(mut parts: Parts<S>) -> Self {
        let clock = Clock::since(Instant::from_std(parts.clock_origin(Instant::now().into_std())));
        let Parts { stream, connection, unread, .. } = parts;
        // The stream may have been written to before.
        Self::guarded(Driver::new(stream, Link::new(connection, true), ReadBuffer::of(&unread), clock))
    }

    pub(super) fn with_buffer(stream: S, connection: Connection, read_buffer: ReadBuffer) -> Self {
        Self::guarded(Driver::new(stream, Link::new(connection, false), read_buffer, Clock::since(Instant::now())))
    }

    fn guarded(driver: Driver<S>) -> Self {
        Self { driver: scopeguard::guard(driver, Driver::write_last) }
    }
}

impl<S> WebSocket<S> {
    /// How the connection ended: see [`Connection::closure`]. `None` until that is certain.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.driver.link.connection.closure()
    }

    /// The subprotocol in use (RFC 6455 §1.9), if one was agreed in the opening handshake.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.driver.link.connection.protocol()
    }

    /// How many bytes are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.driver.link.connection.buffered_amount()
    }

    /// The connection, for everything that this adapter has no method for. What is queued on it is written by the next call that
    /// is awaited; [`flush`](Self::flush) does nothing else.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::{Error, WebSocket}};
    /// # async fn upload(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// socket.connection().send_binary_chunk(b"first part", false)?;
    /// socket.connection().send_binary_chunk(b"last part", true)?;
    /// socket.flush().await
    /// # }
    /// ```
    #[must_use]
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.driver.link.connection
    }

    /// The stream, for example to ask for the peer's address.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.driver.stream
    }

    /// The stream, for example to set an option. Neither read from it nor write to it: that would tear frames apart.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.driver.stream
    }

    /// Takes it apart, without writing what is queued: that stays in the [`output`](Connection::output) of the connection.
    ///
    /// Use it to continue with code of your own, or, with [`from_parts`](Self::from_parts), over another stream type.
    #[must_use]
    pub fn into_parts(self) -> Parts<S> {
        let Driver { stream, link, mut read_buffer, clock, .. } = ScopeGuard::into_inner(self.driver);
        let unread = read_buffer.unread().0.to_vec();
        Parts { unread, origin: Some(clock.origin().into_std()), ..Parts::new(stream, link.connection) }
    }

    /// The stream alone. What is queued, and what was read and not received, is lost: see [`into_parts`](Self::into_parts).
    #[must_use]
    pub fn into_inner(self) -> S {
        ScopeGuard::into_inner(self.driver).stream
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.driver.link.connection).finish_non_exhaustive()
    }
}
