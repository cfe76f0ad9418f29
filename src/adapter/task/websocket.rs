use super::{Tokio, clock::Clock, driver::Driver, read_buffer::ReadBuffer, runtime::Io};
use crate::{
    Closure, Connection,
    adapter::{Parts, link::Link},
};
use core::fmt;
use scopeguard::ScopeGuard;

/// A WebSocket connection over an asynchronous stream, as `accept` and `client_handshake` of an adapter return it.
///
/// `S` is the stream, and `T` the runtime: Tokio by default, and with `adapter::futures_io` the timer of another one. The examples
/// use Tokio. On another runtime, only the ways to make a connection are different.
///
/// It can also be made of a stream and a connection whose opening handshake was made elsewhere:
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
/// It reads, answers pings, sends keepalive pings and checks deadlines only while one of its methods is awaited. If a task does
/// something else for a long time, let another task receive: see [`split`](Self::split).
///
/// # Cancel safety
///
/// Every future of its methods can be dropped at any time, as `tokio::select!` does. Nothing that was read or queued is lost,
/// repeated or reordered, and the next call continues what a dropped future began. Two things are lost, as each method describes:
/// a message that [`send`](Self::send) or [`feed`](Self::feed) has not yet queued, and the messages that [`close`](Self::close)
/// discards.
///
/// # Dropping it
///
/// Dropping it writes what is queued as far as the stream accepts it at once, shuts the stream down, so that a TLS peer gets a
/// `close_notify`, and then drops it. The peer sees an
/// abnormal end (code 1006, RFC 6455 §7.1.5), unless [`close`](Self::close) was awaited before.
#[doc(alias("WebSocketStream"))]
pub struct WebSocket<S, T = Tokio> {
    /// The guard writes what is queued when it is dropped. A `Drop` of this type would need the bounds of `Driver::write_last` on
    /// `S` everywhere, and `into_parts` could not move the fields out.
    pub(in crate::adapter) driver: ScopeGuard<Driver<S, T>, WriteLast<S, T>>,
}

type WriteLast<S, T> = fn(Driver<S, T>);

impl<S, T: Io<S>> WebSocket<S, T> {
    /// Joins parts, with the clock that they had, which `timer` continues.
    pub(in crate::adapter) fn with_parts(mut parts: Parts<S>, timer: T) -> Self {
        let clock = Clock::since(parts.clock_origin(timer.now()), timer);
        let Parts { stream, connection, events, unread, end, .. } = parts;
        // It needs a flush: the stream may have been written to before.
        let link = Link::new(connection, true).with_events(events);
        Self::guarded(Driver::new(stream, link, ReadBuffer::of(&unread, end), clock))
    }

    /// Joins a stream and a connection whose clock has just started, or will start with the first tick.
    pub(in crate::adapter) fn with_clock(stream: S, connection: Connection, clock: Clock<T>) -> Self {
        Self::with_buffer(stream, connection, ReadBuffer::default(), clock)
    }

    pub(super) fn with_buffer(stream: S, connection: Connection, read_buffer: ReadBuffer, clock: Clock<T>) -> Self {
        Self::guarded(Driver::new(stream, Link::new(connection, false), read_buffer, clock))
    }

    fn guarded(driver: Driver<S, T>) -> Self {
        Self { driver: scopeguard::guard(driver, Driver::write_last) }
    }
}

impl<S, T> WebSocket<S, T> {
    /// Returns which endpoint ended the connection, how and why: see [`Connection::closure`]. `None` until that is certain.
    ///
    /// Use it after [`recv`](Self::recv) has returned `None`, for the close code and the reason:
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, adapter::tokio::{Error, WebSocket}};
    /// # async fn run(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = socket.recv().await? {
    ///     println!("{message:?}");
    /// }
    /// if let Some(closure) = socket.closure()
    ///     && closure.code() == CloseCode::GOING_AWAY
    /// {
    ///     println!("the server restarts: {:?}", closure.reason());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.driver.link.connection.closure()
    }

    /// Returns the subprotocol in use (RFC 6455 §1.9), if one was agreed on in the opening handshake.
    #[doc(alias("subprotocol"))]
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.driver.link.connection.protocol()
    }

    /// Returns the number of bytes that are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    ///
    /// Use it to notice that a peer reads too slowly.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.driver.link.connection.buffered_amount()
    }

    /// Returns the connection, for everything that this adapter has no method for: messages in chunks, unsolicited pongs, the
    /// state.
    ///
    /// What is queued on it is written by the next call that waits or writes, such as [`flush`](Self::flush):
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

    /// Returns the stream, for example to ask for the peer's address.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.driver.stream
    }

    /// Returns the stream, for example to set an option. Do not read from it or write to it, since that would lose bytes of a
    /// frame, or insert bytes into one.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.driver.stream
    }

    /// Takes the socket apart: the stream, the connection, and the bytes that are not yet received.
    ///
    /// Use it to drive the connection with code of your own or with another adapter, or, with `from_parts`, to change the type of
    /// the stream. Nothing is written: what is queued stays in the [`output`](Connection::output) of the connection.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, adapter::tokio::{Error, WebSocket}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let (stream, _peer) = tokio::io::duplex(64);
    /// # let mut socket = WebSocket::new(stream, Connection::new(Role::Server, Config::default()));
    /// socket.feed("queued").await?;
    /// let mut parts = socket.into_parts();
    /// assert_eq!(bytes::Buf::chunk(parts.connection.output()), b"\x81\x06queued");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_parts(self) -> Parts<S> {
        let Driver { stream, link, mut read_buffer, clock, .. } = ScopeGuard::into_inner(self.driver);
        let unread = read_buffer.unread().0.to_vec();
        let (events, origin) = (link.inbox.into(), Some(clock.origin()));
        let end = read_buffer.take_unreceived_end();
        Parts { events, unread, end, origin, ..Parts::new(stream, link.connection) }
    }

    /// Returns the stream alone. What is queued and what is not yet received are lost. To keep them, use
    /// [`into_parts`](Self::into_parts).
    #[must_use]
    pub fn into_inner(self) -> S {
        ScopeGuard::into_inner(self.driver).stream
    }
}

impl<S, T> fmt::Debug for WebSocket<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.driver.link.connection).finish_non_exhaustive()
    }
}
