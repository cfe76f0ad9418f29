//! The methods that send: `send` writes, `feed` queues, `try_feed` does not wait.

use super::{WebSocket, driver::Driver, runtime::Runtime, wakers::Goal};
use crate::{Connection, Outgoing, Prepared, SendError, adapter::error::Error};
use core::{
    future::{Future, poll_fn},
    task::{Context, Poll, Waker, ready},
};

impl<S, T: Runtime<S>> WebSocket<S, T> {
    /// Sends a message: queues it, and writes everything that is queued. When it returns, the stream has accepted all of it.
    ///
    /// To write several messages at once, use [`feed`](Self::feed). To answer all messages of one read with one write, `feed` the
    /// answers, and continue with [`recv`](Self::recv).
    ///
    /// If the peer does not read, it waits, until a deadline ends the connection. Meanwhile it reads ahead, up to
    /// [`Limits::message`](crate::Limits::message), so that two peers that both send do not wait for each other.
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
    /// - [`Error::Send`] if the message cannot be sent. It was not queued, and the connection is unchanged. With
    ///   [`SendError::Closing`](crate::SendError::Closing), the connection is closing, and how it ends is not yet certain. Continue
    ///   with [`recv`](Self::recv), which returns it.
    /// - [`Error::Io`] if writing to the stream failed, now or before. Everything that was queued is discarded, and the peer may
    ///   have received a part of it. Continue with `recv`: it still returns what the peer sent before, and then how the
    ///   connection ended.
    /// - [`Error::Closed`] if the connection ended before everything was written, or before the call: the peer closed it, or read
    ///   nothing until a deadline expired. [`closure`](Self::closure) returns the same. What the peer sent before can still be
    ///   received.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe for the connection, not for the message. If the future is dropped, the message is either queued as a whole,
    /// and the next call that waits or writes continues to write it; or it is not queued, and dropped with the future. It is
    /// queued by the first poll, unless the call has to wait as [`feed`](Self::feed) does. If you have to find out, await `feed`
    /// and [`flush`](Self::flush) instead.
    pub fn send(&mut self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| {
            if message.is_some() {
                let queue = |driver: &mut Driver<S, T>, cx: &mut Context<'_>| driver.poll_feed(cx, &mut message);
                ready!(self.driver.poll_method(cx, Goal::Space, queue))?;
            }
            self.driver.poll_method(cx, Goal::Written, Driver::poll_flush)
        })
    }

    /// Queues a message, without a write of its own. The next call that waits or writes, such as [`recv`](Self::recv) or
    /// [`flush`](Self::flush), writes it.
    ///
    /// It applies back-pressure: it writes and waits while 64 KiB or more are queued, or while the message and what is queued
    /// exceed [`Limits::output`](crate::Limits::output) together.
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
    /// As for [`send`](Self::send), and in each case the message was not queued. A message that can never fit is
    /// [`SendError::Full`](crate::SendError::Full).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe for the connection: the message is queued if and only if the call returns `Ok`. If the future is dropped while
    /// it waits, the message is dropped with it. To keep the message, clone it before, which copies nothing.
    #[doc(alias("back-pressure", "backpressure", "write_buffer_size"))]
    pub fn feed(&mut self, message: impl Into<Outgoing>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |cx| self.driver.poll_method(cx, Goal::Space, |driver, cx| driver.poll_feed(cx, &mut message)))
    }

    /// Queues a message if that is possible without waiting.
    ///
    /// Use it instead of [`feed`](Self::feed) to leave out messages, or to close the connection, if a peer is too slow. If the
    /// message does not fit, the call writes as much as the stream accepts at once, and tries again. To keep a message that was
    /// not queued, clone it before, which copies nothing.
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
    /// [`SendError::Full`](crate::SendError::Full) in [`Error::Send`] where `feed` would wait. Its `limit` is 65,536 bytes if
    /// that much is queued, and [`Limits::output`](crate::Limits::output) otherwise. All other errors are those of
    /// [`feed`](Self::feed). In each case the message was not queued.
    pub fn try_feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        self.try_queue(message.message().len(), |connection| connection.send(message))
    }

    /// Sends a message that was encoded once for many connections: queues it, and writes everything that is queued. See
    /// [`feed_prepared`](Self::feed_prepared) for an example.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send). The [`Prepared`] message itself is only borrowed, so that it can be sent again.
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
    /// Cancel-safe: the message is queued if and only if the call returns `Ok`, and is only borrowed.
    #[doc(alias("broadcast"))]
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        self.queue(message.len(), queue).await
    }

    /// Queues a message that was encoded once for many connections, if that is possible without waiting.
    ///
    /// Use it for broadcasts, so that a peer that is too slow does not delay the others:
    ///
    /// ```
    /// # use bowline::{Config, Connection, Prepared, Role, adapter::tokio::{Error, WebSocket}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let (stream, _peer) = tokio::io::duplex(1024);
    /// # let mut members = vec![WebSocket::new(stream, Connection::new(Role::Server, Config::default()))];
    /// let news = Prepared::text("It rains.");
    /// members.retain_mut(|member| member.try_feed_prepared(&news).is_ok()); // drops members that are too slow
    /// for member in &mut members {
    ///     assert_eq!(member.buffered_amount(), 11);
    ///     member.flush().await?;
    /// }
    /// # assert_eq!(members.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
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
    /// No ping is needed to keep a connection alive or to detect a peer that is gone: see
    /// [`Deadlines::ping`](crate::Deadlines::ping), the ping interval. Use it to measure the round-trip time:
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
    /// As for [`send`](Self::send), and [`SendError::ControlTooLong`](crate::SendError::ControlTooLong) in [`Error::Send`] if the
    /// payload is longer than 125 bytes.
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send): if the future is dropped, the ping is queued or not queued.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.ping(payload);
        self.queue(payload.len(), queue).await?;
        self.flush().await
    }

    /// Writes everything that is queued, and waits until the stream has accepted it.
    ///
    /// Call it after [`feed`](Self::feed), or after queueing on the [`connection`](Self::connection), before you wait for
    /// something other than this connection:
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, adapter::tokio::{Error, WebSocket}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let (stream, _peer) = tokio::io::duplex(1024);
    /// # let mut socket = WebSocket::new(stream, Connection::new(Role::Server, Config::default()));
    /// socket.feed("one").await?;
    /// socket.feed("two").await?;
    /// assert_eq!(socket.buffered_amount(), 10);
    /// socket.flush().await?; // one write
    /// assert_eq!(socket.buffered_amount(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::Io`] if writing to the stream failed, now or before. Everything that was queued is discarded, and the peer may
    ///   have received a part of it. Continue with [`recv`](Self::recv), which returns what the peer sent before, and how the
    ///   connection ended.
    /// - [`Error::Closed`] if the connection ended, and not cleanly. What was queued may not have been written, for example
    ///   because the peer read nothing until a deadline expired.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the bytes that are not yet written stay queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.driver.poll_method(cx, Goal::Written, Driver::poll_flush)).await
    }

    async fn queue(
        &mut self,
        len: usize,
        queue: impl Fn(&mut Connection) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.driver.poll_method(cx, Goal::Space, |driver, cx| driver.poll_queue(cx, len, &queue))).await
    }

    fn try_queue(
        &mut self,
        len: usize,
        queue: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let cx = &mut Context::from_waker(Waker::noop());
        match self.driver.poll_method(cx, Goal::Space, |driver, cx| driver.poll_queue(cx, len, queue)) {
            Poll::Ready(queued) => queued,
            Poll::Pending => Err(self.driver.full(len).into()),
        }
    }
}
