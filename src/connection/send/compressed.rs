//! Messages that leave compressed (RFC 7692 §6.1).
//!
//! Whether there is room in the output is asked before anything is compressed: a compressor that has seen a message which was
//! not sent would be out of step with the peer.

use super::{COMPRESSED, Output, Prepared, Sender, check_room, prepared::Encoded};
use crate::{
    Config, Data, SendError,
    deflate::{Agreement, CHUNK, Deflating, MEDIUM_CHUNK, Options, SHORT_CHUNK, bound},
    frame::{Header, MAX_HEADER_LEN, Opcode},
};
use alloc::{borrow::Cow, vec::Vec};

impl Sender {
    /// From now on messages may be sent compressed.
    pub(crate) fn agree(&mut self, agreement: Agreement, options: &Options) {
        self.deflating = Deflating::new(self.role, agreement, options);
    }

    pub(crate) const fn deflating(&mut self) -> &mut Deflating {
        &mut self.deflating
    }

    /// Sends a whole message, compressed if that makes it shorter. Apart, so that connections without compression do not pay.
    #[inline(never)]
    pub(super) fn message_to_compress(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        if let Some(options) = config.deflate.as_ref().filter(|options| self.deflating.takes(data.len(), options)) {
            check_room(MAX_HEADER_LEN.saturating_add(data.len()), output, config)?;
            let mut send = |chunk: &mut [u8]| self.compressed_message(kind, &data, chunk, options, output, config);
            let is_sent = match bound(data.len()) {
                0..SHORT_CHUNK => send(&mut [0; SHORT_CHUNK])?,
                SHORT_CHUNK..MEDIUM_CHUNK => send(&mut [0; MEDIUM_CHUNK])?,
                MEDIUM_CHUNK.. => send(&mut [0; CHUNK])?,
            };
            if is_sent {
                return Ok(());
            }
        }
        self.data_frame(self.header(kind, true, data.len()), data, output, config)
    }

    /// Sends a whole message compressed, if that makes it shorter.
    fn compressed_message(
        &mut self,
        kind: Opcode,
        payload: &[u8],
        chunk: &mut [u8],
        options: &Options,
        output: &mut Output,
        config: &Config,
    ) -> Result<bool, SendError> {
        let Some(compressed) = self.deflating.message(payload, chunk, options) else { return Ok(false) };
        let header = Header { reserved: COMPRESSED, ..self.header(kind, true, compressed.len()) };
        let data = match compressed {
            Cow::Borrowed(lent) => lent.into(),
            Cow::Owned(owned) => owned.into(),
        };
        self.data_frame(header, data, output, config)?;
        Ok(true)
    }

    /// The payload of a fragment as it is to be sent: `None` if it is sent as it is.
    pub(super) fn compress_chunk(
        &mut self,
        payload: &[u8],
        last: bool,
        output: &Output,
        config: &Config,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let Some(options) = &config.deflate else { return Ok(None) };
        let compressed = if self.message.is_some() { self.deflating.in_message() } else { self.deflating.is_on() };
        if !compressed {
            return Ok(None);
        }
        check_room(MAX_HEADER_LEN.saturating_add(bound(payload.len())), output, config)?;
        Ok(self.deflating.chunk(payload, last, options))
    }

    /// The compressed form of a message for many connections, if it is to be sent and there is room for it.
    pub(super) fn compress_prepared<'m>(
        &mut self,
        message: &'m Prepared,
        output: &Output,
        config: &Config,
    ) -> Result<Option<&'m Encoded>, SendError> {
        let Some(options) = &config.deflate else { return Ok(None) };
        if !self.deflating.takes(message.plain().payload().len(), options) {
            return Ok(None);
        }
        let Some(encoded) = self.deflating.window_bits().and_then(|bits| message.compressed(bits, options)) else {
            return Ok(None);
        };
        check_room(MAX_HEADER_LEN.saturating_add(encoded.payload().len()), output, config)?;
        self.deflating.forget();
        Ok(Some(encoded))
    }
}
