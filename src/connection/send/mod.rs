//! Messages to frames (RFC 6455 §5.1, §6.1).

#[cfg(feature = "deflate")]
mod compressed;
mod output;
mod prepared;
mod segment;

pub use output::Output;
pub use prepared::Prepared;

#[cfg(feature = "deflate")]
use crate::deflate::Deflating;
use crate::{
    Config, Data, Role, SendError,
    frame::{Header, MAX_CONTROL_PAYLOAD, Opcode},
};

/// The sending half of a connection.
#[derive(Debug)]
pub(crate) struct Sender {
    role: Role,
    /// The kind of the message whose chunks are being sent: text or binary.
    message: Option<Opcode>,
    /// Whether a part of a message was sent since this was last asked.
    message_seen: bool,
    #[cfg(feature = "deflate")]
    deflating: Deflating,
}

/// RSV1: "Per-Message Compressed" (RFC 7692 §6), on the first frame of a message.
#[cfg(feature = "deflate")]
const COMPRESSED: u8 = 4;

impl Sender {
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            message: None,
            message_seen: false,
            #[cfg(feature = "deflate")]
            deflating: Deflating::default(),
        }
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// Sends a whole message.
    #[inline]
    pub(crate) fn message(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::InMessage);
        }
        #[cfg(feature = "deflate")]
        if self.deflating.is_on() {
            return self.message_to_compress(kind, data, output, config);
        }
        self.data_frame(self.header(kind, true, data.len()), data, output, config)
    }

    /// Sends a part of a message.
    pub(crate) fn chunk(
        &mut self,
        kind: Opcode,
        data: Data<'_>,
        last: bool,
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        let opcode = match self.message {
            None => kind,
            Some(begun) if begun == kind => Opcode::Continuation,
            Some(_) => return Err(SendError::ChunkKind),
        };
        #[cfg(feature = "deflate")]
        let (data, reserved) = match self.compress_chunk(&data, last, output, config)? {
            Some(compressed) => (compressed.into(), if opcode == Opcode::Continuation { 0 } else { COMPRESSED }),
            None => (data, 0),
        };
        #[cfg(not(feature = "deflate"))]
        let reserved = 0;
        let header = Header { reserved, ..self.header(opcode, last, data.len()) };
        self.data_frame(header, data, output, config)?;
        self.message = (!last).then_some(kind);
        Ok(())
    }

    /// Sends a message that was encoded beforehand; a client has to mask it anew.
    pub(crate) fn prepared(
        &mut self,
        message: &Prepared,
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::InMessage);
        }
        let (encoded, reserved) = (message.plain(), 0);
        #[cfg(feature = "deflate")]
        let (encoded, reserved) = match self.compress_prepared(message, output, config)? {
            Some(compressed) => (compressed, COMPRESSED),
            None => (encoded, reserved),
        };
        match self.role {
            Role::Client => {
                let payload = encoded.payload();
                let header = Header { reserved, ..self.header(message.kind(), true, payload.len()) };
                self.data_frame(header, payload.into(), output, config)
            }
            Role::Server => {
                check_room(encoded.frame().len(), output, config)?;
                self.message_seen = true;
                output.push_encoded(encoded.frame());
                Ok(())
            }
        }
    }

    #[inline]
    fn data_frame(
        &mut self,
        mut header: Header,
        data: Data<'_>,
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        check_room(header.encoded_len().saturating_add(data.len()), output, config)?;
        draw_key(&mut header, config);
        self.message_seen = true;
        output.push(&header, data);
        Ok(())
    }

    /// Sends a ping, or an unsolicited pong.
    pub(crate) fn control(
        &self,
        opcode: Opcode,
        payload: &[u8],
        output: &mut Output,
        config: &Config,
    ) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        check_room(self.header(opcode, true, payload.len()).encoded_len() + payload.len(), output, config)?;
        self.unlimited(opcode, payload, output, config);
        Ok(())
    }

    /// Sends a control frame that is bounded by other means than the limit on the output.
    pub(crate) fn unlimited(&self, opcode: Opcode, payload: &[u8], output: &mut Output, config: &Config) {
        let mut header = self.header(opcode, true, payload.len());
        draw_key(&mut header, config);
        output.push(&header, payload.into());
    }

    /// Answers a ping.
    pub(crate) fn pong(&self, payload: &[u8], output: &mut Output, config: &Config) {
        let mut header = self.header(Opcode::Pong, true, payload.len());
        draw_key(&mut header, config);
        output.push_pong(&header, payload, config.limits.pongs);
    }

    /// Whether a part of a message was sent since this was last asked.
    pub(crate) fn take_message_seen(&mut self) -> bool {
        core::mem::take(&mut self.message_seen)
    }

    /// A header whose key is still to be drawn, so that what is not sent uses none up.
    fn header(&self, opcode: Opcode, fin: bool, len: usize) -> Header {
        let key = matches!(self.role, Role::Client).then_some([0; 4]);
        Header { fin, reserved: 0, opcode, key, payload_len: len as u64 }
    }
}

/// "When preparing a masked frame, the client MUST pick a fresh masking key" (§5.3): for each frame.
fn draw_key(header: &mut Header, config: &Config) {
    header.key = header.key.map(|_| (config.entropy)());
}

fn check_room(frame: usize, output: &Output, config: &Config) -> Result<(), SendError> {
    let (queued, limit) = (output.len(), config.limits.output);
    if frame > limit.saturating_sub(queued) { Err(SendError::Full { frame, queued, limit }) } else { Ok(()) }
}
