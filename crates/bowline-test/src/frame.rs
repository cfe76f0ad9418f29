//! Frames, encoded and decoded without the code of bowline, so that a test has a second opinion.

use crate::config::KEY;
use bowline::{CloseCode, Role, frame::Opcode};

/// A frame as it is on the wire (RFC 6455 §5.2), legal or not. Use it to build what a peer sends, and to look at what was written.
///
/// ```
/// use bowline::Role;
/// use bowline_test::Frame;
///
/// // A text message in two fragments, from a client, and a frame with a reserved bit.
/// let first = Frame::text("Hel").unfinished().sent_by(Role::Client);
/// let second = Frame::new(0x80, "lo").sent_by(Role::Client);
/// let illegal = Frame::new(0x81 | 0x40, "?").sent_by(Role::Client);
///
/// let bytes = [first.encode(), second.encode(), illegal.encode()].concat();
/// assert_eq!(Frame::decode_all(&bytes), [first, second, illegal]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: FIN (0x80), the reserved bits (0x40, 0x20, 0x10) and the opcode.
    pub first: u8,
    /// The masking key. Frames of clients have one.
    pub key: Option<[u8; 4]>,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

/// How many bits the length of a payload has in a header (RFC 6455 §5.2): see [`Frame::header`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// In the second byte, for lengths up to 125.
    Bits7,
    /// In two bytes more.
    Bits16,
    /// In eight bytes more.
    Bits64,
}

impl LengthForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Bits7, Self::Bits16, Self::Bits64];

    /// The shortest form for this length, which is the only legal one.
    #[must_use]
    pub const fn of(len: u64) -> Self {
        match len {
            0..=125 => Self::Bits7,
            126..=0xFFFF => Self::Bits16,
            _ => Self::Bits64,
        }
    }
}

impl Frame {
    /// A frame with this first byte, such as `0x81` for a text message or `0x83` for a reserved opcode. It is not masked.
    #[must_use]
    pub fn new(first: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { first, key: None, payload: payload.into() }
    }

    /// A text message in one frame.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::new(0x81, text)
    }

    /// A binary message in one frame.
    #[must_use]
    pub fn binary(data: impl Into<Vec<u8>>) -> Self {
        Self::new(0x82, data)
    }

    /// A ping.
    #[must_use]
    pub fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x89, payload)
    }

    /// A pong.
    #[must_use]
    pub fn pong(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0x8A, payload)
    }

    /// A Close frame with any code, also one that must not be sent. [`CloseCode::NO_STATUS`] is a frame without a body.
    #[must_use]
    pub fn close(code: impl Into<CloseCode>, reason: &str) -> Self {
        let code = code.into();
        let body = if code == CloseCode::NO_STATUS { vec![] } else { code.get().to_be_bytes().to_vec() };
        Self::new(0x88, [&body, reason.as_bytes()].concat())
    }

    /// The frame without FIN: more fragments follow, which have the opcode 0.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.first &= 0x7F;
        self
    }

    /// The frame with this masking key.
    #[must_use]
    pub fn masked(mut self, key: [u8; 4]) -> Self {
        self.key = Some(key);
        self
    }

    /// The frame as an endpoint of this role sends it: masked with [`KEY`] if it is a client, and not masked if it is a server.
    #[must_use]
    pub fn sent_by(mut self, role: Role) -> Self {
        self.key = (role == Role::Client).then_some(KEY);
        self
    }

    /// Whether it is the last frame of its message.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.first & 0x80 != 0
    }

    /// The opcode; `None` if it is a reserved one.
    #[must_use]
    pub const fn opcode(&self) -> Option<Opcode> {
        Opcode::from_bits(self.first & 0x0F)
    }

    /// The bytes on the wire. The length is in its shortest form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let len = self.payload.len() as u64;
        let mut bytes = Self::header(self.first, LengthForm::of(len), len, self.key);
        bytes.extend(mask(&self.payload, self.key));
        bytes
    }

    /// A header alone, with any length in any form: for a length that is not minimal, or that no payload follows.
    ///
    /// ```
    /// use bowline_test::{Frame, LengthForm};
    ///
    /// assert_eq!(Frame::header(0x82, LengthForm::Bits16, 5, None), [0x82, 126, 0, 5]);
    /// ```
    #[must_use]
    pub fn header(first: u8, form: LengthForm, len: u64, key: Option<[u8; 4]>) -> Vec<u8> {
        let masked = if key.is_some() { 0x80 } else { 0 };
        let bytes = len.to_be_bytes();
        let [.., second_to_last, last] = bytes;
        let mut header = vec![first];
        match form {
            LengthForm::Bits7 => header.push(masked | last & 0x7F),
            LengthForm::Bits16 => header.extend([masked | 0x7E, second_to_last, last]),
            LengthForm::Bits64 => {
                header.push(masked | 0x7F);
                header.extend(bytes);
            }
        }
        header.extend(key.into_iter().flatten());
        header
    }

    /// The frame at the front of `bytes`, and the number of bytes that it takes. `None` if it is incomplete. Nothing is checked: any
    /// opcode, any reserved bits and any form of the length are accepted.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (len, rest) = match second & 0x7F {
            126 => rest.split_first_chunk().map(|(len, rest)| (u64::from(u16::from_be_bytes(*len)), rest))?,
            127 => rest.split_first_chunk().map(|(len, rest)| (u64::from_be_bytes(*len), rest))?,
            len => (u64::from(len), rest),
        };
        let (key, rest) = match second & 0x80 {
            0 => (None, rest),
            _ => rest.split_first_chunk().map(|(key, rest)| (Some(*key), rest))?,
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        Some((Self { first, key, payload: mask(payload, key) }, bytes.len() - rest.len()))
    }

    /// All frames in a stream, as in what a connection has written.
    ///
    /// # Panics
    ///
    /// If the stream ends inside a frame.
    #[must_use]
    #[track_caller]
    pub fn decode_all(bytes: &[u8]) -> Vec<Self> {
        let (mut frames, mut rest) = (Vec::new(), bytes);
        while let Some((frame, len)) = Self::decode(rest) {
            frames.push(frame);
            rest = rest.get(len..).unwrap_or_default();
        }
        assert!(rest.is_empty(), "the stream ends inside a frame: {rest:02x?} are left, after {frames:?}");
        frames
    }
}

/// Masks or unmasks (RFC 6455 §5.3, word for word).
fn mask(payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    match key {
        Some(key) => payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        None => payload.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6455 §5.7.
    #[test]
    fn the_examples_of_the_rfc() {
        let masked = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        assert_eq!(Frame::text("Hello").sent_by(Role::Server).encode(), *b"\x81\x05Hello");
        assert_eq!(Frame::text("Hello").sent_by(Role::Client).encode(), masked);
        assert_eq!(Frame::decode(&masked), Some((Frame::text("Hello").masked(KEY), 11)));
        assert_eq!(Frame::text("Hel").unfinished().encode(), *b"\x01\x03Hel");
        assert_eq!(Frame::ping("Hello").encode(), *b"\x89\x05Hello");
        assert_eq!(Frame::binary([0; 256]).encode()[..4], *b"\x82\x7e\x01\x00");
        assert_eq!(Frame::binary(vec![0; 65_536]).encode()[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
        assert_eq!(Frame::close(1000, "bye").encode(), *b"\x88\x05\x03\xe8bye");
        assert_eq!(Frame::close(1005, "").encode(), *b"\x88\x00");
    }

    /// Every frame is decoded as it was encoded, and not before its last byte.
    #[test]
    fn every_length() {
        for len in [0, 1, 125, 126, 65_535, 65_536] {
            for key in [None, Some([1, 2, 3, 4])] {
                let frame = Frame { first: 0x8F, key, payload: vec![9; len] };
                let bytes = frame.encode();
                assert_eq!(Frame::decode(&bytes), Some((frame, bytes.len())));
                assert_eq!(Frame::decode(&bytes[..bytes.len() - 1]), None);
            }
        }
    }

    #[test]
    #[should_panic(expected = "the stream ends inside a frame: [81, 05] are left")]
    fn a_stream_that_ends_inside_a_frame() {
        let _ = Frame::decode_all(b"\x8a\x00\x81\x05");
    }
}
