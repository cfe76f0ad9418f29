use super::{Shared, sender::Sender, wakers::RECEIVER};
use crate::{
    CloseCode, Closure, Event, Message,
    adapter::{
        error::Error,
        tokio::{driver::Driver, receiving::transpose},
    },
};
use ::tokio::io::{AsyncRead, AsyncWrite};
use alloc::{string::String, sync::Arc};
use core::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use futures_core::Stream;

/// The receiving half of a connection: see [`WebSocket::split`](super::WebSocket::split).
///
/// While it waits, it also writes what the senders queue, answers pings and keeps the connection alive.
///
/// When it is dropped, the senders go on: their calls then receive, as far as it takes to answer pings and the Close frame, and
/// discard the messages.
pub struct Receiver<S> {
    pub(super) shared: Arc<Shared<S>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Receiver<S> {
    /// Waits for the next message: see [`WebSocket::recv`](super::WebSocket::recv).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`](super::WebSocket::recv).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: a message is either returned or still there for the next call.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll(cx, Driver::poll_recv)).await
    }

    /// Returns the next message if it can be had without waiting: see [`WebSocket::try_recv`](super::WebSocket::try_recv).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`](super::WebSocket::recv).
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        transpose(self.poll(&Context::from_waker(Waker::noop()), Driver::poll_recv))
    }

    /// Waits for the next event, which may be a message, a ping, a pong or the peer's Close frame: see [`WebSocket::next_event`](super::WebSocket::next_event).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::next_event`](super::WebSocket::next_event).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: an event is either returned or still there for the next call.
    pub async fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        poll_fn(|cx| self.poll(cx, Driver::poll_next_event)).await
    }

    /// Closes the connection, and returns how it ended: see [`WebSocket::close`](super::WebSocket::close). Senders that wait until a message fits stop waiting, with
    /// [`SendError::Closing`](crate::SendError::Closing).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::close`](super::WebSocket::close).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: the Close frame is queued once, by the first poll. Call it again to wait for the end.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.shared.begin_close(code, reason)?;
        poll_fn(|cx| self.poll(cx, Driver::poll_end)).await
    }

    fn poll<T>(&self, cx: &Context<'_>, run: impl FnOnce(&mut Driver<S>, &mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.shared.poll(RECEIVER, cx, |halves, cx| run(halves.driver(), cx))
    }
}

impl<S> Receiver<S> {
    /// How the connection ended: see [`Connection::closure`](crate::Connection::closure).
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// The subprotocol in use: see [`WebSocket::protocol`](super::WebSocket::protocol).
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.lock().socket.protocol().map(String::from)
    }

    /// Whether the two are halves of the same connection.
    #[must_use]
    pub fn is_pair_of(&self, sender: &Sender<S>) -> bool {
        Arc::ptr_eq(&self.shared, &sender.shared)
    }
}

impl<S> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.shared.wakers.done(RECEIVER);
        self.shared.lock().is_receiver_gone = true;
        // A sender that waits now has to receive itself.
        self.shared.wakers.wake_senders();
    }
}

/// The messages, as [`recv`](Receiver::recv) returns them. It ends after a normal end of the connection, and after an error.
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Receiver<S> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx, Driver::poll_item)
    }
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
