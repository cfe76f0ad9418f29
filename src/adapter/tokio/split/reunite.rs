use super::{Receiver, Sender};
use core::{error::Error, fmt};

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
