use super::{clock::Clock, input::Input};
use crate::{Batch, CloseCode, Closure, Connection, Event, Message, Prepared, State, adapter::error::Error};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use bytes::Buf;
use core::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::io;

/// From this size on, a payload that lies whole in the read buffer is handed out as a part of it. Below, to copy it costs
/// less than the new buffer, which the message would keep alive as a whole.
const SPLIT_OFF: usize = 16 * 1024;

/// How long the answers to what one read brought may wait for each other.
const TOGETHER: Duration = Duration::from_millis(1);

/// A connection over an asynchronous stream.
///
/// All futures of its methods are cancel-safe: they can be dropped at any time, as `tokio::select!` does, and nothing is
/// lost, repeated or reordered. What a dropped future has begun, the next call goes on with.
///
/// Nothing is read, answered or kept alive but while a call waits. While a task does something else for long, let another
/// hold the receiving half: see [`split`](Self::split).
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Message, Role, adapter::tokio::{Error, WebSocket}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let config = Config::default().into();
/// let (near, far) = tokio::io::duplex(1024); // any stream will do
/// let mut client = WebSocket::new(near, Connection::new(Role::Client, config.clone()));
/// let mut server = WebSocket::new(far, Connection::new(Role::Server, config.clone()));
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
/// Dropping it gives what is queued one last try, and ends the stream; the peer sees an abnormal end unless
/// [`close`](Self::close) came before.
pub struct WebSocket<S> {
    pub(super) stream: S,
    pub(super) connection: Connection,
    pub(super) input: Input,
    pub(super) clock: Clock,
    /// When the last read was made that brought something.
    pub(super) read_at: Instant,
    /// How many such reads there were.
    pub(super) reads: usize,
    /// When the connection was closed, if the stream had not passed on everything by then.
    pub(super) closed_at: Option<Instant>,
    /// Writing has failed: the peer may have said why, so that reading goes on.
    pub(super) write_failure: Option<io::ErrorKind>,
    /// Something was written since the stream was last flushed.
    pub(super) needs_flush: bool,
    pub(super) is_shut_down: bool,
    /// Whether the error has been returned after which a `Stream` has ended.
    pub(super) has_failed: bool,
    /// Writes what the stream takes at once. Here, so that the type itself has no bounds.
    last_write: fn(&mut Self),
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is over.
    #[must_use]
    pub fn new(stream: S, connection: Connection) -> Self {
        Self::with_input(stream, connection, Input::default())
    }

    /// `input` came with the opening handshake.
    pub(super) fn with_input(stream: S, connection: Connection, input: Input) -> Self {
        Self {
            stream,
            connection,
            input,
            clock: Clock::new(),
            read_at: Instant::now(),
            reads: 0,
            closed_at: None,
            write_failure: None,
            needs_flush: false,
            is_shut_down: false,
            has_failed: false,
            last_write: Self::write_at_once,
        }
    }

    /// The pleasant door: waits for the next message and returns it; `None` after a clean end. Before it waits, and while it
    /// does, it writes what is queued.
    ///
    /// A binary message of 16 KiB or more is not copied: it was put together where it stays, or is a part of the read
    /// buffer, of which it keeps 64 KiB alive.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the connection ended without both Close frames, [`Error::Io`] if the stream failed. If this side
    /// ended it, the Close frame is written by then. Called once more, it returns `Error::Closed` again.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The fast door: waits for bytes, and hands out all that one read brought; `None` after a clean end. Before it waits,
    /// and while it does, it writes what is queued, so that the answers to a batch are one write. While more than 64 KiB of
    /// them are not taken, it hands out nothing, and reads ahead as [`send`](Self::send) does; from a peer that has sent still
    /// more, it receives on, up to [`Limits::output`](crate::Limits::output).
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::{Error, WebSocket}, Event};
    /// # async fn echo(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(mut batch) = socket.read().await? {
    ///     while let Some((event, connection)) = batch.receive() {
    ///         match event {
    ///             Event::Text(text) => connection.send_text(text)?,
    ///             Event::Binary(data) => connection.send_binary(data)?,
    ///             _ => {}
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub async fn read(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !poll_fn(|cx| self.poll_batch(cx)).await? {
            return Ok(None);
        }
        let (input, left) = self.input.unread();
        Ok(Some(Batch::new(&mut self.connection, input, left)))
    }

    /// Queues a message and writes all that is queued.
    ///
    /// When it returns, the stream has taken the message, with one exception: while more of what the last read brought
    /// waits to be received, and less than a millisecond has passed since, the answers to it are kept to leave together.
    /// They do with the next call that waits or sends later than that, at the latest with the [`recv`](Self::recv) that
    /// has nothing more to hand out. So a loop of `recv` and `send` makes one write for each read. If something else is to
    /// be waited for in between, [`flush`](Self::flush) writes at once.
    ///
    /// While the peer takes nothing it waits, and reads ahead as much as one message may have, so that two peers that
    /// both send do not wait for each other. If its future is dropped, the message is queued whole, or not at all if it
    /// did not yet fit; it is queued at the first poll unless there is a backlog: see [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent, such as when this side has begun to close, which a deadline can do, too: then go on
    /// with [`recv`](Self::recv), which tells why. [`Error::Io`] if the stream failed, and `recv` may still tell why; [`Error::Closed`] if the peer took nothing for so long that the connection ended.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        if self.has_company() { Ok(()) } else { self.flush().await }
    }

    /// Queues a message; the next call that waits writes it. It waits itself while more than 64 KiB are queued, or if the
    /// message does not fit under [`Limits::output`](crate::Limits::output) besides what is queued.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send). A message that can never fit is [`SendError::Full`](crate::SendError::Full).
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.poll_feed(cx, &mut message)).await
    }

    /// Queues a message that goes to many connections, when there is room for it: see [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// As for [`feed`](Self::feed).
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let len = message.plain().payload().len();
        poll_fn(|cx| self.poll_queue(cx, len, |connection| connection.send_prepared(message))).await
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the stream failed, [`Error::Closed`] if the peer took nothing for so long that the connection
    /// ended.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush_all(cx)).await
    }

    /// Begins the closing handshake, or goes on with it, and returns when the connection has ended, with how it ended.
    /// Messages that still arrive are discarded.
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. [`Error::Io`] if the
    /// stream failed before both Close frames were exchanged.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.connection.close(code, reason)?;
        poll_fn(|cx| self.poll_end(cx)).await
    }

    /// What of the input makes a message, without waiting.
    pub(super) fn next_message(&mut self) -> Option<Message> {
        loop {
            // A message must not keep alive what was read ahead.
            let least = if self.input.has_grown() { usize::MAX } else { SPLIT_OFF };
            let (unread, left) = self.input.unread();
            let mut unread = unread.into();
            let event = self.connection.receive(&mut unread);
            *left = unread.len();
            return Some(match event? {
                Event::Binary(data) if data.is_borrowed() && data.len() >= least => {
                    let len = data.len();
                    Message::Binary(self.input.split_off(len))
                }
                Event::BinaryChunk { data, last } if data.is_borrowed() && data.len() >= least => {
                    let len = data.len();
                    Message::BinaryChunk { data: self.input.split_off(len), last }
                }
                event => match Message::try_from(event) {
                    Ok(message) => message,
                    Err(_) => continue,
                },
            });
        }
    }

    /// Whether what was just queued may wait for the answers to the rest of what was read.
    fn has_company(&self) -> bool {
        self.input.len() > 0 && self.connection.state() == State::Open && self.read_at.elapsed() < TOGETHER
    }

    fn write_at_once(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while self.write_failure.is_none() && self.connection.buffered_amount() > 0 {
            match Pin::new(&mut self.stream).poll_write(&mut cx, self.connection.output().chunk()) {
                Poll::Ready(Ok(count @ 1..)) => self.connection.output().advance(count),
                _ => return,
            }
        }
        if self.needs_flush {
            let _ = Pin::new(&mut self.stream).poll_flush(&mut cx);
        }
    }
}

impl<S> WebSocket<S> {
    /// How the connection ended: see [`Connection::closure`].
    pub fn closure(&self) -> Option<&Closure> {
        self.connection.closure()
    }

    /// How many bytes are queued and not yet written, frame headers included: what a browser calls `bufferedAmount`.
    pub fn buffered_amount(&self) -> usize {
        self.connection.buffered_amount()
    }

    /// The connection, for all that this adapter has no method for. What is queued on it leaves with the next call that
    /// waits.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S> Drop for WebSocket<S> {
    fn drop(&mut self) {
        (self.last_write)(self);
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.connection).finish_non_exhaustive()
    }
}
