//! Two halves of a connection, for different tasks.

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
    /// Splits it into two halves, to receive in one task and to send from others. [`Receiver::reunite`] joins them again.
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

/// What the halves have in common.
struct Shared<S> {
    halves: Mutex<Halves<S>>,
    wakers: Arc<Wakers>,
    /// That of `wakers`: wakes all halves.
    waker: Waker,
}

struct Halves<S> {
    socket: WebSocket<S>,
    is_receiver_gone: bool,
}

impl<S> Halves<S> {
    fn driver(&mut self) -> &mut Driver<S> {
        &mut self.socket.driver
    }
}

impl<S> Shared<S> {
    /// A stream that panicked under another half has left nothing half done here.
    fn lock(&self) -> MutexGuard<'_, Halves<S>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the closing handshake, for either half.
    fn begin_close(&self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let mut halves = self.lock();
        let connection = halves.socket.connection();
        let was_open = connection.state() == State::Open;
        connection.close(code, reason)?;
        drop(halves);
        if was_open {
            // Senders that wait until a message fits can stop waiting, and a receiver that waits has a new deadline.
            self.waker.wake_by_ref();
        }
        Ok(())
    }

    /// Lets the half with this slot do something with the connection, and wakes the halves that it concerns.
    fn poll<T>(
        &self,
        slot: usize,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Halves<S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before looking at the stream, so that nothing that happens after that is missed.
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
        // A receiver that waits writes what is queued.
        if slot != RECEIVER && (state_changed || now.reads != before.reads || now.queued > before.queued) {
            self.wakers.wake_receiver();
        }
        outcome
    }
}
