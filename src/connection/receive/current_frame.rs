//! The frame whose payload is arriving.

use super::Kind;
#[cfg(feature = "deflate")]
use crate::bug::OrBug;
use crate::{
    Input,
    frame::{Opcode, mask, rotate_key},
};

/// How much of a compressed payload is passed to the decompressor at a time: if it stops early, the rest has to be masked again.
#[cfg(feature = "deflate")]
const MAX_PEEK: usize = 16 * 1024;

/// A frame whose payload is arriving.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) fin: bool,
    pub(super) content: Content,
    /// Rotated to the next byte.
    pub(super) key: Option<[u8; 4]>,
    /// How many bytes are still to be received.
    pub(super) left: u64,
}

/// What the payload of a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A message of this kind.
    Message(Kind),
    /// A control frame: Close, ping or pong.
    Control(Opcode),
}

impl Frame {
    pub(super) const fn is_control(&self) -> bool {
        matches!(self.content, Content::Control(_))
    }

    /// Takes what `input` has of the payload, unmasked.
    #[inline]
    pub(super) fn take_payload<'b>(&mut self, input: &mut Input<'b>) -> &'b mut [u8] {
        let payload = input.take(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.unmask(payload);
        payload
    }

    /// Unmasks the next bytes of the payload.
    #[inline]
    pub(super) fn unmask(&mut self, payload: &mut [u8]) {
        if let Some(key) = &mut self.key {
            mask(payload, *key);
            *key = rotate_key(*key, payload.len());
        }
        self.left = self.left.saturating_sub(payload.len() as u64);
    }
}

#[cfg(feature = "deflate")]
impl Frame {
    /// What `input` has of the payload, unmasked there, but not taken off.
    pub(super) fn peek_payload<'i>(&self, input: &'i mut [u8]) -> &'i [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(MAX_PEEK);
        let payload = input.get_mut(..len).or_bug();
        if let Some(key) = self.key {
            mask(payload, key);
        }
        payload
    }

    /// Takes `len` bytes off the front of `input`, of what [`peek_payload`](Self::peek_payload) showed; the rest is masked again.
    pub(super) fn take_peeked(&mut self, input: &mut Input<'_>, len: usize) {
        let shown = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(MAX_PEEK);
        if let Some(key) = &mut self.key {
            *key = rotate_key(*key, len);
            mask(input.0.get_mut(len..shown).or_bug(), *key);
        }
        self.left = self.left.saturating_sub(len as u64);
        input.take(len);
    }
}
