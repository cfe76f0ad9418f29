//! Messages that are sent compressed (RFC 7692 §6.1).
//!
//! The limit on the output is checked before anything is compressed: a compressor that has seen a message which was not sent
//! would be out of step with the peer.

use super::{COMPRESSED, Prepared, Sender, prepared::Encoded};
use crate::{
    Config, Data, SendError,
    deflate::{Agreement, Compression, Options, bound, with_scratch},
    frame::{MAX_HEADER_LEN, Opcode},
};
use alloc::{borrow::Cow, vec::Vec};

impl Sender {
    /// From now on messages may be sent compressed.
    pub(crate) fn agree(&mut self, agreement: Agreement, options: &Options) {
        self.compression = Compression::new(self.role, agreement, options);
    }

    /// Frees the compressor: nothing more is compressed.
    pub(crate) fn discard_context(&mut self) {
        self.compression.discard();
    }

    /// Sends a whole message, compressed if that makes it shorter. It is a function of its own so that it costs connections without
    /// compression nothing.
    #[inline(never)]
    pub(super) fn message_to_compress(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        config: &Config,
    ) -> Result<(), SendError> {
        if let Some(options) = config.deflate.as_ref().filter(|options| self.compression.takes(data.len(), options)) {
            self.check_output_limit(MAX_HEADER_LEN.saturating_add(data.len()), config)?;
            if with_scratch(|chunk| self.compressed_message(kind, &data, chunk, options, config))? {
                return Ok(());
            }
        }
        self.data_frame(kind, 0, true, data, config)
    }

    /// Sends a whole message compressed, if that makes it shorter.
    fn compressed_message(
        &mut self,
        kind: Opcode,
        payload: &[u8],
        chunk: &mut [u8],
        options: &Options,
        config: &Config,
    ) -> Result<bool, SendError> {
        let Some(compressed) = self.compression.message(payload, chunk, options) else { return Ok(false) };
        let data = match compressed {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        };
        self.data_frame(kind, COMPRESSED, true, data, config)?;
        Ok(true)
    }

    /// The payload of a fragment as it is to be sent: `None` if it is sent as it is.
    pub(super) fn compress_chunk(
        &mut self,
        payload: &[u8],
        last: bool,
        compress: bool,
        config: &Config,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let Some(options) = &config.deflate else { return Ok(None) };
        let is_compressed = match self.message {
            Some(_) => self.compression.in_message(),
            None => self.compression.is_agreed() && compress,
        };
        if !is_compressed {
            return Ok(None);
        }
        self.check_output_limit(MAX_HEADER_LEN.saturating_add(bound(payload.len())), config)?;
        Ok(self.compression.chunk(payload, last, options))
    }

    /// The compressed form of a message for many connections, if it is to be sent and fits.
    pub(super) fn compress_prepared<'m>(
        &mut self,
        message: &'m Prepared,
        config: &Config,
    ) -> Result<Option<&'m Encoded>, SendError> {
        let Some(options) = &config.deflate else { return Ok(None) };
        if !message.may_be_compressed() || !self.compression.takes(message.plain().payload().len(), options) {
            return Ok(None);
        }
        let Some(encoded) = self.compression.window_bits().and_then(|bits| message.compressed(bits, options)) else {
            return Ok(None);
        };
        self.check_output_limit(MAX_HEADER_LEN.saturating_add(encoded.payload().len()), config)?;
        self.compression.forget();
        Ok(Some(encoded))
    }
}
