//! The end of what a connection has compressed, so that it needs no compressor while it is idle.

use alloc::collections::VecDeque;

/// The most that is kept, in bytes. Similar messages are close together, so the window, up to 32 KiB, would shorten the next message
/// by little, and quadruple what an idle connection holds.
const MAX_LEN: usize = 8 * 1024;

/// The last bytes that were compressed, at most as many as the window has. With them, another compressor can refer to the earlier
/// messages: it gets them as its dictionary.
#[derive(Default)]
pub(super) struct History(VecDeque<u8>);

impl History {
    /// Adds a message, and forgets what no longer fits in a window of this size.
    pub(super) fn add(&mut self, message: &[u8], window: usize) {
        let (Self(bytes), window) = (self, window.min(MAX_LEN));
        let message = message.get(message.len().saturating_sub(window)..).unwrap_or(message);
        let excess = (bytes.len() + message.len()).saturating_sub(window).min(bytes.len());
        drop(bytes.drain(..excess));
        let len = bytes.len() + message.len();
        if len > bytes.capacity() {
            bytes.reserve_exact((2 * len).min(window).saturating_sub(bytes.len()));
        }
        bytes.extend(message);
    }

    /// Forgets everything, and frees the memory.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the bytes in order, in two parts.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        self.0.as_slices().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// It is the end of all that was added, in memory of at most the window.
    #[test]
    fn the_end() {
        const WINDOW: usize = 512;
        let all: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for step in [1, 7, 100, 511, 512, 513, 2000] {
            let (mut history, mut added) = (History::default(), 0);
            for part in all.chunks(step) {
                history.add(part, WINDOW);
                added += part.len();
                assert_eq!(history.parts().concat(), all[added.saturating_sub(WINDOW)..added]);
                let capacity = history.0.capacity();
                assert!(capacity <= WINDOW && capacity <= 2 * added);
            }
            history.clear();
            assert_eq!((history.0.len(), history.0.capacity()), (0, 0));
        }
    }
}
