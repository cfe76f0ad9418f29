//! The frame whose payload is arriving: its key, and how much of it is missing.
//!
//! There are two ways to consume payload. [`take_payload`](Frame::take_payload) consumes all of it at once, for plain messages, and
//! leaves it to the caller whether it is unmasked in place or while it is copied. `peek_payload` and `take_peeked` are for
//! compressed ones, of which the decompressor decides how much it consumes.

use super::{
    Kind,
    raw_payload::{LONG, RawPayload},
};
#[cfg(feature = "deflate")]
use crate::bug::OrBug;
use crate::{
    Input,
    frame::{Opcode, mask, rotate_key},
};

/// How much of a compressed payload is passed to the decompressor at a time. If it stops early, the rest has to be masked again, so
/// that a larger value would mask more in vain.
#[cfg(feature = "deflate")]
const MAX_PEEK: usize = 16 * 1024;

/// A frame whose payload is arriving.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) fin: bool,
    pub(super) content: Content,
    /// The masking key, rotated so that it begins with the key of the next byte.
    pub(super) key: Option<[u8; 4]>,
    /// The number of bytes of payload that are still to be received.
    pub(super) left: u64,
}

/// The message or control frame that a payload belongs to.
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

    /// Consumes the part of the payload that is in `input`. If it is short, it is unmasked at once.
    #[inline]
    pub(super) fn take_payload<'b>(&mut self, input: &mut Input<'b>) -> RawPayload<'b> {
        let bytes = input.take(usize::try_from(self.left).unwrap_or(usize::MAX));
        if bytes.len() < LONG {
            self.unmask(bytes);
            return RawPayload::new(bytes, None);
        }
        let key = self.count(bytes.len());
        RawPayload::new(bytes, key)
    }

    /// Unmasks the next bytes of the payload, and counts them as received.
    #[inline]
    pub(super) fn unmask(&mut self, payload: &mut [u8]) {
        if let Some(key) = self.count(payload.len()) {
            mask(payload, key);
        }
    }

    /// Counts bytes of the payload as received, and returns the key that they begin with.
    #[inline]
    fn count(&mut self, len: usize) -> Option<[u8; 4]> {
        self.left = self.left.saturating_sub(len as u64);
        let key = self.key;
        self.key = key.map(|key| rotate_key(key, len));
        key
    }
}

#[cfg(feature = "deflate")]
impl Frame {
    /// Unmasks the next part of the payload in `input` and returns it, without consuming it. A call of
    /// [`take_peeked`](Self::take_peeked) must follow.
    pub(super) fn peek_payload<'i>(&self, input: &'i mut [u8]) -> &'i [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(MAX_PEEK);
        let payload = input.get_mut(..len).or_bug();
        if let Some(key) = self.key {
            mask(payload, key);
        }
        payload
    }

    /// Consumes `len` bytes of the part that [`peek_payload`](Self::peek_payload) returned. The rest of it is masked again, since
    /// the caller's buffer must be as it was received: the next call unmasks it once more.
    pub(super) fn take_peeked(&mut self, input: &mut Input<'_>, len: usize) {
        // The same length as in `peek_payload`, since neither `left` nor `input` has changed since then.
        let shown = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len()).min(MAX_PEEK);
        if let Some(key) = &mut self.key {
            *key = rotate_key(*key, len);
            mask(input.0.get_mut(len..shown).or_bug(), *key);
        }
        self.left = self.left.saturating_sub(len as u64);
        input.take(len);
    }
}
