//! Where a message that spans reads is put together.

use crate::{Payload, Text, Violation, frame::extend_masked, utf8::Piece};
use alloc::{string::String, vec::Vec};
use bytes::{BufMut, buf::Limit};
use core::mem;

/// Below this, in bytes received and in bytes missing, the second door is not worth its while.
const WORTHWHILE: usize = 4096;

/// The part of a message that has come.
#[derive(Debug, Default)]
pub(crate) enum Store {
    #[default]
    Empty,
    Text(String),
    Binary(Vec<u8>),
}

impl Store {
    /// Appends a piece of text. `most` is what the message can come to.
    pub(crate) fn push_text(&mut self, piece: &Piece<'_>, most: usize) -> Result<(), Violation> {
        if !matches!(self, Self::Text(_)) {
            *self = Self::Text(String::new());
        }
        let Self::Text(text) = self else { return Ok(()) };
        let need = text.len() + piece.first.map_or(0, char::len_utf8) + piece.rest.len();
        if need > text.capacity() {
            text.try_reserve_exact(roomy(need, most) - text.len()).map_err(|_| Violation::NoMemory)?;
        }
        text.extend(piece.first);
        text.push_str(piece.rest);
        Ok(())
    }

    /// Appends a piece of binary data. `most` is what the message can come to.
    pub(crate) fn push_binary(&mut self, piece: &[u8], most: usize) -> Result<(), Violation> {
        self.binary_with_room(piece.len(), most)?.extend_from_slice(piece);
        Ok(())
    }

    /// Appends a piece of binary data, unmasked on the way.
    #[inline]
    pub(crate) fn push_masked(&mut self, piece: &[u8], key: [u8; 4], most: usize) -> Result<(), Violation> {
        extend_masked(self.binary_with_room(piece.len(), most)?, piece, key);
        Ok(())
    }

    /// The binary data, with room for `len` more bytes.
    #[inline]
    fn binary_with_room(&mut self, len: usize, most: usize) -> Result<&mut Vec<u8>, Violation> {
        if !matches!(self, Self::Binary(_)) {
            *self = Self::Binary(Vec::new());
        }
        let Self::Binary(data) = self else { return Err(Violation::NoMemory) };
        let need = data.len() + len;
        if need > data.capacity() {
            data.try_reserve_exact(roomy(need, most) - data.len()).map_err(|_| Violation::NoMemory)?;
        }
        Ok(data)
    }

    pub(crate) fn take_text(&mut self) -> Text<'static> {
        match mem::take(self) {
            Self::Text(text) => text.into(),
            _ => "".into(),
        }
    }

    pub(crate) fn take_binary(&mut self) -> Payload<'static> {
        match mem::take(self) {
            Self::Binary(data) => data.into(),
            _ => Vec::new().into(),
        }
    }

    /// What came through the second door after the first `known` bytes.
    pub(crate) fn binary_beyond(&mut self, known: usize) -> &mut [u8] {
        match self {
            Self::Binary(data) => data.get_mut(known..).unwrap_or_default(),
            _ => &mut [],
        }
    }

    /// The second door: space for a part of the `missing` bytes of a frame.
    pub(crate) fn lend(&mut self, missing: u64) -> Option<Assembly<'_>> {
        let Self::Binary(data) = self else { return None };
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        if data.len().min(missing) < WORTHWHILE {
            return None;
        }
        if data.capacity() == data.len() {
            data.try_reserve_exact(missing.min(data.len())).ok()?;
        }
        let room = missing.min(data.capacity() - data.len());
        Some(Assembly(data.limit(room)))
    }
}

/// The capacity to hold `need` bytes of a message that can come to `most`.
///
/// Memory follows what has arrived, never what was declared: a connection holds at most 2 × the payload received, and half
/// a KiB for small beginnings. Doubling keeps the copying linear.
fn roomy(need: usize, most: usize) -> usize {
    need.saturating_mul(2).max(need.saturating_add(512)).min(most).max(need)
}

/// Space in which a large payload is assembled: see [`Connection::assembly`](crate::Connection::assembly). It is limited to what is
/// missing of the frame, so that nothing of the next one gets into it.
#[derive(Debug)]
pub struct Assembly<'a>(Limit<&'a mut Vec<u8>>);

impl Assembly<'_> {
    /// Reads from a blocking `reader` until the space is full, the stream ends, or there is an error such as a timeout;
    /// returns how many bytes came. 0 is the end of the stream. The space is not zeroed first.
    ///
    /// # Errors
    ///
    /// Those of the reader. What came before the error is kept.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: impl std::io::Read) -> std::io::Result<usize> {
        use std::io::Read;
        let (room, before) = (Limit::limit(&self.0), self.0.get_ref().len());
        let outcome = reader.take(room as u64).read_to_end(self.0.get_mut());
        let came = self.0.get_ref().len() - before;
        self.0.set_limit(room.saturating_sub(came));
        outcome
    }

    /// The space as a [`BufMut`] that takes no more than what is missing and there is room for, such as Tokio's
    /// `read_buf` fills.
    pub fn limited(&mut self) -> &mut impl BufMut {
        &mut self.0
    }
}
