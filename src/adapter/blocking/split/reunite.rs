//! `reunite`, which joins two halves to one connection.

use super::{Receiver, Sender};
use crate::adapter::blocking::WebSocket;
use alloc::sync::Arc;
use core::fmt;

/// The error of [`Receiver::reunite`], with the two halves: they are not halves of the same connection, or there is another clone
/// of the sender.
pub struct ReuniteError<S>(pub Receiver<S>, pub Sender<S>);

impl<S> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if Arc::ptr_eq(&self.0.shared, &self.1.shared) {
            "cannot join the halves: there is another clone of the sender, which has to be dropped first"
        } else {
            "cannot join the halves: they are halves of different connections"
        })
    }
}

impl<S> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReuniteError").field(&self.0).field(&self.1).finish()
    }
}

impl<S> std::error::Error for ReuniteError<S> {}

impl<S> Receiver<S> {
    /// Joins the halves again. No clones of the sender may be left.
    ///
    /// # Errors
    ///
    /// Returns both halves if they do not belong together, or if the sender has clones.
    pub fn reunite(self, sender: Sender<S>) -> Result<WebSocket<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.shared, &sender.shared) || Arc::strong_count(&self.shared) != 2 {
            return Err(ReuniteError(self, sender));
        }
        drop(sender);
        match Arc::try_unwrap(self.shared) {
            Ok(shared) => Ok(shared.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).socket),
            Err(shared) => Err(ReuniteError(Self { shared: shared.clone() }, Sender { shared })),
        }
    }
}
