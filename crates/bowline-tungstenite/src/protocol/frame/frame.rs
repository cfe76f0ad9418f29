use super::{
    FrameHeader, Utf8Bytes,
    coding::{CloseCode, Control, OpCode},
};
use crate::Result;
use bytes::{Bytes, BytesMut};
use std::{fmt, io::Write, result::Result as StdResult, str::Utf8Error};

/// The content of a Close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// Why the connection ends, as a number.
    pub code: CloseCode,
    /// Why the connection ends, in words: at most 123 bytes.
    pub reason: Utf8Bytes,
}

impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.code)
    }
}

/// A frame: a header and a payload that is not masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    header: FrameHeader,
    payload: Bytes,
}

impl Frame {
    /// Returns the number of bytes of the whole frame, with its header.
    #[must_use]
    pub fn len(&self) -> usize {
        let payload = self.payload.len();
        self.header.len(payload as u64) + payload
    }

    /// Returns whether the frame has no bytes, which is never the case: a header has at least two.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &FrameHeader {
        &self.header
    }

    /// Returns the header, to change it.
    pub const fn header_mut(&mut self) -> &mut FrameHeader {
        &mut self.header
    }

    /// Returns the payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the payload as text, without a copy.
    ///
    /// # Errors
    ///
    /// Returns the error of the standard library if it is not UTF-8.
    pub fn into_text(self) -> StdResult<Utf8Bytes, Utf8Error> {
        self.payload.try_into()
    }

    /// Returns the payload, without a copy.
    #[must_use]
    pub fn into_payload(self) -> Bytes {
        self.payload
    }

    /// Returns the payload as text.
    ///
    /// # Errors
    ///
    /// Returns the error of the standard library if it is not UTF-8.
    pub fn to_text(&self) -> StdResult<&str, Utf8Error> {
        str::from_utf8(&self.payload)
    }

    /// Creates a frame of a message. `is_final` ends the message.
    pub fn message(data: impl Into<Bytes>, opcode: OpCode, is_final: bool) -> Self {
        debug_assert!(matches!(opcode, OpCode::Data(_)), "the opcode of a control frame");
        Self { header: FrameHeader { is_final, opcode, ..FrameHeader::default() }, payload: data.into() }
    }

    /// Creates a pong.
    pub fn pong(data: impl Into<Bytes>) -> Self {
        Self::control(Control::Pong, data.into())
    }

    /// Creates a ping.
    pub fn ping(data: impl Into<Bytes>) -> Self {
        Self::control(Control::Ping, data.into())
    }

    /// Creates a Close frame.
    #[must_use]
    pub fn close(msg: Option<CloseFrame>) -> Self {
        let payload = msg.map_or_else(Bytes::new, |CloseFrame { code, reason }| {
            let mut payload = BytesMut::with_capacity(2 + reason.len());
            payload.extend_from_slice(&u16::from(code).to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
            payload.freeze()
        });
        Self::control(Control::Close, payload)
    }

    fn control(opcode: Control, payload: Bytes) -> Self {
        Self { header: FrameHeader { opcode: OpCode::Control(opcode), ..FrameHeader::default() }, payload }
    }

    /// Creates a frame from its parts. The payload is not masked, whatever the header says.
    #[must_use]
    pub const fn from_payload(header: FrameHeader, payload: Bytes) -> Self {
        Self { header, payload }
    }

    /// Writes the frame. If the header has a mask, the payload is masked with it.
    ///
    /// # Errors
    ///
    /// Returns the errors of `output`.
    pub fn format(self, output: &mut impl Write) -> Result<()> {
        self.header.format(self.payload.len() as u64, output)?;
        match self.header.mask {
            Some(mask) => {
                let mut payload = Vec::from(self.payload);
                bowline::frame::mask(&mut payload, mask);
                output.write_all(&payload)?;
            }
            None => output.write_all(&self.payload)?,
        }
        Ok(())
    }
}

/// Writes all parts of the frame, each on a line of its own.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameHeader { is_final, rsv1, rsv2, rsv3, opcode, mask: _ } = &self.header;
        writeln!(f, "\n<FRAME>\nfinal: {is_final}\nreserved: {rsv1} {rsv2} {rsv3}\nopcode: {opcode}")?;
        write!(f, "length: {}\npayload length: {}\npayload: 0x", self.len(), self.payload.len())?;
        self.payload.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        writeln!(f)
    }
}
