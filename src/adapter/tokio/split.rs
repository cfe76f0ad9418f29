//! Two halves of a connection, for different tasks.

use super::{
    WebSocket,
    wakers::{RECEIVER, Wakers},
};
use crate::{CloseCode, CloseError, Closure, Connection, Message, Prepared, State, adapter::error::Error};
use ::tokio::io::{AsyncRead, AsyncWrite};
use alloc::sync::Arc;
use core::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use futures_core::Stream;
use futures_sink::Sink;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The receiving half of a connection: see [`WebSocket::split`].
///
/// While it waits, it also writes what the senders queue, answers pings and keeps the connection alive.
///
/// When it is dropped, the senders go on. What the peer sends is then received by their calls, as far as it takes to
/// answer pings and the Close frame, and its messages are dropped.
pub struct Receiver<S> {
    shared: Arc<Shared<S>>,
}

/// The sending half of a connection: see [`WebSocket::split`]. Each clone can send from a task of its own; their messages
/// are sent whole and in the order in which they were queued.
///
/// When all senders are dropped, the connection stays open: the receiver goes on until the peer closes, or until
/// [`Receiver::close`]. When the last half of all is dropped, the stream ends as with [`WebSocket`].
pub struct Sender<S> {
    shared: Arc<Shared<S>>,
    place: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Two halves, to receive in one task and to send from others.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio::WebSocket, CloseCode};
    /// # async fn two_tasks(socket: WebSocket<tokio::net::TcpStream>) {
    /// let (mut receiver, mut sender) = socket.split();
    /// tokio::spawn(async move {
    ///     while let Ok(Some(message)) = receiver.recv().await {
    ///         println!("{message:?}");
    ///     }
    /// });
    /// let mut another = sender.clone();
    /// tokio::spawn(async move { another.send("from one task").await });
    /// tokio::spawn(async move { sender.send("from another").await });
    /// # }
    /// ```
    #[must_use]
    pub fn split(self) -> (Receiver<S>, Sender<S>) {
        let wakers = Arc::new(Wakers::default());
        wakers.add(); // the receiver's
        let place = wakers.add();
        let waker = Waker::from(wakers.clone());
        let halves = Mutex::new(Halves { socket: self, is_receiver_gone: false });
        let shared = Arc::new(Shared { halves, wakers, waker });
        (Receiver { shared: shared.clone() }, Sender { shared, place })
    }
}

struct Shared<S> {
    halves: Mutex<Halves<S>>,
    wakers: Arc<Wakers>,
    /// That of `wakers`.
    waker: Waker,
}

struct Halves<S> {
    socket: WebSocket<S>,
    is_receiver_gone: bool,
}

/// What other halves may be waiting for.
#[derive(PartialEq)]
struct Standing {
    queued: usize,
    reads: usize,
    state: State,
}

impl<S> WebSocket<S> {
    fn standing(&self) -> Standing {
        Standing { queued: self.connection.buffered_amount(), reads: self.reads, state: self.connection.state() }
    }
}

impl<S> Shared<S> {
    /// A panic of another half's stream leaves nothing half done that would matter more than the panic.
    fn lock(&self) -> MutexGuard<'_, Halves<S>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_to_close(&self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let before = self.lock().socket.connection.state();
        self.lock().socket.connection.close(code, reason)?;
        if before == State::Open {
            // Nothing more can be sent, and there is a deadline to be kept.
            self.waker.wake_by_ref();
        }
        Ok(())
    }

    /// Lets the half at `place` do something with the connection, and wakes whoever is concerned.
    fn poll<T>(
        &self,
        place: usize,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Halves<S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before the stream is looked at: what happens after that must not be missed.
        self.wakers.wait(place, cx.waker());
        let mut halves = self.lock();
        let before = halves.socket.standing();
        let outcome = run(&mut halves, &mut Context::from_waker(&self.waker));
        let now = halves.socket.standing();
        drop(halves);
        if outcome.is_ready() {
            self.wakers.done(place);
        }
        if now == before {
            return outcome;
        }
        let moved_on = now.state != before.state;
        if moved_on || now.queued < before.queued {
            self.wakers.wake_senders();
        }
        // What is queued and not written is for the receiver to write, if it waits.
        if place != RECEIVER && (moved_on || now.reads != before.reads || now.queued > before.queued) {
            self.wakers.wake_receiver();
        }
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Receiver<S> {
    /// Waits for the next message: see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`].
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        poll_fn(|cx| self.poll(cx, WebSocket::poll_recv)).await
    }

    /// Begins the closing handshake, or goes on with it, and returns when the connection has ended: see
    /// [`WebSocket::close`].
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::close`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.shared.lock().socket.connection.close(code, reason)?;
        poll_fn(|cx| self.poll(cx, WebSocket::poll_end)).await
    }

    fn poll<T>(&self, cx: &Context<'_>, run: impl FnOnce(&mut WebSocket<S>, &mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.shared.poll(RECEIVER, cx, |halves, cx| run(&mut halves.socket, cx))
    }
}

impl<S> Receiver<S> {
    /// How the connection ended: see [`Connection::closure`](crate::Connection::closure).
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// Whether the two are halves of the same connection.
    #[must_use]
    pub fn is_pair_of(&self, sender: &Sender<S>) -> bool {
        Arc::ptr_eq(&self.shared, &sender.shared)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    /// Queues a message and writes all that is queued. Other than with [`WebSocket::send`], the stream has always taken the
    /// message when this returns.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message, and waits if there is no room: see [`WebSocket::feed`]. The receiver writes it, if it waits, else
    /// the next call that does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::feed`].
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.poll(cx, |socket, cx| socket.poll_feed(cx, &mut message))).await
    }

    /// Queues a message that goes to many connections, and waits if there is no room: see [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::feed`].
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let len = message.plain().payload().len();
        let queue = |connection: &mut Connection| connection.send_prepared(message);
        poll_fn(|cx| self.poll(cx, |socket, cx| socket.poll_queue(cx, len, queue))).await
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::flush`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx, WebSocket::poll_flush_all)).await
    }

    /// Begins the closing handshake, and returns when the Close frame is written. The receiver goes on to the end; if it
    /// was dropped, this does.
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. Otherwise as for
    /// [`WebSocket::flush`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.shared.begin_to_close(code, reason)?;
        poll_fn(|cx| self.poll_close(cx)).await
    }

    fn poll_close(&self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.poll(self.place, cx, |halves, cx| {
            if halves.is_receiver_gone {
                return halves.socket.poll_end(cx).map(|end| end.map(|_| ()));
            }
            halves.socket.poll_flush_all(cx)
        })
    }

    fn poll<T>(&self, cx: &Context<'_>, run: impl FnOnce(&mut WebSocket<S>, &mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.shared.poll(self.place, cx, |halves, cx| {
            if halves.is_receiver_gone {
                // Somebody has to answer the peer. What goes wrong, sending will show.
                while let Poll::Ready(Ok(Some(_))) = halves.socket.poll_recv(cx) {}
            }
            run(&mut halves.socket, cx)
        })
    }
}

impl<S> Sender<S> {
    /// How the connection ended: see [`Connection::closure`](crate::Connection::closure).
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// How many bytes are queued and not yet written, by all senders: see [`WebSocket::buffered_amount`].
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.shared.lock().socket.connection.buffered_amount()
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), place: self.shared.wakers.add() }
    }
}

impl<S> Drop for Sender<S> {
    fn drop(&mut self) {
        self.shared.wakers.remove(self.place);
    }
}

impl<S> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.shared.wakers.done(RECEIVER);
        self.shared.lock().is_receiver_gone = true;
        // What a waiting sender must now do itself.
        self.shared.wakers.wake_senders();
    }
}

/// The messages, as [`recv`](Receiver::recv) returns them. After an error it has ended.
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Receiver<S> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx, |socket, cx| Pin::new(socket).poll_next(cx))
    }
}

/// Closing it sends a Close frame with code 1000: see [`close`](Sender::close).
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for Sender<S> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, WebSocket::poll_room)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let mut halves = self.shared.lock();
        halves.socket.connection.send(message)?;
        drop(halves);
        self.shared.wakers.wake_receiver();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, WebSocket::poll_flush_all)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.begin_to_close(CloseCode::NORMAL, "")?;
        Sender::poll_close(&self, cx)
    }
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
