//! Two halves of a connection, for different tasks.
//!
//! # How the halves wake each other
//!
//! The halves share one [`WebSocket`] behind a mutex, which is locked during a poll and never across an `await`. A stream of
//! Tokio keeps only the waker of the last poll in each direction. If each half polled the stream with the waker of its own task,
//! a sender would replace the waker of the receiver, which would then miss the next bytes. So all halves poll with the one waker
//! of [`Wakers`]. It wakes every half that waits, and those that still cannot continue wait again.
//!
//! The stream alone is not enough: one half can do what another one waits for, and the stream does not become ready again for it.
//! [`Shared::poll`] compares the state before and after, and wakes the halves that it concerns:
//!
//! - The queue got shorter: the senders, which wait until a message fits or until everything is written.
//! - Something was queued: the receiver, which writes for all while it waits.
//! - A sender read ahead, because it waited for the peer: the receiver, as the bytes are in the read buffer now.
//! - The connection began to close, or ended: all of them.

mod receiver;
mod reunite;
mod sender;
mod wakers;

pub use receiver::Receiver;
pub use reunite::ReuniteError;
pub use sender::Sender;

use super::{WebSocket, driver::Driver};
use crate::{CloseCode, CloseError, State};
use ::tokio::io::{AsyncRead, AsyncWrite};
use alloc::sync::Arc;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wakers::{RECEIVER, Wakers};

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Splits the connection into two halves, to receive in one task and to send from others.
    ///
    /// The [`Sender`] can be cloned. Keep one task waiting in [`Receiver::recv`], even if no messages are expected: it also
    /// writes what the senders queue, answers pings and checks deadlines. [`Receiver::reunite`] joins the halves again.
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
        let slot = wakers.add();
        let waker = Waker::from(wakers.clone());
        let halves = Mutex::new(Halves { socket: self, is_receiver_gone: false });
        let shared = Arc::new(Shared { halves, wakers, waker });
        (Receiver { shared: shared.clone() }, Sender { shared, slot })
    }
}

/// The connection that the halves share, and their wakers.
struct Shared<S> {
    halves: Mutex<Halves<S>>,
    wakers: Arc<Wakers>,
    /// The waker of `wakers`, with which all halves poll the stream.
    waker: Waker,
}

struct Halves<S> {
    socket: WebSocket<S>,
    /// Whether the receiver was dropped, so that the senders have to receive.
    is_receiver_gone: bool,
}

impl<S> Halves<S> {
    fn driver(&mut self) -> &mut Driver<S> {
        &mut self.socket.driver
    }
}

impl<S> Shared<S> {
    /// Locks the shared connection. A poisoned lock is used all the same: only the caller's stream can panic in a poll, and it
    /// leaves nothing half changed here.
    fn lock(&self) -> MutexGuard<'_, Halves<S>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues the Close frame, for either half.
    fn begin_close(&self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let mut halves = self.lock();
        let connection = halves.socket.connection();
        let was_open = connection.state() == State::Open;
        connection.close(code, reason)?;
        drop(halves);
        if was_open {
            // Senders that wait until a message fits get an error now. A receiver that waits has to write the frame, and its
            // timer has to be set to the close deadline.
            self.waker.wake_by_ref();
        }
        Ok(())
    }

    /// Runs a poll of the half with this slot, and wakes the other halves for which it has changed something.
    fn poll<T>(
        &self,
        slot: usize,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Halves<S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before the poll, so that a wake-up during the poll or right after it finds the waker.
        self.wakers.wait(slot, cx.waker());
        let mut halves = self.lock();
        let before = halves.driver().progress();
        let outcome = run(&mut halves, &mut Context::from_waker(&self.waker));
        let now = halves.driver().progress();
        drop(halves);
        if outcome.is_ready() {
            self.wakers.done(slot);
        }
        if now == before {
            return outcome;
        }
        let state_changed = now.state != before.state;
        if state_changed || now.queued < before.queued {
            self.wakers.wake_senders();
        }
        // The receiver itself has just polled, and need not be woken for its own changes.
        if slot != RECEIVER && (state_changed || now.reads != before.reads || now.queued > before.queued) {
            self.wakers.wake_receiver();
        }
        outcome
    }
}
