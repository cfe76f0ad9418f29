use super::{Error, READ_SPACE, Transport};
use crate::{
    CloseCode, Closure, Connection,
    adapter::{Parts, link::Link},
};
use alloc::vec::Vec;
use core::{fmt, time::Duration};
use std::{io, time::Instant};

/// A WebSocket connection over a blocking stream, as [`accept`](super::accept()) and [`connect`](super::connect) return it.
///
/// It can also be made of a stream and a connection whose opening handshake was made elsewhere:
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
/// It reads, answers pings, sends keepalive pings and checks deadlines only while one of its methods runs, also while one that
/// sends waits for the stream.
///
/// The adapter sets the timeouts of the stream for its deadlines, so do not set them yourself. The mode of the stream, blocking or
/// non-blocking, does not matter if it has a [`socket`](Transport::socket). A stream without one must be in blocking mode: in
/// non-blocking mode, the first call that would wait returns an [`Error::Io`] with
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock), and the connection is unchanged.
///
/// # After the end
///
/// Every call that receives returns the same again: `None` after a normal end, [`Error::Closed`] after any other end, also after
/// the [`Error::Io`] of a stream that failed. Calls that send return [`Error::Closed`], too.
/// [`close`](Self::close) and [`closure`](Self::closure) return how the connection ended.
///
/// # Dropping it
///
/// Dropping it drops the stream, and what is queued is lost. The peer sees an abnormal end (code 1006, RFC 6455 §7.1.5), unless
/// [`close`](Self::close) was called before.
pub struct WebSocket<S> {
    pub(super) stream: S,
    pub(super) link: Link,
    /// The read buffer. Its length does not change, so that no read has to zero it.
    pub(super) buffer: Vec<u8>,
    /// How much of the buffer the last read filled.
    pub(super) end: usize,
    /// How many of these bytes are not yet received. Invariant: at most `end`.
    pub(super) left: usize,
    /// The origin of the connection's clock.
    pub(super) origin: Instant,
    /// When the next tick is due, since the origin.
    pub(super) due: Option<Duration>,
    /// When the timeout of the stream was last set or found to be right, since the origin: just before a read or a write.
    pub(super) armed_at: Duration,
    /// The timeout of the stream, if `timeout_is_set`.
    pub(super) timeout: Option<Duration>,
    /// Whether the timeout of the stream is known. At first it is not.
    pub(super) timeout_is_set: bool,
    /// The stream was found to be in non-blocking mode, so reads wait for its socket.
    pub(super) is_nonblocking: bool,
    /// Whether the last read that could wait returned bytes.
    pub(super) has_just_read: bool,
    /// How many more bytes the call may read without waiting. If it is 0 at the end of a call that must not wait, the stream may
    /// have more, also in a buffer of its own.
    pub(super) may_read: usize,
    pub(super) stream_end: StreamEnd,
    /// When a call that sends last looked at what has arrived, since the origin. `None` if nothing was sent since the last call
    /// that receives.
    pub(super) looked_at: Option<Duration>,
}

/// Whether the stream has ended or failed.
#[derive(Debug)]
pub(super) enum StreamEnd {
    NotYet,
    /// It has, while a call waited for something else, and the events before it are not yet returned.
    Unreported(io::Result<()>),
    /// The connection knows.
    Reported,
}

impl<S> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is complete.
    ///
    /// Use it if an HTTP library made the handshake, or in tests: see [`Connection::new`]. If bytes were read beyond the
    /// handshake, use [`from_parts`](Self::from_parts).
    #[doc(alias("from_raw_socket"))]
    #[must_use]
    pub fn new(stream: S, mut connection: Connection) -> Self {
        connection.restart_clock();
        Self::with_input(stream, connection, alloc::vec![0; READ_SPACE], 0, 0)
    }

    /// Joins a stream, a connection, and bytes that were read from the stream but not yet received.
    ///
    /// Use it with the parts of an [`into_parts`](Self::into_parts), or if frames were read together with an opening handshake
    /// that was made elsewhere:
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
    #[doc(alias("from_partially_read"))]
    #[must_use]
    pub fn from_parts(mut parts: Parts<S>) -> Self {
        let origin = parts.clock_origin(Instant::now());
        let Parts { stream, connection, events, unread: mut buffer, .. } = parts;
        let unread = buffer.len();
        buffer.resize(unread.max(READ_SPACE), 0);
        let socket = Self::with_input(stream, connection, buffer, unread, unread);
        // It needs a flush: the stream may have been written to before.
        Self { origin, link: Link::new(socket.link.connection, true).with_events(events), ..socket }
    }

    /// Creates a socket with a read buffer, of which the `left` bytes before `end` are not yet received.
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
            is_nonblocking: false,
            has_just_read: false,
            may_read: 0,
            stream_end: StreamEnd::NotYet,
            looked_at: None,
        }
    }

    /// Takes the socket apart: the stream, the connection, and the bytes that are not yet received.
    ///
    /// Use it to drive the connection with code of your own or with the other adapter. Nothing is written: what is queued stays
    /// in the [`output`](Connection::output) of the connection. The stream keeps the timeouts that the adapter has set last.
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
        (parts.events, parts.unread, parts.origin) = (link.inbox.into(), unread, Some(origin));
        parts
    }

    /// Returns the stream alone. What is queued and what is not yet received are lost. To keep them, use
    /// [`into_parts`](Self::into_parts).
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// Returns the stream, for example to ask for the peer's address:
    ///
    /// ```no_run
    /// # fn look(socket: &bowline::adapter::blocking::WebSocket<std::net::TcpStream>) -> std::io::Result<()> {
    /// println!("{}", socket.get_ref().peer_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Returns the stream, for example to set an option. Do not read from it or write to it, since that would lose bytes of a
    /// frame, or insert bytes into one. Do not set its timeouts, which the adapter needs for its deadlines.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Returns the connection, for everything that this adapter has no method for: messages in chunks, unsolicited pongs, the
    /// state.
    ///
    /// What is queued on it is written by the next call that waits or writes, such as [`flush`](Self::flush).
    #[must_use]
    pub const fn connection(&mut self) -> &mut Connection {
        &mut self.link.connection
    }

    /// Returns the subprotocol in use (RFC 6455 §1.9), if one was agreed on in the opening handshake.
    #[doc(alias("subprotocol"))]
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.link.connection.protocol()
    }

    /// Returns which endpoint ended the connection, how and why: see [`Connection::closure`]. `None` until that is certain.
    ///
    /// Use it after [`recv`](Self::recv) has returned `None`, for the close code and the reason:
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, adapter::{Error, blocking::WebSocket}};
    /// # fn run(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = socket.recv()? {
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
        self.link.connection.closure()
    }

    /// Returns the number of bytes that are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.link.connection.buffered_amount()
    }
}

impl<S: Transport> WebSocket<S> {
    /// Writes everything that is queued, and waits until the stream has accepted it.
    ///
    /// Call it after [`feed`](Self::feed), or after queueing on the [`connection`](Self::connection), before you wait for
    /// something other than this connection:
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
    /// - [`Error::Io`] if writing to the stream failed, now or before. Everything that was queued is discarded, and the peer may
    ///   have received a part of it. Continue with [`recv`](Self::recv), which returns what the peer sent before, and how the
    ///   connection ended. If the mode or the timeout of the stream cannot be changed, the error is the same, and what is not
    ///   written stays queued.
    /// - [`Error::Closed`] if the connection ended, and not cleanly. What was queued may not have been written, for example
    ///   because the peer read nothing until a deadline expired.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.write_all()
    }

    /// Makes the whole closing handshake (RFC 6455 §7.1.2): sends a Close frame after everything that is queued, waits for the
    /// peer's, and returns how the connection ended.
    ///
    /// If the peer does not answer, it ends the connection after [`Deadlines::close`](crate::Deadlines::close). Messages that
    /// still arrive are discarded. To receive them, call [`Connection::close`] on the [`connection`](Self::connection), and then
    /// [`recv`](Self::recv) until it returns `None`. On a connection that is closing already, the code and the reason are not
    /// sent, and on one that has ended it returns at once. [`CloseCode::NO_STATUS`] sends a Close frame without a body.
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
    /// - [`Error::Close`] if the code or the reason cannot be sent. The connection is unchanged.
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended. The connection has ended
    ///   then, and [`closure`](Self::closure) returns how.
    ///
    /// Every other end, also one that is not normal, is the returned [`Closure`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.link.connection.close(code, reason)?;
        self.run_to_end()?;
        self.link.closure()
    }

    /// Receives until the connection has ended, and discards the messages.
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
