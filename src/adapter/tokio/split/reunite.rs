//! The way back from two halves to a connection.

use super::{Receiver, Sender};
use crate::adapter::tokio::WebSocket;
use alloc::sync::Arc;
use core::{error::Error, fmt};

impl<S> Receiver<S> {
    /// Joins the two halves again.
    ///
    /// ```no_run
    /// # use bowline::adapter::tokio::WebSocket;
    /// # fn run(socket: WebSocket<tokio::net::TcpStream>) -> Result<(), Box<dyn std::error::Error>> {
    /// let (receiver, sender) = socket.split();
    /// let socket = receiver.reunite(sender)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], with both halves in it, if they are not halves of the same connection, or if there is another clone of the
    /// sender.
    pub fn reunite(self, sender: Sender<S>) -> Result<WebSocket<S>, ReuniteError<S>> {
        if !self.is_pair_of(&sender) || Arc::strong_count(&self.shared) > 2 {
            return Err(ReuniteError(self, sender));
        }
        let shared = self.shared.clone();
        drop((self, sender));
        match Arc::try_unwrap(shared) {
            Ok(shared) => {
                let halves = shared.halves.into_inner();
                Ok(halves.unwrap_or_else(std::sync::PoisonError::into_inner).socket)
            }
            Err(shared) => {
                debug_assert!(false, "nobody else could clone it");
                shared.lock().is_receiver_gone = false;
                let slot = shared.wakers.add();
                Err(ReuniteError(Self { shared: shared.clone() }, Sender { shared, slot }))
            }
        }
    }
}

/// Two halves that could not be joined, returned by [`Receiver::reunite`]: they are not halves of the same connection, or there
/// is another clone of the sender.
pub struct ReuniteError<S>(pub Receiver<S>, pub Sender<S>);

impl<S> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_pair_of(&self.1) {
            "cannot join the halves: there is another clone of the sender"
        } else {
            "cannot join the halves: they are not of the same connection"
        })
    }
}

impl<S> Error for ReuniteError<S> {}

impl<S> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReuniteError").field(&self.0).field(&self.1).finish()
    }
}
