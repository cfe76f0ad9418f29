//! Receiving, and closing, which receives until the end.

use super::{WebSocket, driver::Driver};
use crate::{Batch, CloseCode, Closure, Event, Message, adapter::error::Error};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::{
    future::poll_fn,
    task::{Context, Poll, Waker},
};

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Waits for the next message and returns it; `None` after a normal end of the connection.
    ///
    /// Messages of the same read are returned first. When there is none left, it writes what is queued, with one write for all
    /// replies that were [`feed`](Self::feed)ed, and then waits. Pings are answered meanwhile (RFC 6455 §5.5.2).
    ///
    /// A binary message of 16 KiB or more is not copied: it was assembled where it stays, or is a part of the read buffer, of which
    /// it keeps 64 KiB alive.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::{Error, WebSocket}};
    /// # async fn echo(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = socket.recv().await? {
    ///     socket.feed(message).await?; // the next `recv` writes
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Pings and pongs are not returned: to see them, use [`next_event`](Self::next_event).
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the connection did not end normally (see [`Closure::is_normal`]): the peer's close code is neither 1000
    /// nor 1001, the peer broke a rule or took too long, or there was no Close frame. If this endpoint ended the connection, its
    /// Close frame is written by then. [`Error::Io`] if the stream failed.
    ///
    /// Further calls return how the connection ended again: `None` or `Error::Closed`, also after `Error::Io`.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: a message is either returned or still there for the next call.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.driver.poll_recv(cx)).await
    }

    /// Returns the next message if it can be had without waiting: from the bytes that were read, or from those that the stream
    /// has ready. [`Poll::Pending`] means that there is none yet, `Ready(None)` that the connection has ended normally.
    ///
    /// It also writes what is queued, as far as the stream accepts it at once, and keeps track of deadlines. The runtime
    /// delivers new data only to tasks that yield, so call it between awaits and not in a loop of its own.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::{Error, WebSocket}};
    /// # use std::task::Poll;
    /// # async fn frames(mut game: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// loop {
    ///     while let Poll::Ready(message) = game.try_recv()? {
    ///         let Some(message) = message else { return Ok(()) };
    ///         println!("{message:?}");
    ///     }
    ///     game.send("state").await?;
    ///     tokio::time::sleep(std::time::Duration::from_millis(16)).await;
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        transpose(self.driver.poll_recv(&mut Context::from_waker(Waker::noop())))
    }

    /// Waits for the next event and returns it: a message or a chunk of one, a ping, a pong, or the peer's Close frame; `None` after
    /// a normal end of the connection.
    ///
    /// Use it in place of [`recv`](Self::recv) to see control frames. Pings and Close frames are answered all the same. After
    /// the Close frame, call it once more to complete the closing handshake. Large binary payloads may be copied.
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::tokio::{Error, WebSocket}};
    /// # async fn watch(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// socket.ping(b"1").await?;
    /// while let Some(event) = socket.next_event().await? {
    ///     match event {
    ///         Event::Text(text) => println!("{text}"),
    ///         Event::Pong(payload) => println!("answer to ping {payload:?}"),
    ///         Event::Close(frame) => println!("the peer closes: {frame:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv). A violation is such an error, with the [`ProtocolError`](crate::ProtocolError) in its
    /// [`cause`](Closure::cause), and not an [`Event::Failed`].
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: an event is either returned or still there for the next call.
    pub async fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        poll_fn(|cx| self.driver.poll_next_event(cx)).await
    }

    /// Waits for bytes and returns all events that one read brought, borrowed (the batch API); `None` after a normal end of the
    /// connection.
    ///
    /// It writes what is queued before it waits, so that the replies to a batch are one write. With more than 64 KiB queued it
    /// returns nothing until some of it is written, and reads ahead meanwhile, up to [`Limits::message`](crate::Limits::message).
    /// From a peer that has sent still more it receives nevertheless, up to [`Limits::output`](crate::Limits::output).
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
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe. Events that are not taken from a batch before it is dropped are in the next one.
    pub async fn read(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !poll_fn(|cx| self.driver.poll_batch(cx)).await? {
            return Ok(None);
        }
        let Driver { link, read_buffer, .. } = &mut *self.driver;
        let (input, left) = read_buffer.unread();
        Ok(Some(Batch::new(&mut link.connection, input, left)))
    }

    /// Closes the connection (RFC 6455 §7.1.2): sends a Close frame after everything that is queued, discards the messages that
    /// still arrive, and returns how the connection ended.
    ///
    /// It takes at most [`Deadlines::close`](crate::Deadlines::close) if the peer does not answer. On a connection that is
    /// closing already it waits for the end; then the code and the reason are not sent.
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, adapter::tokio::{Error, WebSocket}};
    /// # async fn run(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// let closure = socket.close(CloseCode::GOING_AWAY, "restarting").await?;
    /// println!("{closure}"); // closed with 1001 (going away), clean, begun by this endpoint: …
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. [`Error::Io`] if the stream failed
    /// before both Close frames were exchanged. Every other end is the returned [`Closure`].
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the Close frame is queued once, by the first poll. Call it again to wait for the end.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.driver.link.connection.close(code, reason)?;
        poll_fn(|cx| self.driver.poll_end(cx)).await
    }
}

/// The result of a poll that nobody waits for.
pub(super) fn transpose<T>(poll: Poll<Result<T, Error>>) -> Result<Poll<T>, Error> {
    match poll {
        Poll::Ready(result) => result.map(Poll::Ready),
        Poll::Pending => Ok(Poll::Pending),
    }
}
