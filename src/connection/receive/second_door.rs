//! The second door: what a driver reads right into the space in which a message is assembled.

use super::{Assembly, Receiver};

impl Receiver {
    /// The second door: see [`Connection::assembly`](crate::Connection::assembly).
    pub(crate) fn assembly(&mut self) -> Option<Assembly<'_>> {
        self.settle();
        match self.frame {
            #[cfg(feature = "deflate")]
            Some(_) if self.inflating.is_compressed() => None,
            Some(frame) if !frame.opcode.is_control() => self.store.lend(frame.left),
            _ => None,
        }
    }

    /// Takes note of what came through the second door.
    pub(crate) fn settle(&mut self) {
        let Some(frame) = &mut self.frame else { return };
        let piece = self.store.binary_beyond(self.message_len);
        if frame.opcode.is_control() || piece.is_empty() {
            return;
        }
        frame.unmask(piece);
        self.message_len += piece.len();
        self.position = self.position.wrapping_add(piece.len() as u64);
        self.message_seen = true;
    }

    /// Whether the second door has completed a frame that has not been looked at.
    #[cfg(feature = "std")]
    pub(crate) fn holds_frame(&mut self) -> bool {
        self.settle();
        self.frame.is_some_and(|frame| frame.left == 0)
    }
}
