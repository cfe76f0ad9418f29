use super::{Error, READ_SPACE, Transport, Wait};
use crate::{
    CloseCode, Closure, Connection,
    adapter::{Parts, link::Link},
};
use alloc::vec::Vec;
use core::{fmt, time::Duration};
use std::time::Instant;

/// A connection over a blocking stream.
///
/// [`accept`](super::accept()), [`connect`](super::connect) and [`client_handshake`](super::client_handshake) return one. It can
/// also be made of a stream and a connection whose opening handshake was made elsewhere:
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Message, Role, adapter::{Error, blocking::WebSocket}};
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Error> {
/// use std::os::unix::net::UnixStream;
///
/// let (near, far) = UnixStream::pair()?;
/// let mut client = WebSocket::new(near, Connection::new(Role::Client, Config::default()));
/// let mut server = WebSocket::new(far, Connection::new(Role::Server, Config::default()));
/// let echo = std::thread::spawn(move || -> Result<(), Error> {
///     while let Some(message) = server.recv()? {
///         server.send(message)?;
///     }
///     Ok(())
/// });
/// client.send("Hello")?;
/// assert_eq!(client.recv()?, Some(Message::from("Hello")));
/// assert!(client.close(CloseCode::NORMAL, "")?.is_normal());
/// echo.join().unwrap()
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// The stream must be in blocking mode. In non-blocking mode, the first call that would wait returns an [`Error::Io`] with
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock), and the connection stays as it was. The adapter sets the timeouts of the stream for
/// its deadlines, so do not set them yourself.
///
/// # After the end
///
/// Every call that receives returns the same once more: `None` after a normal end, [`Error::Closed`] after any other; that also
/// holds after the [`Error::Io`] with which the stream failed. Calls that send return
/// [`SendError::Closing`](crate::SendError::Closing). [`close`](Self::close) and [`closure`](Self::closure) return how the
/// connection ended.
///
/// Dropping it closes the stream. What is queued is lost then, and the peer sees an abnormal end (code 1006) unless
/// [`close`](Self::close) was called before.
pub struct WebSocket<S> {
    pub(super) stream: S,
    pub(super) link: Link,
    pub(super) buffer: Vec<u8>,
    /// How much of the buffer the last read filled.
    pub(super) end: usize,
    /// How many of these bytes are not yet received. Invariant: at most `end`.
    pub(super) left: usize,
    pub(super) origin: Instant,
    /// When the next tick is due, since the origin.
    pub(super) due: Option<Duration>,
    /// When the timeout of the stream was last looked at, since the origin: just before a read or a write.
    pub(super) armed_at: Duration,
    /// What the stream's timeout is set to, once it has been set.
    pub(super) timeout: Option<Duration>,
    pub(super) timeout_is_set: bool,
}

impl<S> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is over.
    ///
    /// If bytes of the stream were read already that belong to the connection, use [`from_parts`](Self::from_parts).
    #[must_use]
    pub fn new(stream: S, mut connection: Connection) -> Self {
        connection.restart_clock();
        Self::with_input(stream, connection, alloc::vec![0; READ_SPACE], 0, 0)
    }

    /// Joins a stream, a connection, and bytes that were read from the one and are not yet received by the other.
    ///
    /// ```
    /// use bowline::{Config, Connection, Message, Role, adapter::{Parts, blocking::WebSocket}};
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (stream, _peer) = std::os::unix::net::UnixStream::pair()?;
    /// let mut parts = Parts::new(stream, Connection::new(Role::Client, Config::default()));
    /// parts.unread = b"\x81\x05Hello".to_vec(); // arrived with the response of the server
    /// let mut socket = WebSocket::from_parts(parts);
    /// assert_eq!(socket.recv()?, Some(Message::from("Hello")));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn from_parts(mut parts: Parts<S>) -> Self {
        let origin = parts.clock_origin(Instant::now());
        let Parts { stream, connection, unread: mut buffer, .. } = parts;
        let unread = buffer.len();
        buffer.resize(unread.max(READ_SPACE), 0);
        let socket = Self::with_input(stream, connection, buffer, unread, unread);
        // The stream may have been written to before.
        Self { origin, link: Link::new(socket.link.connection, true), ..socket }
    }

    /// The `left` bytes of the buffer before `end` arrived with the opening handshake.
    pub(super) fn with_input(stream: S, connection: Connection, buffer: Vec<u8>, end: usize, left: usize) -> Self {
        Self {
            stream,
            link: Link::new(connection, false),
            buffer,
            end,
            left,
            origin: Instant::now(),
            due: None,
            armed_at: Duration::ZERO,
            timeout: None,
            timeout_is_set: false,
        }
    }

    /// The stream, the connection and the bytes that are not yet received, to drive the connection with code of your own or with
    /// the other adapter.
    ///
    /// What is queued stays in the [`output`](Connection::output) of the connection. The stream keeps the timeouts that the adapter
    /// has set last.
    ///
    /// ```no_run
    /// # use bowline::adapter::{Parts, blocking::WebSocket};
    /// # fn take(socket: WebSocket<std::net::TcpStream>) -> std::io::Result<()> {
    /// let Parts { stream, connection, unread, .. } = socket.into_parts();
    /// stream.set_nonblocking(true)?; // for an event loop
    /// println!("{} bytes to receive, {} to write", unread.len(), connection.buffered_amount());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_parts(self) -> Parts<S> {
        let Self { stream, link, mut buffer, end, left, origin, .. } = self;
        buffer.truncate(end);
        let unread = buffer.split_off(end.saturating_sub(left));
        let mut parts = Parts::new(stream, link.connection);
        (parts.unread, parts.origin) = (unread, Some(origin));
        parts
    }

    /// The stream, without the connection: what is queued and what is not yet received are lost. To keep them, use
    /// [`into_parts`](Self::into_parts).
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// The stream, for example to ask for the address of the peer.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream, to change its options. Do not read from it or write to it, and leave its timeouts to the adapter.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The connection, for everything that this adapter has no method for: chunks, unsolicited pongs, the state. What is queued
    /// on it is written by the next call that writes or waits.
    #[must_use]
    pub const fn connection(&mut self) -> &mut Connection {
        &mut self.link.connection
    }

    /// The subprotocol in use: see [`Connection::protocol`].
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.link.connection.protocol()
    }

    /// How the connection ended: see [`Connection::closure`].
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.link.connection.closure()
    }

    /// How many bytes are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.link.connection.buffered_amount()
    }
}

impl<S: Transport> WebSocket<S> {
    /// Writes all that is queued, and waits until the stream has accepted it.
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::WebSocket};
    /// # fn upload(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// socket.connection().send_binary_chunk(b"first part", false)?;
    /// socket.connection().send_binary_chunk(b"last part", true)?;
    /// socket.flush()
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the stream failed; then what was queued is lost, and [`recv`](Self::recv) may still return what the peer
    /// had sent before, and why it left. [`Error::Closed`] if the connection ended before everything was written, because the
    /// peer accepted nothing until a deadline expired.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.tick();
        self.arm(Wait::Unlimited)?;
        let _written = self.write(Wait::Unlimited)?;
        self.link.write_outcome()
    }

    /// Makes the closing handshake (RFC 6455 §7.1.2): sends a Close frame, waits for the peer's, and returns how the connection
    /// ended.
    ///
    /// It waits at most [`Deadlines::close`](crate::Deadlines::close). Messages that still arrive are discarded; to receive them,
    /// call [`Connection::close`] on the [`connection`](Self::connection), and then [`recv`](Self::recv) until it returns `None`.
    /// On a connection that is closing already it waits for the end, and on one that has ended it returns at once.
    /// [`CloseCode::NO_STATUS`] sends a Close frame without a body.
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, adapter::{Error, blocking::WebSocket}};
    /// # fn stop(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// let closure = socket.close(CloseCode::GOING_AWAY, "restarting")?;
    /// println!("{closure}"); // closed with 1001 (going away), clean, begun by this endpoint: …
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. [`Error::Io`] if the stream failed
    /// before it was certain how the connection ends. An end that is not normal is not an error here: look at the closure.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.link.connection.close(code, reason)?;
        self.run_to_end()?;
        self.link.closure()
    }

    /// Receives until the end, and discards the messages.
    pub(super) fn run_to_end(&mut self) -> Result<(), Error> {
        loop {
            match self.recv() {
                Ok(Some(_)) => {}
                Ok(None) | Err(Error::Closed(_)) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.link.connection).finish_non_exhaustive()
    }
}
