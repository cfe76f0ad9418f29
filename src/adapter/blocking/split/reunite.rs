use super::{Receiver, Sender};
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
