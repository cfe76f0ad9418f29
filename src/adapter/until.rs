//! When a call that writes has done enough, the same in all adapters.

use crate::{Connection, State};

/// From this many queued bytes on, the next message waits. It is far below `Limits::output`, so that a slow peer slows down its
/// sender before it costs much memory.
pub(super) const HIGH_WATER: usize = 64 * 1024;

/// When a write has done enough.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// Everything is written.
    Written,
    /// A message with a payload of this size fits.
    Fits(usize),
}

impl Until {
    pub(super) fn is_reached(self, connection: &Connection) -> bool {
        match self {
            Self::Written => false,
            // Waiting would not help here: the connection decides whether the message can be sent at all.
            Self::Fits(_) if connection.buffered_amount() == 0 || connection.state() != State::Open => true,
            Self::Fits(len) => connection.buffered_amount() < HIGH_WATER && connection.fits(len),
        }
    }
}
