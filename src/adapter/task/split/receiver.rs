use super::{Shared, sender::Sender};
use crate::{
    CloseCode, Closure, Event, Message,
    adapter::{
        error::Error,
        task::{
            Tokio,
            driver::Driver,
            receiving::transpose,
            runtime::Runtime,
            wakers::{Goal, RECEIVER, Waiter},
        },
    },
};
use alloc::{string::String, sync::Arc};
use core::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use futures_core::Stream;

/// The receiving half of a connection: [`WebSocket::split`](super::WebSocket::split) returns it.
///
/// While one of its calls waits, it also writes what the senders queue, answers pings, sends keepalive pings and checks
/// deadlines. So keep one task waiting in [`recv`](Self::recv), even if no messages are expected.
///
/// After it is dropped, the senders can continue. Their calls then receive, to answer pings and the Close frame, and discard the
/// messages.
///
/// # Cancel safety
///
/// Every future of its methods can be dropped at any time: nothing that was read or queued is lost, except the messages that
/// [`close`](Self::close) discards.
#[doc(alias("SplitStream"))]
pub struct Receiver<S, T = Tokio> {
    pub(super) shared: Arc<Shared<S, T>>,
}

impl<S, T: Runtime<S>> Receiver<S, T> {
    /// Waits for the next message and returns it; `None` after a normal end: see [`WebSocket::recv`](super::WebSocket::recv).
    ///
    /// ```
    /// # use bowline::{CloseCode, Config, Connection, Message, Role, adapter::tokio::{Error, WebSocket}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let (near, far) = tokio::io::duplex(1024);
    /// # let mut server = WebSocket::new(far, Connection::new(Role::Server, Config::default()));
    /// # tokio::spawn(async move {
    /// #     server.send("Hello").await?;
    /// #     server.close(CloseCode::NORMAL, "").await
    /// # });
    /// # let client = WebSocket::new(near, Connection::new(Role::Client, Config::default()));
    /// let (mut receiver, _sender) = client.split();
    /// assert_eq!(receiver.recv().await?, Some(Message::from("Hello")));
    /// assert_eq!(receiver.recv().await?, None);
    /// assert_eq!(receiver.closure().unwrap().code(), CloseCode::NORMAL);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`](super::WebSocket::recv).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the next call returns the message. Until a call of the receiver waits again, pings
    /// are not answered, and only the senders' own [`send`](Sender::send) and [`flush`](Sender::flush) write.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll(cx, Driver::poll_recv)).await
    }

    /// Returns the next message without waiting: see [`WebSocket::try_recv`](super::WebSocket::try_recv).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`](super::WebSocket::recv).
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        transpose(self.poll(&Context::from_waker(Waker::noop()), Driver::poll_recv))
    }

    /// Waits for the next event, which may be a message, a ping, a pong or the peer's Close frame: see
    /// [`WebSocket::next_event`](super::WebSocket::next_event).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::next_event`](super::WebSocket::next_event).
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe, as [`recv`](Self::recv) is.
    pub async fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        poll_fn(|cx| self.poll(cx, Driver::poll_next_event)).await
    }

    /// Makes the whole closing handshake, and returns how the connection ended: see
    /// [`WebSocket::close`](super::WebSocket::close).
    ///
    /// Senders that wait until a message fits return [`SendError::Closing`](crate::SendError::Closing) then. To close from a task
    /// that has a sender, use [`Sender::close`].
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::close`](super::WebSocket::close).
    ///
    /// # Cancel safety
    ///
    /// As for [`WebSocket::close`](super::WebSocket::close): the Close frame is sent once, and messages that were received and
    /// discarded are lost.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.shared.begin_close(code, reason)?;
        poll_fn(|cx| self.poll(cx, Driver::poll_end)).await
    }

    fn poll<R>(&self, cx: &Context<'_>, run: impl FnOnce(&mut Driver<S, T>, &mut Context<'_>) -> Poll<R>) -> Poll<R> {
        let waiter = Waiter { slot: RECEIVER, goal: Goal::Input, is_guarded: false };
        self.shared.poll(waiter, cx, |halves, cx| run(halves.driver(), cx))
    }
}

impl<S, T> Receiver<S, T> {
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

    /// Whether `sender` is a half of the same connection, so that [`reunite`](Self::reunite) can join the two.
    #[must_use]
    pub fn is_pair_of(&self, sender: &Sender<S, T>) -> bool {
        Arc::ptr_eq(&self.shared, &sender.shared)
    }
}

impl<S, T> Drop for Receiver<S, T> {
    fn drop(&mut self) {
        self.shared.tasks.abandon(RECEIVER);
        self.shared.lock().is_receiver_gone = true;
        // Senders that wait have to receive from now on, which they begin with their next poll.
        self.shared.tasks.wake_senders();
    }
}

/// Receives messages as [`recv`](Receiver::recv) does. The stream ends after a normal end of the connection, and after an error.
///
/// # Cancel safety
///
/// `poll_next` has no state of its own: if a future over it is dropped, the next poll returns the message.
impl<S, T: Runtime<S>> Stream for Receiver<S, T> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx, Driver::poll_item)
    }
}

impl<S, T> fmt::Debug for Receiver<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
