use super::{Halves, Shared};
use crate::{
    CloseCode, Closure, Connection, Message, Outgoing, Prepared, SendError,
    adapter::{
        error::Error,
        task::{
            Tokio,
            driver::Driver,
            runtime::{Io, Runtime},
            wakers::{Goal, Waiter},
        },
    },
};
use alloc::{string::String, sync::Arc};
use core::{
    fmt,
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use futures_sink::Sink;
use scopeguard::ScopeGuard;

/// The sending half of a connection: [`WebSocket::split`](super::WebSocket::split) returns it. Clone it to send
/// from several tasks.
///
/// Messages are sent as a whole, in the order in which they were queued. When all senders are dropped, the connection stays open:
/// the receiver continues until the peer closes, or until [`Receiver::close`](super::Receiver::close). When the last half is
/// dropped, what is queued is written as far as the stream accepts it at once, and the stream is dropped.
///
/// # Cancel safety
///
/// Every future of its methods can be dropped at any time: a message is sent as a whole or not at all, and what is queued stays
/// queued. A message that was not yet queued is dropped with its future.
#[doc(alias("SplitSink"))]
pub struct Sender<S, T = Tokio> {
    pub(super) shared: Arc<Shared<S, T>>,
    pub(super) slot: usize,
    /// Whether `poll_ready` has returned that a message can be sent, and none was sent since then.
    pub(super) is_ready: bool,
}

impl<S, T: Runtime<S>> Sender<S, T> {
    /// Sends a message: queues it, and writes everything that is queued, also what other senders queued. See
    /// [`WebSocket::send`](super::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send`](super::WebSocket::send), also if another half caused the error. The
    /// receiver returns how the connection ended, and so does [`closure`](Self::closure).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe for the connection, not for the message. If the future is dropped, the message is either queued as a whole,
    /// and the receiver writes it while it waits; or it is not queued, and dropped with the future. To find out, await
    /// [`feed`](Self::feed) and [`flush`](Self::flush) instead.
    pub async fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let mut message = Some(message.into());
        self.queue_and_write(|driver, cx| driver.poll_feed(cx, &mut message)).await
    }

    /// Queues a message as soon as it fits: see [`WebSocket::feed`](super::WebSocket::feed). If the receiver
    /// is waiting, it writes the message at once. Otherwise the next call of any half that waits or writes does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::feed`](super::WebSocket::feed).
    ///
    /// # Cancel safety
    ///
    /// As for [`WebSocket::feed`](super::WebSocket::feed): the message is queued if and only if the call
    /// returns `Ok`, and dropped with the future otherwise.
    pub async fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let mut message = Some(message.into());
        self.wait(Goal::Space, |driver, cx| driver.poll_feed(cx, &mut message)).await
    }

    /// Queues a message if that is possible without waiting: see
    /// [`WebSocket::try_feed`](super::WebSocket::try_feed). If the receiver is waiting, it writes the message at
    /// once.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::try_feed`](super::WebSocket::try_feed).
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
    /// As for [`send`](Self::send). The [`Prepared`] message itself is only borrowed, so that it can be sent again.
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        self.queue_and_write(|driver, cx| driver.poll_queue(cx, message.len(), queue)).await
    }

    /// Queues a message that was encoded once for many connections, as [`feed`](Self::feed) does.
    ///
    /// # Errors
    ///
    /// As for [`feed`](Self::feed).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the message is queued if and only if the call returns `Ok`, and is only borrowed.
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        self.wait(Goal::Space, |driver, cx| driver.poll_queue(cx, message.len(), queue)).await
    }

    /// Queues a message that was encoded once for many connections, as [`try_feed`](Self::try_feed) does.
    ///
    /// # Errors
    ///
    /// As for [`try_feed`](Self::try_feed).
    pub fn try_feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.try_queue(message.len(), |connection| connection.send_prepared(message))
    }

    /// Sends a ping with a payload of up to 125 bytes (RFC 6455 §5.5.2): see
    /// [`WebSocket::ping`](super::WebSocket::ping). [`Receiver::next_event`](super::Receiver::next_event) returns
    /// the pong.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::ping`](super::WebSocket::ping).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send): if the future is dropped, the ping is queued or not queued.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.ping(payload);
        self.queue_and_write(|driver, cx| driver.poll_queue(cx, payload.len(), queue)).await
    }

    /// Writes everything that is queued by all halves, and waits until the stream has accepted it.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::flush`](super::WebSocket::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the bytes that are not yet written stay queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let mut since = None;
        self.wait(Goal::Written, |driver, cx| driver.poll_flush_since(cx, &mut since)).await
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2), and returns when the Close frame is written.
    ///
    /// The receiver completes the closing handshake, and returns how the connection ended. If the receiver was dropped, this call
    /// completes it, and discards the messages that still arrive. Other senders that wait return [`SendError::Closing`].
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, adapter::tokio::{Error, Sender}};
    /// # async fn stop(mut sender: Sender<tokio::net::TcpStream>) -> Result<(), Error> {
    /// sender.feed("the last message").await?;
    /// sender.close(CloseCode::NORMAL, "that was all").await // the receiver returns how the connection ended
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::Close`] if the code or the reason cannot be sent. The connection is unchanged then.
    /// - [`Error::Closed`] if the connection ended, and not cleanly, for example because the Close frame could not be written before
    ///   the close deadline expired.
    /// - [`Error::Io`] if writing to the stream failed, now or before. The receiver returns how the connection ended.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the first poll queues the Close frame, which is sent once. If the future is dropped, the receiver writes the
    /// frame while it waits.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.shared.begin_close(code, reason)?;
        self.wait_for(Goal::Written, poll_closing).await
    }

    /// Waits until `queue` has queued a message, and until it is written. What the stream accepts at once is written in the poll that
    /// has queued it: a poll that leaves something in the queue wakes the receiver.
    async fn queue_and_write(
        &mut self,
        mut queue: impl FnMut(&mut Driver<S, T>, &mut Context<'_>) -> Poll<Result<(), Error>>,
    ) -> Result<(), Error> {
        let queued = self.wait(Goal::Space, |driver, cx| queue(driver, cx).map_ok(|()| driver.poll_flush(cx)));
        match queued.await? {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => self.flush().await,
        }
    }

    fn try_queue(&self, len: usize, queue: impl FnOnce(&mut Connection) -> Result<(), SendError>) -> Result<(), Error> {
        let cx = &Context::from_waker(Waker::noop());
        match self.poll(cx, Goal::Space, |driver, cx| driver.poll_queue(cx, len, queue)) {
            Poll::Ready(queued) => queued,
            Poll::Pending => Err(self.shared.lock().driver().full(len).into()),
        }
    }

    fn poll<R>(
        &self,
        cx: &Context<'_>,
        goal: Goal,
        run: impl FnOnce(&mut Driver<S, T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let waiter = Waiter { slot: self.slot, goal, is_guarded: false };
        self.shared.poll(waiter, cx, |halves, cx| halves.poll_sender(cx, run))
    }

    async fn wait<R>(&self, goal: Goal, mut run: impl FnMut(&mut Driver<S, T>, &mut Context<'_>) -> Poll<R>) -> R {
        self.wait_for(goal, |halves, cx| halves.poll_sender(cx, &mut run)).await
    }

    /// Waits until `run` is ready. A sender that is dropped after it was woken wakes the next one.
    async fn wait_for<R>(&self, goal: Goal, mut run: impl FnMut(&mut Halves<S, T>, &mut Context<'_>) -> Poll<R>) -> R {
        let guard = scopeguard::guard((), |()| self.shared.tasks.abandon(self.slot));
        let waiter = Waiter { slot: self.slot, goal, is_guarded: true };
        let outcome = poll_fn(|cx| self.shared.poll(waiter, cx, &mut run)).await;
        ScopeGuard::into_inner(guard);
        outcome
    }
}

impl<S, T: Io<S>> Halves<S, T> {
    fn poll_sender<R>(
        &mut self,
        cx: &mut Context<'_>,
        run: impl FnOnce(&mut Driver<S, T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        if self.is_receiver_gone {
            // To answer pings and the Close frame, which only receiving does. If it fails, `run` returns an error.
            while let Poll::Ready(Ok(Some(_))) = self.driver().poll_recv(cx) {}
        }
        run(self.driver(), cx)
    }
}

/// Ready when the Close frame is written; without a receiver, when the connection has ended.
fn poll_closing<S, T: Io<S>>(halves: &mut Halves<S, T>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
    if halves.is_receiver_gone {
        ready!(halves.driver().poll_end(cx))?;
        return Poll::Ready(halves.driver().link.close_outcome());
    }
    halves.driver().poll_close_written(cx)
}

impl<S, T> Sender<S, T> {
    /// Returns how the connection ended: see [`Connection::closure`](crate::Connection::closure). `None` until that is certain.
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// Returns the subprotocol in use: see [`WebSocket::protocol`](super::WebSocket::protocol).
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.lock().socket.protocol().map(String::from)
    }

    /// Returns the number of bytes that all halves have queued and that are not yet written, frame headers included: the
    /// browser's `bufferedAmount`.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.shared.lock().socket.buffered_amount()
    }
}

impl<S, T> Clone for Sender<S, T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), slot: self.shared.tasks.add(), is_ready: false }
    }
}

impl<S, T> Drop for Sender<S, T> {
    fn drop(&mut self) {
        self.shared.tasks.remove(self.slot);
    }
}

/// Sends messages: `feed`, `send` and `flush` of `SinkExt` do the same as the methods of [`Sender`]. After `poll_ready`, `start_send`
/// accepts one message of up to [`Limits::output`](crate::Limits::output), also if other senders have queued messages since then.
/// Closing the sink sends a
/// Close frame with code 1000: see [`close`](Sender::close).
///
/// # Cancel safety
///
/// `poll_ready`, `poll_flush` and `poll_close` have no state of their own, and `start_send` queues its message at once. A future
/// such as that of `SinkExt::send` contains its message until there is space, and `StreamExt::forward` contains one message at a
/// time: if such a future is dropped, that message is lost.
impl<S, T: Runtime<S>> Sink<Message> for Sender<S, T> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let ready = self.poll(cx, Goal::Space, Driver::poll_fits);
        self.is_ready = matches!(ready, Poll::Ready(Ok(())));
        ready
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let is_ready = mem::take(&mut self.is_ready);
        self.shared.lock().driver().start_send(message, is_ready)?;
        self.shared.tasks.wake_receiver();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, Goal::Written, Driver::poll_flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.begin_close(CloseCode::NORMAL, "")?;
        let waiter = Waiter { slot: self.slot, goal: Goal::Written, is_guarded: false };
        self.shared.poll(waiter, cx, poll_closing)
    }
}

impl<S, T> fmt::Debug for Sender<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
