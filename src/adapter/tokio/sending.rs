//! Sending: `send` writes, `feed` queues, `try_feed` does not wait.

use super::WebSocket;
use crate::{Connection, Outgoing, Prepared, SendError, adapter::error::Error};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::{
    future::poll_fn,
    task::{Context, Poll, Waker},
};

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Sends a message: queues it, and writes everything that is queued. When it returns, the stream has accepted all of it.
    ///
    /// To write several messages at once, [`feed`](Self::feed) them; to answer all messages of one read with one write, `feed`
    /// the answers and go on with [`recv`](Self::recv).
    ///
    /// While the peer does not read, it waits. Meanwhile it reads ahead, up to [`Limits::message`](crate::Limits::message), so that
    /// two peers that both send do not wait for each other.
    ///
    /// ```no_run
    /// # use bowline::{Message, adapter::tokio::{Error, WebSocket}};
    /// # async fn run(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// socket.send("text").await?;
    /// socket.send(vec![1, 2, 3]).await?;
    /// socket.send(Message::text("secret").uncompressed()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the message cannot be sent, for example because the connection is closing: then go on with
    /// [`recv`](Self::recv), which returns why. [`Error::Io`] if the stream failed; `recv` may still return the peer's Close
    /// frame. [`Error::Closed`] if the peer read nothing for so long that the connection ended.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the message is either queued whole, to be written by the next call, or not queued. It is queued by the first poll
    /// unless there is a backlog (see [`feed`](Self::feed)).
    pub async fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message. The next call that waits or writes, such as [`recv`](Self::recv) or [`flush`](Self::flush), writes it.
    ///
    /// It waits itself while 64 KiB or more are queued, or while the message does not fit under
    /// [`Limits::output`](crate::Limits::output) besides what is queued.
    ///
    /// ```no_run
    /// # use bowline::adapter::tokio::{Error, WebSocket};
    /// # async fn run(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// for number in 0..100 {
    ///     socket.feed(format!("number {number}")).await?;
    /// }
    /// socket.flush().await // one write for all
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send). A message that can never fit is [`SendError::Full`](crate::SendError::Full).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the message is queued when it returns, and only then.
    pub async fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.driver.poll_feed(cx, &mut message)).await
    }

    /// Queues a message as [`feed`](Self::feed) does, if that is possible without waiting.
    ///
    /// Use it to drop messages, or the connection, when a peer is too slow. If it does not fit, it first writes as much as the
    /// stream accepts at once. To keep the message if it is not queued, clone it before, which copies nothing.
    ///
    /// ```no_run
    /// # use bowline::{SendError, adapter::tokio::{Error, WebSocket}};
    /// # async fn run(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// match socket.try_feed("position") {
    ///     Ok(()) => socket.flush().await?,
    ///     Err(Error::Send(SendError::Full { queued, .. })) => println!("{queued} bytes are queued: one position left out"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Full`](crate::SendError::Full) in [`Error::Send`] where `feed` would wait: its `limit` is 65,536 bytes, or
    /// [`Limits::output`](crate::Limits::output). Otherwise as for [`send`](Self::send).
    pub fn try_feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        self.try_queue(message.message().len(), |connection| connection.send(message))
    }

    /// Sends a message that was encoded once for many connections, as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message that was encoded once for many connections, as [`feed`](Self::feed) does.
    ///
    /// ```no_run
    /// # use bowline::{Prepared, adapter::tokio::{Error, WebSocket}};
    /// # async fn broadcast(sockets: &mut [WebSocket<tokio::net::TcpStream>]) -> Result<(), Error> {
    /// let news = Prepared::text("It rains.");
    /// for socket in sockets {
    ///     socket.feed_prepared(&news).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`feed`](Self::feed).
    ///
    /// # Cancel safety
    ///
    /// As for [`feed`](Self::feed).
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        poll_fn(|cx| self.driver.poll_queue(cx, message.len(), queue)).await
    }

    /// Queues a message that was encoded once for many connections, if that is possible without waiting: see
    /// [`try_feed`](Self::try_feed).
    ///
    /// # Errors
    ///
    /// As for [`try_feed`](Self::try_feed).
    pub fn try_feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.try_queue(message.len(), |connection| connection.send_prepared(message))
    }

    /// Sends a ping with a payload of up to 125 bytes (RFC 6455 §5.5.2). The peer's answer is an
    /// [`Event::Pong`](crate::Event::Pong) with the same payload, which [`next_event`](Self::next_event) and [`read`](Self::read)
    /// return.
    ///
    /// A connection that is quiet is pinged without it: see [`Deadlines::ping`](crate::Deadlines::ping). Use it to measure the time
    /// to the peer and back:
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::tokio::{Error, WebSocket}};
    /// # async fn latency(mut socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Error> {
    /// let sent = std::time::Instant::now();
    /// socket.ping(b"latency").await?;
    /// while let Some(event) = socket.next_event().await? {
    ///     if matches!(event, Event::Pong(payload) if payload == b"latency") {
    ///         println!("{:?}", sent.elapsed());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), and [`SendError::ControlTooLong`](crate::SendError::ControlTooLong).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.ping(payload);
        poll_fn(|cx| self.driver.poll_queue(cx, payload.len(), queue)).await?;
        self.flush().await
    }

    /// Writes everything that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the stream failed, now or before. [`Error::Closed`] if the connection ended before everything was written,
    /// because the peer accepted nothing until a deadline expired, for example.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: what is not yet written stays queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.driver.poll_flush(cx)).await
    }

    fn try_queue(
        &mut self,
        len: usize,
        queue: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        match self.driver.poll_queue(&mut Context::from_waker(Waker::noop()), len, queue) {
            Poll::Ready(queued) => queued,
            Poll::Pending => Err(self.driver.full(len).into()),
        }
    }
}
