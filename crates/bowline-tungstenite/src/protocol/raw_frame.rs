//! Raw frames that the caller sends: `Message::Frame`.

use super::frame::{
    Frame,
    coding::{Control, Data, OpCode},
};
use crate::{Result, error::ProtocolError};
use bowline::{Connection, Text};
use bytes::Bytes;

/// The message that the caller is sending in fragments.
#[derive(Debug, Default)]
pub(super) enum Fragments {
    #[default]
    None,
    Binary,
    /// A text message, with the first bytes of a character that the last fragment has cut. They are sent with the next one, since
    /// bowline validates text, and a boundary between fragments has no meaning (RFC 6455 §5.4).
    Text(Vec<u8>),
}

/// What the caller has to do for a frame.
pub(super) enum Raw {
    /// The frame is queued.
    Queued,
    /// It is a Close frame, with this payload.
    Close(Bytes),
}

impl Fragments {
    /// Queues a frame. The masking key of its header does not count: a client draws a fresh one, and a server uses none.
    pub(super) fn send(&mut self, connection: &mut Connection, frame: Frame) -> Result<Raw> {
        let header = frame.header();
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(ProtocolError::NonZeroReservedBits.into());
        }
        let (opcode, last) = (header.opcode, header.is_final);
        let payload = frame.into_payload();
        match opcode {
            OpCode::Control(_) if !last => return Err(ProtocolError::FragmentedControlFrame.into()),
            OpCode::Control(Control::Close) => return Ok(Raw::Close(payload)),
            OpCode::Control(Control::Ping) => connection.ping(&payload).map_err(error)?,
            OpCode::Control(Control::Pong) => connection.pong(&payload).map_err(error)?,
            OpCode::Control(Control::Reserved(opcode)) => {
                return Err(ProtocolError::UnknownControlFrameType(opcode).into());
            }
            OpCode::Data(Data::Reserved(opcode)) => return Err(ProtocolError::UnknownDataFrameType(opcode).into()),
            OpCode::Data(data) => self.send_data(connection, data, payload, last)?,
        }
        Ok(Raw::Queued)
    }

    fn send_data(&mut self, connection: &mut Connection, kind: Data, payload: Bytes, last: bool) -> Result<()> {
        match (kind, &mut *self) {
            (Data::Continue, Self::None) => return Err(ProtocolError::UnexpectedContinueFrame.into()),
            (Data::Text | Data::Binary, Self::Text(_) | Self::Binary) => {
                return Err(ProtocolError::ExpectedFragment(kind).into());
            }
            (Data::Text, Self::None) if last => connection.send_text(Text::try_from(payload)?).map_err(error)?,
            (_, Self::None) if last => connection.send_binary(payload).map_err(error)?,
            (Data::Text, Self::None) => {
                let mut cut = Vec::new();
                send_text(connection, &mut cut, &payload, last)?;
                *self = Self::Text(cut);
            }
            (_, Self::Text(cut)) => send_text(connection, cut, &payload, last)?,
            (_, state) => {
                connection.send_binary_chunk(payload, last).map_err(error)?;
                *state = Self::Binary;
            }
        }
        if last {
            *self = Self::None;
        }
        Ok(())
    }
}

/// Queues a fragment of text, except for a character that it cuts.
fn send_text(connection: &mut Connection, cut: &mut Vec<u8>, payload: &[u8], last: bool) -> Result<()> {
    let bytes = [cut.as_slice(), payload].concat();
    let valid_len = match str::from_utf8(&bytes) {
        Ok(_) => bytes.len(),
        Err(invalid) if !last && invalid.error_len().is_none() => invalid.valid_up_to(),
        Err(invalid) => return Err(invalid.into()),
    };
    let (text, rest) = bytes.split_at_checked(valid_len).unwrap_or((&bytes, &[]));
    connection.send_text_chunk(str::from_utf8(text)?, last).map_err(error)?;
    *cut = rest.to_vec();
    Ok(())
}

/// Returns the error for a message that cannot be sent.
pub(super) fn error(error: bowline::SendError) -> crate::Error {
    match error {
        bowline::SendError::ControlTooLong(_) => ProtocolError::ControlFrameTooBig.into(),
        bowline::SendError::InMessage | bowline::SendError::ChunkKind => {
            ProtocolError::ExpectedFragment(Data::Continue).into()
        }
        // The limit on the output is checked before, with the message at hand. So only an end of the connection is left that
        // the caller has not yet seen: a deadline, or a failed transport.
        _ => ProtocolError::SendAfterClosing.into(),
    }
}
