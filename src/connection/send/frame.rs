//! Frames out: the limit on the output, and the masking key of each frame.

use super::Sender;
use crate::{
    Config, Data, Role, SendError,
    frame::{Header, Opcode},
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
        let header = Header { fin, reserved, opcode, key: None, payload_len: data.len() as u64 };
        self.check_output_limit(self.encoded_len(&header).saturating_add(data.len()), config)?;
        self.message_seen = true;
        self.output.push(&self.keyed(header, config), data);
        Ok(())
    }

    /// Returns the header as it is sent: on a client with a new masking key. "When preparing a masked frame, the client MUST pick a
    /// fresh masking key" (§5.3). It is drawn after all checks, so that a frame that is not sent uses none.
    #[inline]
    pub(super) fn keyed(&self, header: Header, config: &Config) -> Header {
        Header { key: matches!(self.role, Role::Client).then(|| (config.entropy)()), ..header }
    }

    /// Returns the encoded length that a header without a key will have with its key.
    #[inline]
    pub(super) fn encoded_len(&self, header: &Header) -> usize {
        header.encoded_len() + if matches!(self.role, Role::Client) { 4 } else { 0 }
    }

    /// Returns an error if a frame of `frame` bytes would exceed the limit on the output.
    #[inline]
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

/// Returns the header of a control frame, which has no key yet.
pub(super) fn control_header(opcode: Opcode, payload: &[u8]) -> Header {
    Header { fin: true, reserved: 0, opcode, key: None, payload_len: payload.len() as u64 }
}
