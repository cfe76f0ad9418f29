use super::{Receiver, Sender};
use crate::adapter::blocking::WebSocket;
use alloc::sync::Arc;
use core::fmt;

/// The halves could not be joined, as they do not belong together or as the sender has clones: both are returned.
pub struct ReuniteError<S> {
    /// The receiver, unchanged.
    pub receiver: Receiver<S>,
    /// The sender, unchanged.
    pub sender: Sender<S>,
}

impl<S> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of two connections, or the sender has clones")
    }
}

impl<S> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
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
            return Err(ReuniteError { receiver: self, sender });
        }
        drop(sender);
        match Arc::try_unwrap(self.shared) {
            Ok(shared) => Ok(shared.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).socket),
            Err(shared) => Err(ReuniteError { sender: Sender { shared: shared.clone() }, receiver: Self { shared } }),
        }
    }
}
