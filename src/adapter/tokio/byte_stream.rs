use super::WebSocket;
use crate::{
    CloseCode, State,
    adapter::{
        byte_stream::{Unread, end_of_stream, first_part, read_error, text_received, write_error},
        task::{Driver, Goal, SINK, STREAM},
    },
    bug::OrBug,
};
use ::tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io;

/// A connection as a stream of bytes: [`AsyncRead`] and [`AsyncWrite`] over binary messages.
///
/// Use it to run another protocol over a WebSocket, such as TLS, HTTP, SSH or that of a database, or to forward a TCP connection
/// through a server that accepts nothing but WebSocket. `tokio::io::split`, `copy_bidirectional`, hyper and tokio-rustls accept it
/// as they accept a `TcpStream`. It also implements [`AsyncBufRead`], which returns the received bytes without a copy.
///
/// ```
/// use bowline::{Config, Connection, Role, adapter::tokio::{ByteStream, WebSocket}};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let (near, far) = tokio::io::duplex(1024);
/// let mut client = ByteStream::new(WebSocket::new(near, Connection::new(Role::Client, Config::default())));
/// let mut server = ByteStream::new(WebSocket::new(far, Connection::new(Role::Server, Config::default())));
/// let answers = tokio::spawn(async move {
///     let mut request = Vec::new();
///     server.read_to_end(&mut request).await?; // up to the end of the connection
///     server.shutdown().await?;
///     Ok::<_, std::io::Error>(request)
/// });
/// client.write_all(b"any bytes, ").await?;
/// client.write_all(b"in messages of any size").await?;
/// client.shutdown().await?;
/// assert_eq!(answers.await??, b"any bytes, in messages of any size");
/// # Ok(())
/// # }
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
/// Each write becomes a binary message of at most 64 KiB, which is queued. [`flush`](::tokio::io::AsyncWriteExt::flush) writes
/// what is queued, and so does the next read that waits. So flush before you wait for anything else. If 64 KiB or more are
/// queued, a write waits until the peer has read some. While it waits, it also reads ahead, up to
/// [`Limits::message`](crate::Limits::message). To write many small parts, put a [`BufWriter`](::tokio::io::BufWriter) around it:
/// each message has a header of up to 14 bytes.
///
/// After the end of the connection, a write fails with `BrokenPipe`, or with an error of the table above.
///
/// # Closing
///
/// [`shutdown`](::tokio::io::AsyncWriteExt::shutdown) writes what is queued, sends a Close frame with code 1000, and waits for the
/// peer's. What still arrives can be read afterwards: it is kept up to the size of [`Limits::message`](crate::Limits::message). If
/// there is more, `shutdown` waits until another task has read some, at most for [`Deadlines::close`](crate::Deadlines::close).
///
/// **A WebSocket has no half-close.** The peer answers a Close frame with its own, after what it had queued before, and then
/// neither endpoint can send. So a protocol in which one endpoint ends its half and then waits for an answer does not work, unless
/// that protocol marks the end of a request itself, as HTTP and TLS do.
///
/// Dropping it without `shutdown` is what dropping a [`WebSocket`] is: the peer sees an abnormal end, and its reads fail.
///
/// # Cancel safety
///
/// The methods of the traits have no state of their own: if a future over them is dropped, such as that of `read` or `write`,
/// nothing is lost, and the next call continues. A `write` that has returned has queued its bytes, and one that was dropped before
/// it returned has not.
///
/// Two tasks can use one `ByteStream`, as the halves of [`tokio::io::split`](::tokio::io::split) do.
#[doc(alias("AsyncRead", "AsyncWrite", "stream", "tunnel", "wrap_stream", "NetConn", "createWebSocketStream"))]
pub struct ByteStream<S> {
    socket: WebSocket<S>,
    unread: Unread,
}

impl<S> ByteStream<S> {
    /// Makes a stream of bytes of a connection. Messages that have arrived, also a part of one, are the first bytes.
    #[must_use]
    pub fn new(mut socket: WebSocket<S>) -> Self {
        let unread = Unread::begin(&mut socket.driver.link);
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
    /// # use bowline::{Config, Connection, Message, Role, adapter::tokio::{ByteStream, WebSocket}};
    /// # use tokio::io::AsyncReadExt;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let mut client = WebSocket::new(near, Connection::new(Role::Client, Config::default()));
    /// # let server = WebSocket::new(far, Connection::new(Role::Server, Config::default()));
    /// client.send(b"headerbody").await?;
    /// let mut server = ByteStream::new(server);
    /// let mut header = [0; 6];
    /// server.read_exact(&mut header).await?;
    /// let mut server = server.into_inner();
    /// assert_eq!(server.recv().await?, Some(Message::from(b"body")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> WebSocket<S> {
        let Self { mut socket, unread } = self;
        unread.end(&mut socket.driver.link);
        socket
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ByteStream<S> {
    /// Waits until there are unread bytes. Ready without any at the end of the stream.
    fn poll_unread(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, unread } = self;
        let driver = &mut *socket.driver;
        while unread.is_empty() {
            match ready!(driver.poll_trait(cx, STREAM, Goal::Input, Driver::poll_recv)) {
                Ok(Some(message)) => unread.accept(message, &mut driver.link.connection),
                Ok(None) => return Poll::Ready(end_of_stream(&driver.link)),
                Err(error) => return Poll::Ready(Err(read_error(error))),
            }
            driver.wake_closing();
        }
        if unread.has_text() {
            // The Close frame is written before the error is returned. Whether that fails does not matter here.
            let _ = ready!(driver.poll_trait(cx, STREAM, Goal::Written, Driver::poll_flush));
            return Poll::Ready(Err(text_received()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S, T> Driver<S, T> {
    /// Wakes the task that waits in a shutdown, since there may be space for what still arrives.
    fn wake_closing(&self) {
        if let Some(tasks) = &self.tasks
            && self.link.connection.state() != State::Open
        {
            tasks.wake_senders();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for ByteStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if into.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_unread(cx))?;
        let bytes = self.unread.bytes();
        let count = bytes.len().min(into.remaining());
        into.put_slice(bytes.get(..count).or_bug());
        self.unread.consume(count);
        Poll::Ready(Ok(()))
    }
}

/// Returns received bytes without a copy.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for ByteStream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_unread(cx))?;
        Poll::Ready(Ok(this.unread.bytes()))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.unread.consume(count);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ByteStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let driver = &mut *self.socket.driver;
        let part = first_part(bytes, &driver.link.connection);
        let queued = driver.poll_trait(cx, SINK, Goal::Space, |driver, cx| {
            driver.poll_queue(cx, part.len(), |connection| connection.send_binary(part))
        });
        queued.map(|queued| queued.map(|()| part.len()).map_err(write_error))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.driver.poll_trait(cx, SINK, Goal::Written, Driver::poll_flush).map_err(write_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = self.socket.driver.poll_trait(cx, SINK, Goal::Written, |driver, cx| {
            driver.link.connection.close(CloseCode::NORMAL, "")?;
            driver.poll_end_ahead(cx)
        });
        closed.map_err(read_error)
    }
}

impl<S> fmt::Debug for ByteStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unread = self.unread.bytes().len();
        f.debug_struct("ByteStream").field("socket", &self.socket).field("unread", &unread).finish()
    }
}
