//! `reunite`, which joins two halves to one connection.

use super::{Receiver, Sender};
use crate::adapter::task::{Tokio, WebSocket};
use alloc::sync::Arc;
use core::{error::Error, fmt};

impl<S, T> Receiver<S, T> {
    /// Joins the two halves to one [`WebSocket`] again, with everything that was read and queued. Nothing is written or read.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, adapter::tokio::{ReuniteError, WebSocket}};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (stream, _peer) = tokio::io::duplex(64);
    /// # let socket = WebSocket::new(stream, Connection::new(Role::Client, Config::default()));
    /// let (receiver, sender) = socket.split();
    /// let clone = sender.clone();
    /// let Err(ReuniteError(receiver, sender)) = receiver.reunite(sender) else { panic!("there is a clone") };
    /// drop(clone);
    /// let socket = receiver.reunite(sender)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] if the two are not halves of the same connection, or if there is another clone of the sender. It contains
    /// both halves, which can still be used.
    pub fn reunite(self, sender: Sender<S, T>) -> Result<WebSocket<S, T>, ReuniteError<S, T>> {
        if !self.is_pair_of(&sender) || Arc::strong_count(&self.shared) > 2 {
            return Err(ReuniteError(self, sender));
        }
        let shared = self.shared.clone();
        // Before `try_unwrap`, as each half has a reference.
        drop((self, sender));
        match Arc::try_unwrap(shared) {
            Ok(shared) => {
                let halves = shared.halves.into_inner();
                Ok(halves.unwrap_or_else(std::sync::PoisonError::into_inner).socket)
            }
            Err(shared) => {
                debug_assert!(false, "nobody else could clone it");
                shared.lock().is_receiver_gone = false;
                let slot = shared.tasks.add();
                Err(ReuniteError(Self { shared: shared.clone() }, Sender { shared, slot, is_ready: false }))
            }
        }
    }
}

/// The error of [`Receiver::reunite`], with the two halves: they are not halves of the same connection, or there is another clone
/// of the sender.
pub struct ReuniteError<S, T = Tokio>(pub Receiver<S, T>, pub Sender<S, T>);

impl<S, T> fmt::Display for ReuniteError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_pair_of(&self.1) {
            "cannot join the halves: there is another clone of the sender, which has to be dropped first"
        } else {
            "cannot join the halves: they are halves of different connections"
        })
    }
}

impl<S, T> Error for ReuniteError<S, T> {}

impl<S, T> fmt::Debug for ReuniteError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReuniteError").field(&self.0).field(&self.1).finish()
    }
}
