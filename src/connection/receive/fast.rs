//! The fast paths: a message in a single frame that is complete in the input, and short fragments of a binary message. Everything
//! else, valid or not, is left to the general path, without having consumed any input. So there is one set of rules for headers.

use super::{Kind, Receiver, Store};
use crate::{
    Config, Input, ProtocolError, Role,
    bug::OrBug,
    frame::{Header, MAX_CONTROL_PAYLOAD, extend_masked, mask, mask_text},
    utf8,
};
use core::mem;

/// A message in a single frame that is complete in the input: its payload, unmasked.
pub(crate) enum Whole<'b> {
    /// A text message, which is not yet [validated](Receiver::validate), and whether it is certain to be ASCII.
    Text(&'b [u8], bool),
    Binary(&'b mut [u8]),
}

impl Receiver {
    /// Consumes a message in a single frame that is complete in `input`. Returns `None` for everything else, which is left to
    /// [`receive`](Self::receive).
    #[expect(clippy::inline_always, reason = "see `Connection::receive`")]
    #[inline(always)]
    pub(crate) fn receive_whole<'b>(&mut self, input: &mut Input<'b>) -> Option<Whole<'b>> {
        // Only between two messages: not inside a payload, a header or a fragmented message.
        if self.frame.is_some() || self.header_len > 0 || self.kind.is_some() {
            return None;
        }
        // FIN and the opcode. With a reserved bit it is compressed, or a violation.
        let is_text = match input.0.first()? {
            // Chunks of text are left to the general path: as a third outcome here, they would make the other two slower.
            0x81 if !self.in_chunks => true,
            0x82 => false,
            _ => return None,
        };
        let message = Header::decode_short(input.0, self.from)?;
        let end = message.header_len + message.len;
        // Too large for a limit, or not complete.
        if message.len >= self.whole_limit as usize || end > input.len() {
            return None;
        }
        let (frame, rest) = mem::take(&mut input.0).split_at_mut_checked(end).or_bug();
        input.0 = rest;
        let payload = frame.get_mut(message.header_len..).or_bug();
        self.position = self.position.wrapping_add(end as u64);
        self.message_seen = true;
        Some(match (is_text, self.from) {
            (true, Role::Client) => {
                let is_ascii = mask_text(payload, message.key);
                Whole::Text(payload, is_ascii)
            }
            (true, Role::Server) => Whole::Text(payload, utf8::is_short_ascii(payload)),
            (false, Role::Client) => {
                mask(payload, message.key);
                Whole::Binary(payload)
            }
            (false, Role::Server) => Whole::Binary(payload),
        })
    }

    /// Appends the short fragments at the front of `input` to the unfinished message, as long as they are complete in the input and
    /// neither the first nor the last of it. It stops at everything else: another frame, an empty fragment, which is counted, one
    /// that exceeds a limit, and one for which the message has to grow.
    #[inline(never)]
    pub(super) fn receive_fragments(&mut self, input: &mut Input<'_>, config: &Config) {
        // What was decompressed is stored as well.
        #[cfg(feature = "deflate")]
        if self.decompression.is_compressed() {
            return;
        }
        let (Some(Kind::Binary), Store::Binary(data)) = (self.kind, &mut self.store) else { return };
        let left = config.limits.message.saturating_sub(self.message_len);
        let mut space = left.min(data.capacity() - data.len());
        let largest = config.limits.frame.min(MAX_CONTROL_PAYLOAD);
        // A continuation without FIN, and without a reserved bit.
        while input.0.first() == Some(&0) {
            let Some(fragment) = Header::decode_short(input.0, self.from) else { return };
            let end = fragment.header_len + fragment.len;
            if !(1..=largest.min(space)).contains(&fragment.len) || end > input.len() {
                return;
            }
            let payload = input.take(end).get(fragment.header_len..).or_bug();
            match self.from {
                Role::Client => extend_masked(data, payload, fragment.key),
                Role::Server => data.extend_from_slice(payload),
            }
            space -= fragment.len;
            self.message_len = self.message_len.saturating_add(fragment.len);
            self.position = self.position.wrapping_add(end as u64);
            self.empty_run = 0;
            self.message_seen = true;
        }
    }

    /// Validates a text message that is complete, and that was just consumed.
    #[inline]
    pub(crate) fn validate<'b>(&self, payload: &'b [u8], is_ascii: bool) -> Result<&'b str, ProtocolError> {
        utf8::validate(payload, is_ascii).map_err(|invalid| self.invalid_text(payload.len(), invalid))
    }
}
