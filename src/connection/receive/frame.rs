//! The frame whose payload is coming.

use crate::{
    Input,
    frame::{Header, Opcode, mask, rotate_key},
};

/// How much of a compressed payload is shown to the decompressor at a time: if it stops on the way, the rest has to be masked
/// again.
#[cfg(feature = "deflate")]
const PIECE: usize = 16 * 1024;

/// A frame whose payload is coming.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    /// Rotated to the next byte.
    pub(super) key: Option<[u8; 4]>,
    /// How many bytes are still to come.
    pub(super) left: u64,
}

impl From<&Header> for Frame {
    fn from(header: &Header) -> Self {
        Self { fin: header.fin, opcode: header.opcode, key: header.key, left: header.payload_len }
    }
}

impl Frame {
    /// What `input` has of the payload, unmasked.
    #[inline]
    pub(super) fn take_piece<'b>(&mut self, input: &mut Input<'b>) -> &'b mut [u8] {
        let piece = input.take(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.unmask(piece);
        piece
    }

    #[inline]
    pub(super) fn unmask(&mut self, piece: &mut [u8]) {
        if let Some(key) = &mut self.key {
            mask(piece, *key);
            *key = rotate_key(*key, piece.len());
        }
        self.left = self.left.saturating_sub(piece.len() as u64);
    }
}

#[cfg(feature = "deflate")]
impl Frame {
    /// What `input` has of the payload, unmasked there, but not taken off.
    pub(super) fn show_piece<'i>(&self, input: &'i mut [u8]) -> &'i [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(PIECE);
        let piece = input.get_mut(..len).unwrap_or_default();
        if let Some(key) = self.key {
            mask(piece, key);
        }
        piece
    }

    /// Takes `len` bytes off the front of `input`, of what was shown; the rest is masked again.
    pub(super) fn take_shown(&mut self, input: &mut Input<'_>, len: usize) {
        let shown = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(PIECE);
        if let Some(key) = &mut self.key {
            *key = rotate_key(*key, len);
            mask(input.0.get_mut(len..shown).unwrap_or_default(), *key);
        }
        self.left = self.left.saturating_sub(len as u64);
        input.take(len);
    }
}
