//! The direct read: a driver reads payload straight into the message that is being assembled.

use super::Receiver;
#[cfg(feature = "std")]
use super::current_frame::Frame;
use crate::bug::OrBug;
use alloc::vec::Vec;
use bytes::{BufMut, buf::Limit};

impl Receiver {
    /// See [`Connection::direct_read`](crate::Connection::direct_read).
    pub(crate) fn direct_read<T>(&mut self, read: impl FnOnce(&mut DirectRead<'_>) -> T) -> Option<T> {
        #[cfg(feature = "deflate")]
        if self.decompression.is_compressed() {
            return None;
        }
        let frame = self.frame.as_mut().filter(|frame| !frame.is_control())?;
        let (data, limit) = self.store.spare_capacity(frame.left)?;
        let before = data.len();
        let result = read(&mut DirectRead(data.limit(limit)));
        // The one place in which these bytes are received.
        let bytes = data.get_mut(before..).or_bug();
        if !bytes.is_empty() {
            frame.unmask(bytes);
            self.message_len += bytes.len();
            self.position = self.position.wrapping_add(bytes.len() as u64);
            self.message_seen = true;
        }
        Some(result)
    }

    /// Whether all bytes of a frame are received, but its end is not yet processed.
    #[cfg(feature = "std")]
    pub(crate) const fn has_complete_frame(&self) -> bool {
        matches!(self.frame, Some(Frame { left: 0, .. }))
    }
}

/// Spare capacity in the message being assembled: see [`Connection::direct_read`](crate::Connection::direct_read). It is limited to
/// what is missing of the current frame, so that nothing of the next one gets into it.
#[derive(Debug)]
pub struct DirectRead<'a>(Limit<&'a mut Vec<u8>>);

impl DirectRead<'_> {
    /// Reads from a blocking `reader` until the capacity is used up, the stream ends, or there is an error such as a timeout. It returns
    /// the number of bytes read; 0 means the end of the stream. The memory is not zeroed first.
    ///
    /// # Errors
    ///
    /// Those of the reader. What was read before the error is kept.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: impl std::io::Read) -> std::io::Result<usize> {
        use std::io::Read;
        let (limit, before) = (Limit::limit(&self.0), self.0.get_ref().len());
        let outcome = reader.take(limit as u64).read_to_end(self.0.get_mut());
        let read = self.0.get_ref().len() - before;
        self.0.set_limit(limit.saturating_sub(read));
        outcome
    }

    /// The capacity as a [`BufMut`], for example for Tokio's `read_buf`.
    pub fn as_buf_mut(&mut self) -> &mut impl BufMut {
        &mut self.0
    }
}
