//! The direct read: a driver reads payload straight into the message that is being assembled.
//!
//! It is the only way in beside the input. The bytes are unmasked and counted in one place, when the read is over. The end of the
//! frame is not processed then, but by the next `receive`, so that there is one path to an event.

use super::Receiver;
#[cfg(feature = "std")]
use super::current_frame::Frame;
use crate::bug::OrBug;
use alloc::vec::Vec;
use bytes::{BufMut, buf::Limit};

impl Receiver {
    /// See [`Connection::direct_read`](crate::Connection::direct_read).
    pub(crate) fn direct_read<T>(&mut self, read: impl FnOnce(&mut DirectRead<'_>) -> T) -> Option<T> {
        // Compressed payload is not the content of the message.
        #[cfg(feature = "deflate")]
        if self.decompression.is_compressed() {
            return None;
        }
        let frame = self.frame.as_mut().filter(|frame| !frame.is_control())?;
        let (data, limit) = self.store.spare_capacity(frame.left)?;
        let before = data.len();
        let result = read(&mut DirectRead(data.limit(limit)));
        // Counted by the length of the vector and not by the result of `read`, which may return an error after some bytes were
        // read.
        let bytes = data.get_mut(before..).or_bug();
        if !bytes.is_empty() {
            frame.unmask(bytes);
            self.message_len += bytes.len();
            self.position = self.position.wrapping_add(bytes.len() as u64);
            self.message_seen = true;
        }
        Some(result)
    }

    /// Returns whether all bytes of a frame are received, but its end is not yet processed.
    #[cfg(feature = "std")]
    pub(crate) const fn has_complete_frame(&self) -> bool {
        matches!(self.frame, Some(Frame { left: 0, .. }))
    }

    /// Returns whether an event may be ready without new bytes: at the end of a frame, or if the decompressor may have more than
    /// was delivered.
    #[inline]
    pub(crate) fn may_hold_event(&self) -> bool {
        let Some(frame) = &self.frame else { return false };
        #[cfg(feature = "deflate")]
        if self.decompression.is_compressed() {
            return true;
        }
        frame.left == 0
    }
}

/// Spare capacity in the message being assembled: [`Connection::direct_read`](crate::Connection::direct_read) passes it to your
/// closure.
///
/// Fill it with `read_from` from a blocking reader, or through [`as_buf_mut`](Self::as_buf_mut) from anything
/// else. It is limited to the missing part of the current frame, so that no bytes of the next frame get into the message.
#[derive(Debug)]
pub struct DirectRead<'a>(Limit<&'a mut Vec<u8>>);

impl DirectRead<'_> {
    /// Reads from a blocking `reader` until the capacity is used up, the stream ends, or the reader returns an error, such as a
    /// timeout. Returns the number of bytes read. In the first call of a direct read, 0 means the end of the stream. The memory is
    /// not zeroed first.
    ///
    /// # Errors
    ///
    /// Returns the error of the reader, except for [`Interrupted`](std::io::ErrorKind::Interrupted), after which it reads again.
    /// Bytes that were read before the error are part of the message, and the connection can still be used.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: impl std::io::Read) -> std::io::Result<usize> {
        use std::io::Read;
        let (limit, before) = (Limit::limit(&self.0), self.0.get_ref().len());
        let outcome = reader.take(limit as u64).read_to_end(self.0.get_mut());
        let read = self.0.get_ref().len() - before;
        self.0.set_limit(limit.saturating_sub(read));
        outcome
    }

    /// Returns the capacity as a [`BufMut`], for example for Tokio's `read_buf`. Bytes that you append are part of the message.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// use bytes::BufMut;
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// # let payload = vec![7; 10_000];
    /// # let mut first = b"\x82\x7e\x27\x10".to_vec();
    /// # first.extend_from_slice(&payload[..5_000]);
    /// # let stream = &payload[5_000..];
    /// # assert_eq!(connection.receive(&mut Input::from(&mut first)), None);
    ///
    /// let copied = connection.direct_read(|space| {
    ///     let space = space.as_buf_mut();
    ///     let len = stream.len().min(space.remaining_mut());
    ///     space.put_slice(&stream[..len]);
    ///     len
    /// });
    /// assert_eq!(copied, Some(5_000));
    /// assert_eq!(connection.poll_event(), Some(Event::Binary(payload.into())));
    /// ```
    pub fn as_buf_mut(&mut self) -> &mut impl BufMut {
        &mut self.0
    }
}
