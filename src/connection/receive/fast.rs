//! The fast path: a message in a single frame that is complete in the input. It reports no violation: everything else is left to the
//! general path.

use super::Receiver;
use crate::{
    Input, ProtocolError, Role,
    bug::OrBug,
    frame::{Header, mask},
    utf8,
};
use core::mem;

/// A message in a single frame that is whole in the input.
pub(crate) enum Whole<'b> {
    /// To be [validated](Receiver::validate).
    Text(&'b mut [u8]),
    Binary(&'b mut [u8]),
}

impl Receiver {
    /// The fast path: a message in a single frame that is whole in `input`. For everything else, `None`: that is for
    /// [`receive`](Self::receive).
    #[expect(clippy::inline_always, reason = "see `Connection::receive`")]
    #[inline(always)]
    pub(crate) fn receive_whole<'b>(&mut self, input: &mut Input<'b>) -> Option<Whole<'b>> {
        if self.frame.is_some() || self.header_len > 0 || self.kind.is_some() {
            return None;
        }
        let is_text = match input.0.first()? {
            0x81 => true,
            0x82 => false,
            _ => return None,
        };
        let message = Header::decode_short(input.0, self.from)?;
        let end = message.header_len + message.len;
        if message.len >= self.whole_limit as usize || end > input.len() {
            return None;
        }
        let (frame, rest) = mem::take(&mut input.0).split_at_mut_checked(end).or_bug();
        input.0 = rest;
        let payload = frame.get_mut(message.header_len..).or_bug();
        if self.from == Role::Client {
            mask(payload, message.key);
        }
        self.position = self.position.wrapping_add(end as u64);
        self.message_seen = true;
        Some(if is_text { Whole::Text(payload) } else { Whole::Binary(payload) })
    }

    /// A text message that is complete.
    #[inline]
    pub(crate) fn validate<'b>(&self, payload: &'b [u8]) -> Result<&'b str, ProtocolError> {
        utf8::validate(payload).map_err(|invalid| self.invalid_text(payload.len(), invalid))
    }
}
