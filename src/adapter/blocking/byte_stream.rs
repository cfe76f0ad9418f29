use super::{Transport, WebSocket};
use crate::{
    CloseCode,
    adapter::byte_stream::{Unread, end_of_stream, first_part, read_error, text_received, write_error},
};
use core::fmt;
use std::io::{self, BufRead, Read, Write};

/// A connection as a stream of bytes: [`Read`] and [`Write`] over binary messages.
///
/// Use it to run another protocol over a WebSocket, such as TLS, HTTP or that of a database, or to forward bytes through a server
/// that accepts nothing but WebSocket. It also implements [`BufRead`], which returns the received bytes without a copy.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> std::io::Result<()> {
/// use bowline::{Config, Connection, Role, adapter::blocking::{ByteStream, WebSocket}};
/// use std::{io::{Read, Write}, os::unix::net::UnixStream, thread};
///
/// let (near, far) = UnixStream::pair()?;
/// let mut client = ByteStream::new(WebSocket::new(near, Connection::new(Role::Client, Config::default())));
/// let mut server = ByteStream::new(WebSocket::new(far, Connection::new(Role::Server, Config::default())));
/// let reader = thread::spawn(move || -> std::io::Result<Vec<u8>> {
///     let mut bytes = Vec::new();
///     server.read_to_end(&mut bytes)?; // up to the end of the connection
///     Ok(bytes)
/// });
/// client.write_all(b"any bytes, ")?;
/// client.write_all(b"in messages of any size")?;
/// client.shutdown()?;
/// assert_eq!(reader.join().unwrap()?, b"any bytes, in messages of any size");
/// # Ok(())
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// # Reading
///
/// Where messages begin and end has no meaning: bytes can be read as soon as they arrive, and a message may have any size.
/// Empty messages are ignored. A read returns 0 bytes only after a normal end of the connection: the peer has sent a Close frame
/// with code 1000, 1001 or none, and nothing is missing. Every other end is an error, so that a stream that was cut off does not
/// look like a complete one:
///
/// | [`ErrorKind`](io::ErrorKind) | reason |
/// |---|---|
/// | `UnexpectedEof` | the stream ended without a Close frame, or in the middle of a message |
/// | `ConnectionAborted` | the peer closed the connection with another code, such as 1011 |
/// | `InvalidData` | the peer broke a rule of RFC 6455, or sent a text message |
/// | `TimedOut` | a deadline expired ([`Deadlines`](crate::Deadlines)) |
/// | `ConnectionReset` and others | the stream below failed |
///
/// A text message closes the connection with code 1003 ([`UNSUPPORTED_DATA`](CloseCode::UNSUPPORTED_DATA)). Every other error has
/// an [`adapter::Error`](crate::adapter::Error) inside: [`io::Error::get_ref`] and `downcast_ref` return it.
///
/// # Writing
///
/// Each write becomes a binary message of at most 64 KiB, which is queued. [`flush`](Write::flush) writes what is queued, and so
/// does the next read that waits. So flush before you wait for anything else. If 64 KiB or more are queued, a write waits until
/// the peer has read some. While it waits, it also reads ahead, up to [`Limits::message`](crate::Limits::message). To write many
/// small parts, put a [`BufWriter`](io::BufWriter) around it: each message has a header of up to 14 bytes.
///
/// After the end of the connection, a write fails with `BrokenPipe`, or with an error of the table above.
///
/// # Closing
///
/// [`shutdown`](Self::shutdown) makes the closing handshake. Dropping it without `shutdown` is what dropping a [`WebSocket`] is:
/// what is queued is lost, the peer sees an abnormal end, and its reads fail.
///
/// **A WebSocket has no half-close.** The peer answers a Close frame with its own, after what it had queued before, and then
/// neither endpoint can send. So a protocol in which one endpoint ends its half and then waits for an answer does not work, unless
/// that protocol marks the end of a request itself, as HTTP and TLS do.
///
/// # Two threads
///
/// One thread at a time can use it. To read in one thread and write in another, [`split`](WebSocket::split) the [`WebSocket`] and
/// send binary messages, or use the adapter for Tokio.
#[doc(alias("Read", "Write", "stream", "tunnel", "NetConn"))]
pub struct ByteStream<S> {
    socket: WebSocket<S>,
    unread: Unread,
}

impl<S> ByteStream<S> {
    /// Makes a stream of bytes of a connection. Messages that have arrived, also a part of one, are the first bytes.
    #[must_use]
    pub fn new(mut socket: WebSocket<S>) -> Self {
        let unread = Unread::begin(&mut socket.link);
        Self { socket, unread }
    }

    /// Returns the connection, for example for its [`closure`](WebSocket::closure) or the stream below.
    #[must_use]
    pub const fn get_ref(&self) -> &WebSocket<S> {
        &self.socket
    }

    /// Returns the connection, for example to send a [`ping`](WebSocket::ping). Do not receive messages with it, since they would
    /// be missing in the stream.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut WebSocket<S> {
        &mut self.socket
    }

    /// Returns the connection, to send and receive messages again.
    ///
    /// Nothing is lost: bytes that have arrived and were not read are the first messages that it receives. They are not divided
    /// as the peer has divided them.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use bowline::{Config, Connection, Message, Role, adapter::blocking::{ByteStream, WebSocket}};
    /// # use std::{io::Read, os::unix::net::UnixStream};
    /// # let (near, far) = UnixStream::pair()?;
    /// # let mut client = WebSocket::new(near, Connection::new(Role::Client, Config::default()));
    /// # let server = WebSocket::new(far, Connection::new(Role::Server, Config::default()));
    /// client.send(b"headerbody")?;
    /// let mut server = ByteStream::new(server);
    /// let mut header = [0; 6];
    /// server.read_exact(&mut header)?;
    /// let mut server = server.into_inner();
    /// assert_eq!(server.recv()?, Some(Message::from(b"body")));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn into_inner(self) -> WebSocket<S> {
        let Self { mut socket, unread } = self;
        unread.end(&mut socket.link);
        socket
    }
}

impl<S: Transport> ByteStream<S> {
    /// Writes what is queued, sends a Close frame with code 1000, and waits for the peer's (RFC 6455 §7.1.2).
    ///
    /// What still arrives can be read afterwards, up to the size of [`Limits::message`](crate::Limits::message). If there is more,
    /// it waits until [`Deadlines::close`](crate::Deadlines::close) has expired, and fails: read up to the end first.
    ///
    /// # Errors
    ///
    /// If the end is not clean, the errors of a read. The connection has ended then, and [`closure`](WebSocket::closure) of
    /// [`get_ref`](Self::get_ref) returns how.
    pub fn shutdown(&mut self) -> io::Result<()> {
        let closed = self.socket.link.connection.close(CloseCode::NORMAL, "").map_err(Into::into);
        closed.and_then(|()| self.socket.end_ahead()).map_err(read_error)
    }
}

impl<S: Transport> Read for ByteStream<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let count = self.fill_buf()?.read(into)?;
        self.unread.consume(count);
        Ok(count)
    }
}

/// Returns received bytes without a copy.
impl<S: Transport> BufRead for ByteStream<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.unread.is_empty() {
            match self.socket.recv().map_err(read_error)? {
                Some(message) => self.unread.accept(message, &mut self.socket.link.connection),
                None => return end_of_stream(&self.socket.link).map(|()| &[][..]),
            }
        }
        if self.unread.has_text() {
            // The Close frame is written before the error is returned. Whether that fails does not matter here.
            let _ = self.socket.flush();
            return Err(text_received());
        }
        Ok(self.unread.bytes())
    }

    fn consume(&mut self, count: usize) {
        self.unread.consume(count);
    }
}

impl<S: Transport> Write for ByteStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let part = first_part(bytes, &self.socket.link.connection);
        self.socket.queue_binary(part).map_err(write_error)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush().map_err(write_error)
    }
}

impl<S> fmt::Debug for ByteStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unread = self.unread.bytes().len();
        f.debug_struct("ByteStream").field("socket", &self.socket).field("unread", &unread).finish()
    }
}
