use super::coding::{Control, Data, OpCode};
use crate::{Error, Result, error::ProtocolError};
use std::io::{Cursor, Write};

/// The header of a frame, without the length of its payload.
#[expect(clippy::struct_excessive_bools, reason = "the fields of the original, which are the bits of the header")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether the message ends with this frame.
    pub is_final: bool,
    /// The first bit for extensions.
    pub rsv1: bool,
    /// The second bit for extensions.
    pub rsv2: bool,
    /// The third bit for extensions.
    pub rsv3: bool,
    /// The opcode.
    pub opcode: OpCode,
    /// The masking key, or `None` if the payload is not masked.
    pub mask: Option<[u8; 4]>,
}

impl Default for FrameHeader {
    fn default() -> Self {
        Self {
            is_final: true,
            rsv1: false,
            rsv2: false,
            rsv3: false,
            opcode: OpCode::Control(Control::Close),
            mask: None,
        }
    }
}

impl FrameHeader {
    /// Reads a header, and returns it with the length of the payload. Returns `None`, and leaves the cursor where it is, if the
    /// header is not complete.
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::InvalidOpcode`] if the opcode is not defined.
    pub fn parse(cursor: &mut Cursor<impl AsRef<[u8]>>) -> Result<Option<(Self, u64)>> {
        let position = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let bytes = cursor.get_ref().as_ref().get(position..).unwrap_or_default();
        let Some((header, length, size)) = Self::decode(bytes)? else { return Ok(None) };
        cursor.set_position((position + size) as u64);
        Ok(Some((header, length)))
    }

    /// Returns a header at the front of `bytes` with the length of the payload and its own, or `None` if it is not complete.
    pub(in crate::protocol) fn decode(bytes: &[u8]) -> Result<Option<(Self, u64, usize)>> {
        let Some((&[first, second], rest)) = bytes.split_first_chunk() else { return Ok(None) };
        let (length, rest) = match second & 0x7F {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (length.into(), rest),
        };
        let (mask, rest) = match rest.split_first_chunk() {
            Some((mask, rest)) if second & 0x80 != 0 => (Some(*mask), rest),
            None if second & 0x80 != 0 => return Ok(None),
            _ => (None, rest),
        };
        let opcode = OpCode::from(first & 0x0F);
        if matches!(opcode, OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_))) {
            return Err(Error::Protocol(ProtocolError::InvalidOpcode(first & 0x0F)));
        }
        let [is_final, rsv1, rsv2, rsv3] = [0x80, 0x40, 0x20, 0x10].map(|bit| first & bit != 0);
        let header = Self { is_final, rsv1, rsv2, rsv3, opcode, mask };
        Ok(Some((header, length, bytes.len() - rest.len())))
    }

    /// Returns the number of bytes of the header of a frame with `length` bytes of payload.
    #[must_use]
    pub const fn len(&self, length: u64) -> usize {
        let extended = match length {
            0..=125 => 0,
            126..=0xFFFF => 2,
            _ => 8,
        };
        2 + extended + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Writes the header of a frame with `length` bytes of payload.
    ///
    /// # Errors
    ///
    /// Returns the errors of `output`.
    pub fn format(&self, length: u64, output: &mut impl Write) -> Result<()> {
        let bits = [(self.is_final, 0x80), (self.rsv1, 0x40), (self.rsv2, 0x20), (self.rsv3, 0x10)];
        let first = bits.iter().filter(|(is_set, _)| *is_set).fold(self.opcode.into(), |byte: u8, (_, bit)| byte | bit);
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ 0..=125), _) => output.write_all(&[first, masked | length])?,
            (_, Ok(length)) => {
                output.write_all(&[first, masked | 0x7E])?;
                output.write_all(&length.to_be_bytes())?;
            }
            _ => {
                output.write_all(&[first, masked | 0x7F])?;
                output.write_all(&length.to_be_bytes())?;
            }
        }
        output.write_all(self.mask.as_ref().map_or(&[], |mask| &mask[..]))?;
        Ok(())
    }
}
