//! Messages to frames (RFC 6455 §5.1, §6.1).
//!
//! The order is the same for each frame: check whether the message may be sent now, check the limit on the output, compress, draw
//! the masking key, queue. After the limit is checked, nothing fails. So an error leaves everything unchanged, the compressor
//! included.
//!
//! Nothing here reads input, and nothing checks the phase: `Connection` does that first.

mod append;
#[cfg(feature = "deflate")]
mod compressed;
mod frame;
mod output;
mod prepared;
mod segment;
#[cfg(feature = "std")]
mod write_to;

pub(crate) use output::MIN_UNCOPIED;
pub use output::Output;
pub use prepared::Prepared;

#[cfg(feature = "deflate")]
use crate::deflate::Compression;
use crate::{
    Config, Data, Role, SendError,
    frame::{MAX_CONTROL_PAYLOAD, Opcode, first_byte},
};
use alloc::vec::Vec;
use frame::control_byte;

/// The sending half of a connection, with its output.
#[derive(Debug)]
pub(crate) struct Sender {
    role: Role,
    /// The kind of the message whose chunks are being sent, text or binary, until its last chunk is queued.
    message: Option<Opcode>,
    /// Whether a part of a message was queued since the last [`take_message_seen`](Self::take_message_seen).
    message_seen: bool,
    /// Whether writing to the transport has failed. Pings that arrive after that are not answered. The phase stops everything else.
    write_failed: bool,
    /// Whether the limit on the output counts the next message alone: see `Connection::send_reserved`.
    pub(crate) has_reserved: bool,
    pub(crate) output: Output,
    #[cfg(feature = "deflate")]
    compression: Compression,
}

/// RSV1: "Per-Message Compressed" (RFC 7692 §6), on the first frame of a message.
#[cfg(feature = "deflate")]
const COMPRESSED: u8 = 4;

impl Sender {
    /// Creates a sender that writes `first` before anything else.
    pub(crate) fn new(role: Role, first: Vec<u8>) -> Self {
        Self {
            role,
            message: None,
            message_seen: false,
            write_failed: false,
            has_reserved: false,
            output: Output::starting_with(first),
            #[cfg(feature = "deflate")]
            compression: Compression::default(),
        }
    }

    /// Returns whether an idle connection has memory to free.
    pub(crate) fn holds_space(&self) -> bool {
        #[cfg(feature = "deflate")]
        if self.compression.can_rest() {
            return true;
        }
        self.output.holds_space()
    }

    /// Frees the memory that is kept for the next messages. Nothing is lost by that.
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "`config` is for compression"))]
    pub(crate) fn release(&mut self, config: &Config) {
        self.output.release();
        #[cfg(feature = "deflate")]
        if let Some(options) = &config.deflate {
            self.compression.rest(options);
        }
    }

    /// Returns the role of this endpoint.
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// Queues a whole message, whose payload is copied.
    #[inline]
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "`compress` is for compression"))]
    pub(crate) fn message(
        &mut self,
        kind: Opcode,
        payload: &[u8],
        compress: bool,
        config: &Config,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::InMessage);
        }
        #[cfg(feature = "deflate")]
        if self.compression.is_agreed() && compress {
            return self.message_to_compress(kind, payload.into(), config);
        }
        self.check_data_frame(payload.len(), config)?;
        self.output.push(first_byte(true, 0, kind), self.draw_key(config), payload);
        Ok(())
    }

    /// Queues a whole message, whose payload is owned, and long enough for a segment of its own.
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "`compress` is for compression"))]
    pub(crate) fn long_message(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        compress: bool,
        config: &Config,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::InMessage);
        }
        #[cfg(feature = "deflate")]
        if self.compression.is_agreed() && compress {
            return self.message_to_compress(kind, data, config);
        }
        self.data_frame(kind, 0, true, data, config)
    }

    /// Queues a chunk of a message.
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "`compress` is for compression"))]
    pub(crate) fn chunk(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        last: bool,
        compress: bool,
        config: &Config,
    ) -> Result<(), SendError> {
        let opcode = match self.message {
            None => kind,
            Some(begun) if begun == kind => Opcode::Continuation,
            Some(_) => return Err(SendError::ChunkKind),
        };
        // RSV1 is for the first frame of a message only (RFC 7692 §6.1).
        #[cfg(feature = "deflate")]
        let (data, reserved) = match self.compress_chunk(&data, last, compress, config)? {
            Some(compressed) => (compressed.into(), if opcode == Opcode::Continuation { 0 } else { COMPRESSED }),
            None => (data, 0),
        };
        #[cfg(not(feature = "deflate"))]
        let reserved = 0;
        self.data_frame(opcode, reserved, last, data, config)?;
        self.message = (!last).then_some(kind);
        Ok(())
    }

    /// Queues a message that was encoded beforehand. A server shares the encoded frame. A client encodes and masks the payload
    /// anew.
    pub(crate) fn prepared(&mut self, message: &Prepared, config: &Config) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::InMessage);
        }
        let (encoded, reserved) = (message.plain(), 0);
        #[cfg(feature = "deflate")]
        let (encoded, reserved) = match self.compress_prepared(message, config)? {
            Some(compressed) => (compressed, COMPRESSED),
            None => (encoded, reserved),
        };
        match self.role {
            Role::Client => self.data_frame(message.kind(), reserved, true, encoded.payload().into(), config),
            Role::Server => {
                self.check_output_limit(encoded.frame().len(), config)?;
                self.message_seen = true;
                self.output.push_encoded(encoded.frame());
                Ok(())
            }
        }
    }

    /// Queues a ping, or an unsolicited pong.
    pub(crate) fn control(&mut self, opcode: Opcode, payload: &[u8], config: &Config) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        self.check_output_limit(self.frame_len(payload.len()), config)?;
        self.output.push(control_byte(opcode), self.draw_key(config), payload);
        Ok(())
    }

    /// Queues the Close frame. The limit on the output does not apply, since there is only one, and it must be sent.
    pub(crate) fn close(&mut self, body: &[u8], config: &Config) {
        self.output.push(control_byte(Opcode::Close), self.draw_key(config), body);
        self.output.close_queued();
    }

    /// Returns the length of a Close frame with a body of `len` bytes.
    pub(crate) const fn close_len(&self, len: usize) -> usize {
        match self.role {
            Role::Client => 6 + len,
            Role::Server => 2 + len,
        }
    }

    /// Answers a ping. The limit on the output does not apply, since `Limits::pongs` bounds the pongs that wait.
    pub(crate) fn pong(&mut self, payload: &[u8], config: &Config) {
        if !self.write_failed {
            self.output.push_pong(control_byte(Opcode::Pong), self.draw_key(config), payload, config.limits.pongs);
        }
    }

    /// Records that nothing can be written any more.
    pub(crate) const fn write_failed(&mut self) {
        self.write_failed = true;
    }

    /// Returns whether a part of a message was queued since the last call.
    pub(crate) fn take_message_seen(&mut self) -> bool {
        core::mem::take(&mut self.message_seen)
    }
}
