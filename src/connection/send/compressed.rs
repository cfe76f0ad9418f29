//! Messages that are sent compressed (RFC 7692 §6.1).
//!
//! The compressor and the peer's decompressor must see the same bytes. With context takeover, a message can refer to all messages
//! before it. So every path here keeps the two in step:
//!
//! - The limit on the output is checked before anything is compressed, with an upper bound of the size. A message that was
//!   compressed is always queued.
//! - A message that compression does not make shorter is sent plain, and the compressor forgets it, since it is not in the peer's
//!   window.
//! - A [`Prepared`] message was compressed elsewhere, so that it is in the peer's window, but not in that of this compressor: the
//!   compressor forgets everything before it.
//! - The chunks of a message are all compressed or all plain, as RSV1 in the first frame says. Each is compressed up to a byte
//!   boundary, so that the peer can decompress it before the next one arrives.

use super::{COMPRESSED, Prepared, Sender, prepared::Encoded};
use crate::{
    Config, Data, SendError,
    deflate::{Agreement, Compression, Options, bound, with_scratch},
    frame::{MAX_HEADER_LEN, Opcode},
};
use alloc::{borrow::Cow, vec::Vec};

impl Sender {
    /// Allows compressed messages from now on.
    pub(crate) fn agree(&mut self, agreement: Agreement, options: &Options) {
        self.compression = Compression::new(self.role, agreement, options);
    }

    /// Frees the compressor, when the connection begins to close: nothing more is compressed.
    pub(crate) fn discard_context(&mut self) {
        self.compression.discard();
    }

    /// Queues a whole message, compressed if that makes it shorter. It is never inlined, so that it costs connections without
    /// compression nothing.
    #[inline(never)]
    pub(super) fn message_to_compress(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        config: &Config,
    ) -> Result<(), SendError> {
        if let Some(options) = config.deflate.as_ref().filter(|options| self.compression.takes(data.len(), options)) {
            // The plain size is an upper bound: a message that does not get shorter is sent plain.
            self.check_output_limit(MAX_HEADER_LEN.saturating_add(data.len()), config)?;
            if with_scratch(|chunk| self.compressed_message(kind, &data, chunk, options, config))? {
                return Ok(());
            }
        }
        self.data_frame(kind, 0, true, data, config)
    }

    /// Queues a whole message compressed, if that makes it shorter, and returns whether it did.
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

    /// Returns the compressed payload of a chunk, or `None` if the chunk is sent plain.
    pub(super) fn compress_chunk(
        &mut self,
        payload: &[u8],
        last: bool,
        compress: bool,
        config: &Config,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let Some(options) = &config.deflate else { return Ok(None) };
        // The first chunk decides.
        let is_compressed = match self.message {
            Some(_) => self.compression.in_message(),
            None => self.compression.is_agreed() && compress,
        };
        if !is_compressed {
            return Ok(None);
        }
        // A chunk is sent compressed even if that makes it longer.
        self.check_output_limit(MAX_HEADER_LEN.saturating_add(bound(payload.len())), config)?;
        Ok(self.compression.chunk(payload, last, options))
    }

    /// Returns the compressed form of a message for many connections, or `None` if the message is sent plain.
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
