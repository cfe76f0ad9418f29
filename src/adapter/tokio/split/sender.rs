use super::Shared;
use crate::{
    CloseCode, Closure, Connection, Message, Outgoing, Prepared, SendError,
    adapter::{error::Error, tokio::driver::Driver},
};
use ::tokio::io::{AsyncRead, AsyncWrite};
use alloc::{string::String, sync::Arc};
use core::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use futures_sink::Sink;

/// The sending half of a connection: see [`WebSocket::split`](crate::adapter::tokio::WebSocket::split). Each clone can send from
/// a task of its own. Messages are sent whole and in the order in which they were queued.
///
/// When all senders are dropped, the connection stays open: the receiver goes on until the peer closes, or until
/// [`Receiver::close`](super::Receiver::close). When the last half of all is dropped, the stream is dropped, too.
pub struct Sender<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) slot: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    /// Sends a message: queues it, and writes everything that is queued. See
    /// [`WebSocket::send`](crate::adapter::tokio::WebSocket::send).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send`](crate::adapter::tokio::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the message is either queued whole, to be written by the receiver or the next call, or not queued.
    pub async fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message, and waits until it fits: see [`WebSocket::feed`](crate::adapter::tokio::WebSocket::feed). A
    /// receiver that waits writes it at once, otherwise the next call that waits or writes does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::feed`](crate::adapter::tokio::WebSocket::feed).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the message is queued when it returns, and only then.
    pub async fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.poll(cx, |driver, cx| driver.poll_feed(cx, &mut message))).await
    }

    /// Queues a message if that is possible without waiting: see
    /// [`WebSocket::try_feed`](crate::adapter::tokio::WebSocket::try_feed). A receiver that waits writes it.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::try_feed`](crate::adapter::tokio::WebSocket::try_feed).
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
    /// # Errors
    ///
    /// As for [`feed`](Self::feed).
    ///
    /// # Cancel safety
    ///
    /// As for [`feed`](Self::feed).
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        poll_fn(|cx| self.poll(cx, |driver, cx| driver.poll_queue(cx, message.len(), queue))).await
    }

    /// Queues a message that was encoded once for many connections, as [`try_feed`](Self::try_feed) does.
    ///
    /// # Errors
    ///
    /// As for [`try_feed`](Self::try_feed).
    pub fn try_feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.try_queue(message.len(), |connection| connection.send_prepared(message))
    }

    /// Sends a ping with a payload of up to 125 bytes: see [`WebSocket::ping`](crate::adapter::tokio::WebSocket::ping). The pong is
    /// returned by [`Receiver::next_event`](super::Receiver::next_event).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::ping`](crate::adapter::tokio::WebSocket::ping).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        let queue = |connection: &mut Connection| connection.ping(payload);
        poll_fn(|cx| self.poll(cx, |driver, cx| driver.poll_queue(cx, payload.len(), queue))).await?;
        self.flush().await
    }

    /// Writes everything that is queued, by all senders.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::flush`](crate::adapter::tokio::WebSocket::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: what is not yet written stays queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx, Driver::poll_flush)).await
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2), and returns when the Close frame is written. The receiver goes on to the end;
    /// if it was dropped, this call does. Other senders stop waiting, with [`SendError::Closing`].
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
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. Otherwise as for
    /// [`WebSocket::flush`](crate::adapter::tokio::WebSocket::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the Close frame is queued once, by the first poll.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.shared.begin_close(code, reason)?;
        poll_fn(|cx| self.poll_closing(cx)).await
    }

    fn poll_closing(&self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.poll(self.slot, cx, |halves, cx| {
            if halves.is_receiver_gone {
                return halves.driver().poll_end(cx).map(|end| end.map(|_| ()));
            }
            halves.driver().poll_flush(cx)
        })
    }

    fn try_queue(&self, len: usize, queue: impl FnOnce(&mut Connection) -> Result<(), SendError>) -> Result<(), Error> {
        let cx = &Context::from_waker(Waker::noop());
        match self.poll(cx, |driver, cx| driver.poll_queue(cx, len, queue)) {
            Poll::Ready(queued) => queued,
            Poll::Pending => Err(self.shared.lock().driver().full(len).into()),
        }
    }

    fn poll<T>(&self, cx: &Context<'_>, run: impl FnOnce(&mut Driver<S>, &mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.shared.poll(self.slot, cx, |halves, cx| {
            if halves.is_receiver_gone {
                // Pings and the Close frame have to be answered. If something fails, sending shows it.
                while let Poll::Ready(Ok(Some(_))) = halves.driver().poll_recv(cx) {}
            }
            run(halves.driver(), cx)
        })
    }
}

impl<S> Sender<S> {
    /// How the connection ended: see [`Connection::closure`](crate::Connection::closure).
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// The subprotocol in use: see [`WebSocket::protocol`](crate::adapter::tokio::WebSocket::protocol).
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.lock().socket.protocol().map(String::from)
    }

    /// How many bytes are queued and not yet written, by all senders, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.shared.lock().socket.buffered_amount()
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), slot: self.shared.wakers.add() }
    }
}

impl<S> Drop for Sender<S> {
    fn drop(&mut self) {
        self.shared.wakers.remove(self.slot);
    }
}

/// Sends messages. Closing the sink sends a Close frame with code 1000: see [`close`](Sender::close).
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for Sender<S> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, Driver::poll_fits)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let mut halves = self.shared.lock();
        halves.driver().link.connection.send(message)?;
        drop(halves);
        self.shared.wakers.wake_receiver();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, Driver::poll_flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.begin_close(CloseCode::NORMAL, "")?;
        self.poll_closing(cx)
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
