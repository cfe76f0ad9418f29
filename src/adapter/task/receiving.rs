//! The methods that receive, and `close`, which receives until the end.

use super::{
    WebSocket,
    driver::Driver,
    runtime::Runtime,
    wakers::{Goal, STREAM},
};
use crate::{Batch, CloseCode, Closure, Event, Message, adapter::error::Error};
use core::{
    future::{Future, poll_fn},
    task::{Context, Poll, Waker},
};

impl<S, T: Runtime<S>> WebSocket<S, T> {
    /// Waits for the next message and returns it; `None` after a normal end of the connection.
    ///
    /// The messages of one read are returned one after the other, without a write between them. When none is left, it writes what
    /// is queued, with one write for all replies that were queued with [`feed`](Self::feed), and then waits. While it waits, it
    /// answers pings (RFC 6455 §5.5.2), sends keepalive pings and checks deadlines.
    ///
    /// Most binary messages of 16 KiB or more are not copied. A large one is read directly into its own memory. One that arrives
    /// with a single read is a part of the read buffer, and keeps 64 KiB of it alive.
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
    /// - [`Error::Closed`] if the connection ended, and not normally (see [`Closure::is_normal`]): the peer's close code is
    ///   neither 1000 nor 1001, the peer broke a rule or let a deadline expire, or the stream ended without a Close frame. If
    ///   this endpoint ended the connection, its Close frame was written before, unless the peer stopped reading.
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended.
    ///
    /// All messages that arrived before were returned first, and nothing can be sent any more. Further calls return
    /// `Error::Closed` again, also after `Error::Io`; after a normal end they return `None` again.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the next call returns the message, also one of which a part has arrived.
    pub fn recv(&mut self) -> impl Future<Output = Result<Option<Message>, Error>> {
        poll_fn(|cx| self.driver.poll_method(cx, Goal::Input, Driver::poll_recv))
    }

    /// Returns the next message without waiting. [`Poll::Pending`] means that it has not arrived, `Ready(None)` that the
    /// connection ended normally.
    ///
    /// It reads what the stream has ready, writes what the stream accepts at once, answers pings and checks deadlines. Call it
    /// between awaits, and not in a loop without any: the runtime delivers new data only when tasks yield.
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
    #[doc(alias("nonblocking", "non-blocking"))]
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        let cx = &mut Context::from_waker(Waker::noop());
        transpose(self.driver.poll_method(cx, Goal::Input, Driver::poll_recv))
    }

    /// Waits for the next event and returns it: a message or a chunk of one, a ping, a pong, or the peer's Close frame; `None`
    /// after a normal end of the connection.
    ///
    /// Use it instead of [`recv`](Self::recv) to see control frames. Their answers are queued already. After the Close frame,
    /// call it once more to complete the closing handshake. Unlike `recv`, it copies a large binary payload that arrives with a
    /// single read.
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::tokio::{Error, WebSocket}};
    /// # async fn watch(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// socket.ping(b"1").await?;
    /// while let Some(event) = socket.next_event().await? {
    ///     match event {
    ///         Event::Text(text) => println!("{text}"),
    ///         Event::Pong(payload) => println!("answer to ping {payload:?}"),
    ///         Event::Close(frame) => println!("the peer is closing the connection: {frame:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv). A violation is [`Error::Closed`] with the [`ProtocolError`](crate::ProtocolError) in its
    /// [`cause`](Closure::cause), and not an [`Event::Failed`].
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the next call returns the event, and answers were queued once.
    pub async fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        poll_fn(|cx| self.driver.poll_method(cx, Goal::Input, Driver::poll_next_event)).await
    }

    /// Polls for the next event, for a future or a `Stream` of your own: [`next_event`](Self::next_event) without `async`.
    ///
    /// One task can call it while another one polls the `Sink`. It has the place of the `Stream`: if both are polled, only the
    /// task that polled last is woken.
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::tokio::{Error, WebSocket}};
    /// # use std::task::Poll;
    /// # async fn watch(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// let event = std::future::poll_fn(|cx| socket.poll_next_event(cx)).await?;
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
    /// It has no state of its own: if the future that calls it is dropped, the next call returns the event.
    pub fn poll_next_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event<'static>>, Error>> {
        self.driver.poll_trait(cx, STREAM, Goal::Input, Driver::poll_next_event)
    }

    /// Waits for bytes and returns all events of one read, borrowed (the batch API); `None` after a normal end of the connection.
    ///
    /// Use it instead of [`recv`](Self::recv) for many short messages: one that is complete in the read buffer is neither copied
    /// nor allocated. It writes what is queued before it waits, so that the replies to a batch are one write.
    ///
    /// It applies back-pressure. While 64 KiB or more are queued, it returns no batch, and reads ahead up to
    /// [`Limits::message`](crate::Limits::message). If the peer has sent even more, it returns a batch nevertheless, since the
    /// peer may read nothing before it has sent everything. Then [`Limits::output`](crate::Limits::output) bounds what can be
    /// queued.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::{Error, WebSocket}, CloseCode, Event, SendError};
    /// # async fn echo(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(mut batch) = socket.read().await? {
    ///     while let Some((event, connection)) = batch.receive() {
    ///         let sent = match event {
    ///             Event::Text(text) => connection.send_text(text),
    ///             Event::Binary(data) => connection.send_binary(data),
    ///             _ => Ok(()),
    ///         };
    ///         // Not `?`, which would lose the rest of the batch, and how the connection ends.
    ///         if let Err(SendError::Full { .. }) = sent {
    ///             connection.close(CloseCode::TRY_AGAIN_LATER, "too many replies are queued")?;
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
    /// Cancel-safe: if the future is dropped, the next call returns the batch. If a batch is dropped, the events that were not
    /// taken from it are in the next one.
    pub async fn read(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !poll_fn(|cx| self.driver.poll_method(cx, Goal::Input, Driver::poll_batch)).await? {
            return Ok(None);
        }
        let Driver { link, read_buffer, .. } = &mut *self.driver;
        let (input, left) = read_buffer.unread();
        Ok(Some(Batch::new(&mut link.connection, input, left).after(&mut link.inbox)))
    }

    /// Makes the whole closing handshake (RFC 6455 §7.1.2): sends a Close frame after everything that is queued, waits for the
    /// peer's, and returns how the connection ended.
    ///
    /// If the peer does not answer, it ends the connection after [`Deadlines::close`](crate::Deadlines::close). Messages that
    /// still arrive are discarded. To receive them, call [`Connection::close`](crate::Connection::close) on the
    /// [`connection`](Self::connection), and then [`recv`](Self::recv) until it returns `None`. On a connection that is closing
    /// already, the code and the reason are not sent. [`CloseCode::NO_STATUS`] sends a Close frame without a body.
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
    /// - [`Error::Close`] if the code or the reason cannot be sent. The connection is unchanged.
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended. The connection has ended
    ///   then, and [`closure`](Self::closure) returns how.
    ///
    /// Every other end, also one that is not normal, is the returned [`Closure`].
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe for the connection, not for messages: those that it has received and discarded are lost. The first poll queues
    /// the Close frame, which is sent once. If the future is dropped, every call that waits continues the closing handshake. Call
    /// `close` again to wait for its end.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.driver.link.connection.close(code, reason)?;
        poll_fn(|cx| self.driver.poll_method(cx, Goal::Input, Driver::poll_end)).await
    }
}

/// Turns the result of a poll without a waker into that of a `try_` method.
pub(super) fn transpose<T>(poll: Poll<Result<T, Error>>) -> Result<Poll<T>, Error> {
    match poll {
        Poll::Ready(result) => result.map(Poll::Ready),
        Poll::Pending => Ok(Poll::Pending),
    }
}
