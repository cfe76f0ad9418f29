//! The direct read: what a driver reads straight into the message that is being assembled.

use super::{Receiver, frame::Frame};
use alloc::vec::Vec;
use bytes::{BufMut, buf::Limit};

impl Receiver {
    /// See [`Connection::direct_read`](crate::Connection::direct_read).
    pub(crate) fn direct_read(&mut self) -> Option<DirectRead<'_>> {
        #[cfg(feature = "deflate")]
        if self.decompression.is_compressed() {
            return None;
        }
        let frame = self.frame.as_mut().filter(|frame| !frame.is_control())?;
        let (data, limit) = self.store.spare_capacity(frame.left)?;
        Some(DirectRead {
            data: data.limit(limit),
            received_len: &mut self.message_len,
            frame,
            position: &mut self.position,
            message_seen: &mut self.message_seen,
        })
    }

    /// Whether a direct read has completed a frame that has not been looked at.
    #[cfg(feature = "std")]
    pub(crate) const fn has_complete_frame(&self) -> bool {
        matches!(self.frame, Some(Frame { left: 0, .. }))
    }
}

/// Spare capacity in the message being assembled: see [`Connection::direct_read`](crate::Connection::direct_read). It is limited to
/// what is missing of the current frame, so that nothing of the next one gets into it.
///
/// What was read counts as received when this is dropped.
//
// It is the only owner of what is read directly: dropping it unmasks the bytes and counts them. If it is leaked, the bytes stay
// masked, and the message is wrong; nothing else is.
#[derive(Debug)]
#[must_use = "read into it, or into a buffer"]
pub struct DirectRead<'a> {
    data: Limit<&'a mut Vec<u8>>,
    /// How many of the bytes in `data` are received.
    received_len: &'a mut usize,
    frame: &'a mut Frame,
    position: &'a mut u64,
    message_seen: &'a mut bool,
}

impl DirectRead<'_> {
    /// Reads from a blocking `reader` until the capacity is used up, the stream ends, or there is an error such as a timeout;
    /// returns how many bytes were read. 0 means the end of the stream. The memory is not zeroed first.
    ///
    /// # Errors
    ///
    /// Those of the reader. What was read before the error is kept.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: impl std::io::Read) -> std::io::Result<usize> {
        use std::io::Read;
        let (limit, before) = (Limit::limit(&self.data), self.data.get_ref().len());
        let outcome = reader.take(limit as u64).read_to_end(self.data.get_mut());
        let read = self.data.get_ref().len() - before;
        self.data.set_limit(limit.saturating_sub(read));
        outcome
    }

    /// The capacity as a [`BufMut`], for example for Tokio's `read_buf`.
    pub fn as_buf_mut(&mut self) -> &mut impl BufMut {
        &mut self.data
    }
}

impl Drop for DirectRead<'_> {
    fn drop(&mut self) {
        let read = self.data.get_mut().get_mut(*self.received_len..).unwrap_or_default();
        if read.is_empty() {
            return;
        }
        self.frame.unmask(read);
        *self.received_len += read.len();
        *self.position = self.position.wrapping_add(read.len() as u64);
        *self.message_seen = true;
    }
}
