//! The fast path for a binary message in many small fragments.

use super::{Kind, Receiver};
use crate::{Config, Delivery, ProtocolError, frame::Header};
use core::mem;

impl Receiver {
    /// Takes the fragments off the front of `input` that lie there whole and do not end their message: they are copied and
    /// unmasked at once. Everything else is left to the slow path, which judges it.
    pub(super) fn take_fragments(&mut self, input: &mut &mut [u8], config: &Config) -> Result<(), ProtocolError> {
        if self.kind != Some(Kind::Binary) || self.header_len > 0 || config.delivery != Delivery::Messages {
            return Ok(());
        }
        #[cfg(feature = "deflate")]
        if self.inflating.is_compressed() {
            return Ok(());
        }
        while input.first() == Some(&0)
            && let Some(fragment) = Header::decode_short(input, self.from)
        {
            let come = self.message_len.saturating_add(fragment.len);
            if fragment.len == 0 || fragment.len > config.limits.frame || come > config.limits.message {
                break;
            }
            let end = fragment.header_len + fragment.len;
            let Some(payload) = input.get(fragment.header_len..end) else { break };
            self.position = self.position.wrapping_add(end as u64);
            self.store.push_masked(payload, fragment.key, config.limits.message).map_err(|_| self.no_memory())?;
            self.message_len = come;
            self.message_seen = true;
            self.empty_run = 0;
            *input = mem::take(input).get_mut(end..).unwrap_or_default();
        }
        Ok(())
    }
}
