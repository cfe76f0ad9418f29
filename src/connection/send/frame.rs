//! Frames out: the limit on the output, and the masking key of each frame.

use super::Sender;
use crate::{
    Config, Data, Role, SendError,
    frame::{MAX_HEADER_LEN, Opcode, encoded_len, first_byte},
    message::DataRepr,
};

impl Sender {
    /// Queues a frame of a message.
    #[inline]
    pub(super) fn data_frame(
        &mut self,
        opcode: Opcode,
        reserved: u8,
        fin: bool,
        data: Data<'_>,
        config: &Config,
    ) -> Result<(), SendError> {
        self.check_data_frame(data.len(), config)?;
        let (first, key) = (first_byte(fin, reserved, opcode), self.draw_key(config));
        match data.0 {
            DataRepr::Borrowed(payload) => self.output.push(first, key, payload),
            DataRepr::Owned(payload) => self.output.push_owned(first, key, payload),
        }
        Ok(())
    }

    /// Returns an error if a frame of a message with `payload_len` bytes would exceed the limit on the output. Otherwise it must be
    /// queued next.
    #[inline]
    pub(super) fn check_data_frame(&mut self, payload_len: usize, config: &Config) -> Result<(), SendError> {
        // The longest header fits in most cases, which saves the exact length.
        if self.output.len().saturating_add(payload_len).saturating_add(MAX_HEADER_LEN) > config.limits.output {
            self.check_output_limit(self.frame_len(payload_len), config)?;
        }
        self.message_seen = true;
        Ok(())
    }

    /// Returns a new masking key on a client, and `None` on a server. "When preparing a masked frame, the client MUST pick a fresh
    /// masking key" (§5.3). It is drawn after all checks, so that a frame that is not sent uses none.
    #[inline]
    pub(super) fn draw_key(&self, config: &Config) -> Option<[u8; 4]> {
        matches!(self.role, Role::Client).then(|| (config.entropy)())
    }

    /// Returns the length of a frame, with its header.
    #[inline]
    pub(super) fn frame_len(&self, payload_len: usize) -> usize {
        encoded_len(matches!(self.role, Role::Client), payload_len as u64).saturating_add(payload_len)
    }

    /// Returns an error if a frame of `frame` bytes would exceed the limit on the output.
    #[inline(never)]
    pub(super) fn check_output_limit(&self, frame: usize, config: &Config) -> Result<(), SendError> {
        // Saturating, since pongs and the Close frame may have exceeded the limit already.
        let (queued, limit) = (self.output.len(), config.limits.output);
        let exceeds = frame > limit.saturating_sub(queued);
        if exceeds && !(self.has_reserved && frame <= limit) {
            return Err(SendError::Full { frame, queued, limit });
        }
        Ok(())
    }
}

/// Returns the first byte of a control frame.
pub(super) fn control_byte(opcode: Opcode) -> u8 {
    first_byte(true, 0, opcode)
}
