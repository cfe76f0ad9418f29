//! Two halves of a connection, for different tasks.
//!
//! They share one [`WebSocket`] behind a mutex, which is locked during a poll and never across an `await`. How the halves wake each
//! other is in the module `wakers`.

mod receiver;
mod reunite;
mod sender;

pub use receiver::Receiver;
pub use reunite::ReuniteError;
pub use sender::Sender;

use super::{
    WebSocket,
    driver::Driver,
    runtime::Runtime,
    wakers::{RECEIVER, Tasks, Waiter},
};
use crate::{CloseCode, CloseError, State};
use alloc::sync::Arc;
use core::task::{Context, Poll};
use std::sync::{Mutex, MutexGuard, PoisonError};

impl<S, T: Runtime<S>> WebSocket<S, T> {
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
    pub fn split(mut self) -> (Receiver<S, T>, Sender<S, T>) {
        self.driver.tasks = None; // nobody else waits for a connection that is moved
        let tasks = Tasks::new(RECEIVER + 1);
        let slot = tasks.add();
        let halves = Mutex::new(Halves { socket: self, is_receiver_gone: false });
        let shared = Arc::new(Shared { halves, tasks });
        (Receiver { shared: shared.clone() }, Sender { shared, slot, is_ready: false })
    }
}

/// The connection that the halves share, and the tasks that wait for it.
struct Shared<S, T> {
    halves: Mutex<Halves<S, T>>,
    tasks: Tasks,
}

struct Halves<S, T> {
    socket: WebSocket<S, T>,
    /// Whether the receiver was dropped, so that the senders have to receive.
    is_receiver_gone: bool,
}

impl<S, T> Halves<S, T> {
    fn driver(&mut self) -> &mut Driver<S, T> {
        &mut self.socket.driver
    }
}

impl<S, T> Shared<S, T> {
    /// Locks the shared connection. A poisoned lock is used all the same: only the caller's stream can panic in a poll, and it
    /// leaves nothing half changed here.
    fn lock(&self) -> MutexGuard<'_, Halves<S, T>> {
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
            self.tasks.wake_all();
        }
        Ok(())
    }

    /// Runs a poll of a half, and wakes the other halves for which it has changed something.
    fn poll<R>(
        &self,
        waiter: Waiter,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Halves<S, T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let (outcome, before, now) = {
            let mut halves = self.lock();
            let before = halves.driver().progress();
            let outcome = self.tasks.poll(waiter, cx, |cx| run(&mut halves, cx));
            (outcome, before, halves.driver().progress())
        };
        self.tasks.finish(waiter, outcome.is_ready(), &before, &now);
        outcome
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use crate::{Config, Connection, Role, adapter::tokio::WebSocket};

    /// A sender that is dropped frees its slot, so that clones for single messages do not add up.
    #[test]
    fn dropped_senders_leave_nothing() {
        let (near, _far) = ::tokio::io::duplex(10);
        let (_receiver, sender) = WebSocket::new(near, Connection::new(Role::Server, Config::default())).split();
        let first = sender.clone();
        let slot = first.slot;
        drop(first);
        for _ in 0..100 {
            assert_eq!(sender.clone().slot, slot);
        }
    }
}
