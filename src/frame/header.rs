//! Frame headers (RFC 6455 §5.2): decoding, encoding, and every rule that a header can break.
//!
//! The rules are in one function, [`violation`], which accepts a header of which only the first bytes were received. A valid header
//! costs one call of it. If that call finds a violation, [`first_violation`] looks for the shortest prefix in which there is one.
//! So the error and its byte do not depend on how the bytes were split.

use super::{MAX_CONTROL_PAYLOAD, Opcode, Violation};
use crate::Role;
use thiserror::Error;

/// The length of the longest header, in bytes: two bytes, a 64-bit length and a masking key (RFC 6455 §5.2).
pub const MAX_HEADER_LEN: usize = 14;

/// The header of a frame (RFC 6455 §5.2), to encode or decode frames one by one.
///
/// ```
/// use bowline::frame::{Expect, Header, MAX_HEADER_LEN, Opcode};
/// use bowline::Role;
///
/// let header = Header { fin: true, reserved: 0, opcode: Opcode::Text, key: None, payload_len: 5 };
/// let mut bytes = [0; MAX_HEADER_LEN];
/// let len = header.encode(&mut bytes);
/// assert_eq!(bytes[..len], [0x81, 0x05]);
///
/// let decoded = Header::decode(&bytes[..len], &Expect::from(Role::Server));
/// assert_eq!(decoded, Ok(Some((header, len))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Whether this is the last frame of its message (FIN).
    pub fin: bool,
    /// RSV1, RSV2 and RSV3 as the bits 4, 2 and 1. Higher bits are ignored.
    pub reserved: u8,
    /// The type of the frame.
    pub opcode: Opcode,
    /// The masking key (§5.3): `Some` for the frames of a client.
    pub key: Option<[u8; 4]>,
    /// The number of bytes of payload that follow: at most 2^63 − 1.
    pub payload_len: u64,
}

/// The context in which [`Header::decode`] validates a header: the sender, the frames before, the limits.
///
/// Begin with `Expect::from(role)`, and change the fields that matter to you.
///
/// ```
/// use bowline::{Role, Violation, frame::{Expect, Header}};
///
/// let mut expect = Expect::from(Role::Server);
/// expect.frame_limit = 1000;
/// let bad = Header::decode(b"\x82\x7e\x04", &expect).unwrap_err(); // 1024 bytes at least
/// assert_eq!((bad.violation, bad.index), (Violation::FrameTooBig { limit: 1000 }, 2));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The role of the sender: clients mask, servers do not (§5.1).
    pub from: Role,
    /// The reserved bits that an agreed extension defines for the first frame of a message, as in [`Header::reserved`]. On control
    /// frames and later fragments, none are allowed.
    pub reserved: u8,
    /// Whether a fragmented message is unfinished (§5.4).
    pub in_message: bool,
    /// The limit on consecutive empty fragments that do not end their message: see
    /// [`Limits::empty_fragments`](crate::Limits::empty_fragments).
    pub empty_limit: usize,
    /// The number of consecutive empty fragments received so far.
    pub empty_run: usize,
    /// The max frame size, in bytes of payload: see [`Limits::frame`](crate::Limits::frame).
    pub frame_limit: u64,
    /// The max message size, in bytes of payload: see [`Limits::message`](crate::Limits::message).
    pub message_limit: u64,
    /// The payload bytes in the earlier fragments of the unfinished message.
    pub message_len: u64,
    /// Whether the unfinished message is compressed. If so, `message_limit` is not checked here, since it limits decompressed
    /// bytes. It is not checked either for a frame with one of the `reserved` bits.
    pub in_compressed: bool,
}

impl Expect {
    /// Expects the first frame of a message from an endpoint of this role, without extensions and without limits.
    pub(crate) const fn new(role: Role) -> Self {
        Self {
            from: role,
            reserved: 0,
            in_message: false,
            empty_limit: usize::MAX,
            empty_run: 0,
            frame_limit: u64::MAX,
            message_limit: u64::MAX,
            message_len: 0,
            in_compressed: false,
        }
    }
}

/// Expects the first frame of a message from an endpoint of this role, without extensions and without limits.
impl From<Role> for Expect {
    fn from(role: Role) -> Self {
        Self::new(role)
    }
}

/// The received header breaks a rule (RFC 6455 §5): the error of [`Header::decode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{violation} ({section}, at byte {index} of the header)", section = violation.section())]
pub struct DecodeError {
    /// The broken rule.
    pub violation: Violation,
    /// The index of the first byte of the header that proves the violation, counted from 0.
    pub index: usize,
}

/// The header of a short frame: see [`Header::decode_short`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortFrame {
    pub(crate) header_len: usize,
    /// The length of the payload.
    pub(crate) len: usize,
    /// The masking key, or zero if the frame is not masked.
    pub(crate) key: [u8; 4],
}

impl Header {
    /// Decodes the header at the front of `bytes`. Returns the header and its length, or `None` if more bytes are needed. Then call
    /// it again with all bytes from the front.
    ///
    /// ```
    /// use bowline::{Role, frame::{Expect, Header}};
    ///
    /// let bytes = b"\x82\x7e\x01\x00..."; // a binary frame with 256 bytes
    /// assert_eq!(Header::decode(&bytes[..3], &Expect::from(Role::Server))?, None); // cut inside the length
    /// let (header, len) = Header::decode(bytes, &Expect::from(Role::Server))?.unwrap();
    /// assert_eq!((header.payload_len, len), (256, 4));
    /// # Ok::<(), bowline::frame::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a [`DecodeError`] as soon as `bytes` contains the byte that proves a violation. The error is the same for every
    /// split of the bytes.
    #[inline]
    pub fn decode(bytes: &[u8], expect: &Expect) -> Result<Option<(Self, usize)>, DecodeError> {
        let parsed = Self::parse(bytes);
        // An incomplete header may already be wrong. This also covers a reserved opcode, which `parse` cannot represent.
        if parsed.is_none() || violation(bytes, expect).is_some() {
            first_violation(bytes, expect)?;
        }
        Ok(parsed)
    }

    /// Returns the length and the key of a data frame of up to 65,535 bytes from an endpoint with this role: the fast path of
    /// receiving.
    ///
    /// The caller has checked the first byte. For everything else it returns `None`, and [`decode`](Self::decode) decides.
    #[inline]
    pub(crate) fn decode_short(bytes: &[u8], from: Role) -> Option<ShortFrame> {
        let (&[_, second], rest) = bytes.split_first_chunk()?;
        let masked = matches!(from, Role::Client);
        let (len, rest) = match (second & 0x7F, second & 0x80 != 0) {
            (len @ 0..=125, mask) if mask == masked => (usize::from(len), rest),
            (126, mask) if mask == masked => {
                let (len, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*len)), rest)
            }
            _ => return None,
        };
        if second & 0x7F == 126 && len < 126 {
            return None; // not minimal: `decode` reports it
        }
        let (key, rest) =
            if masked { rest.split_first_chunk().map(|(key, rest)| (*key, rest))? } else { ([0; 4], rest) };
        Some(ShortFrame { header_len: bytes.len() - rest.len(), len, key })
    }

    /// Parses a header without validating it. Returns `None` if it is incomplete, or if its opcode is reserved.
    #[inline]
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (payload_len, rest) = match second & 0x7F {
            126 => rest.split_first_chunk().map(|(len, rest)| (u64::from(u16::from_be_bytes(*len)), rest))?,
            127 => rest.split_first_chunk().map(|(len, rest)| (u64::from_be_bytes(*len), rest))?,
            len => (u64::from(len), rest),
        };
        let (key, rest) = match second & 0x80 {
            0 => (None, rest),
            _ => rest.split_first_chunk().map(|(key, rest)| (Some(*key), rest))?,
        };
        let opcode = Opcode::from_bits(first & 0x0F)?;
        let header = Self { fin: first & 0x80 != 0, reserved: first >> 4 & 0x07, opcode, key, payload_len };
        Some((header, bytes.len() - rest.len()))
    }

    /// Returns the number of bytes that [`encode`](Self::encode) writes. The payload length is in its shortest form (§5.2).
    #[must_use]
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        encoded_len(self.key.is_some(), self.payload_len)
    }

    /// Encodes the header to the front of `out`, and returns its length. The bytes behind it have no meaning.
    #[inline]
    pub fn encode(&self, out: &mut [u8; MAX_HEADER_LEN]) -> usize {
        *out = encode(first_byte(self.fin, self.reserved, self.opcode), self.key, self.payload_len);
        self.encoded_len()
    }
}

/// Returns the first byte of a header.
#[inline]
pub(crate) fn first_byte(fin: bool, reserved: u8, opcode: Opcode) -> u8 {
    u8::from(fin) << 7 | (reserved & 0x07) << 4 | opcode.bits()
}

/// Returns the header with this first byte, and behind it bytes that have no meaning.
#[inline]
pub(crate) fn encode(first: u8, key: Option<[u8; 4]>, payload_len: u64) -> [u8; MAX_HEADER_LEN] {
    let masked = u8::from(key.is_some()) << 7;
    // One number, since an array that is assembled from bytes is stored byte by byte.
    let two = |second: u8| u128::from(u16::from_le_bytes([first, masked | second]));
    let key = u128::from(u32::from_le_bytes(key.unwrap_or_default()));
    let [.., l0, l1] = payload_len.to_be_bytes();
    let number = match payload_len {
        0..=125 => two(l1) | key << 16,
        126..=0xFFFF => two(0x7E) | u128::from(u16::from_le_bytes([l0, l1])) << 16 | key << 32,
        len => two(0x7F) | u128::from(len.swap_bytes()) << 16 | key << 80,
    };
    let [bytes @ .., _, _] = number.to_le_bytes();
    bytes
}

/// Returns the length of a header.
#[inline]
pub(crate) const fn encoded_len(is_masked: bool, payload_len: u64) -> usize {
    let len = match payload_len {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    };
    if is_masked { len + 4 } else { len }
}

/// Returns the violation that the shortest prefix proves, so that it does not depend on how many bytes were received.
#[cold]
fn first_violation(bytes: &[u8], expect: &Expect) -> Result<(), DecodeError> {
    for len in 1..=bytes.len().min(MAX_HEADER_LEN) {
        if let Some(violation) = bytes.get(..len).and_then(|prefix| violation(prefix, expect)) {
            return Err(DecodeError { violation, index: len - 1 });
        }
    }
    Ok(())
}

/// Returns the violation in a header of which perhaps only the first bytes were received.
///
/// The order is that of the bytes on the wire, since an earlier byte proves its violation first.
#[inline]
fn violation(bytes: &[u8], expect: &Expect) -> Option<Violation> {
    let &first = bytes.first()?;
    let opcode = match in_first_byte(first, expect) {
        Ok(opcode) => opcode,
        Err(violation) => return Some(violation),
    };
    let &second = bytes.get(1)?;
    in_second_byte(first, second, opcode, expect).or_else(|| {
        let is_compressed = expect.in_compressed || first & 0x70 != 0;
        let limits = if opcode.is_control() { None } else { Some(Limits { is_compressed, expect }) };
        match second & 0x7F {
            126 => in_length(bytes.get(2..)?, 2, limits),
            127 => in_length(bytes.get(2..)?, 8, limits),
            len => limits?.violation(u64::from(len)),
        }
    })
}

/// Checks FIN, the reserved bits and the opcode.
#[inline]
fn in_first_byte(first: u8, expect: &Expect) -> Result<Opcode, Violation> {
    let reserved = first >> 4 & 0x07;
    let opcode = Opcode::from_bits(first & 0x0F);
    let allowed = match opcode {
        Some(Opcode::Text | Opcode::Binary) => expect.reserved,
        _ => 0,
    };
    // "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero
    // value, the receiving endpoint MUST _Fail the WebSocket Connection_." (§5.2)
    if reserved & !allowed != 0 {
        return Err(Violation::ReservedBits(reserved));
    }
    let opcode = opcode.ok_or(Violation::ReservedOpcode(first & 0x0F))?;
    match opcode {
        // "All control frames […] MUST NOT be fragmented." (§5.5)
        Opcode::Close | Opcode::Ping | Opcode::Pong if first & 0x80 == 0 => Err(Violation::FragmentedControl(opcode)),
        // "The fragments of one message MUST NOT be interleaved between the fragments of another message" (§5.4)
        Opcode::Continuation if !expect.in_message => Err(Violation::NothingToContinue),
        Opcode::Text | Opcode::Binary if expect.in_message => Err(Violation::MessageInMessage(opcode)),
        _ => Ok(opcode),
    }
}

/// Checks the mask bit, and the rules for short lengths.
#[inline]
fn in_second_byte(first: u8, second: u8, opcode: Opcode, expect: &Expect) -> Option<Violation> {
    let (masked, len) = (second & 0x80 != 0, second & 0x7F);
    match expect.from {
        // "The server MUST close the connection upon receiving a frame that is not masked." (§5.1)
        Role::Client if !masked => return Some(Violation::NotMasked),
        // "A client MUST close a connection if it detects a masked frame." (§5.1)
        Role::Server if masked => return Some(Violation::Masked),
        _ => {}
    }
    if opcode.is_control() {
        // "All control frames MUST have a payload length of 125 bytes or less" (§5.5)
        if usize::from(len) > MAX_CONTROL_PAYLOAD {
            return Some(Violation::ControlTooLong(opcode));
        }
        // "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer" (§5.5.1)
        if opcode == Opcode::Close && len == 1 {
            return Some(Violation::HalfCloseCode);
        }
    } else if first & 0x80 == 0 && len == 0 && expect.empty_run >= expect.empty_limit {
        return Some(Violation::EmptyFragments { limit: expect.empty_limit });
    }
    None
}

/// Checks an extended length of `width` bytes, with whose received part `bytes` begins.
///
/// Of a length that is cut off, only bounds are known: its missing bytes are 0x00 at least and 0xFF at most. A rule that even the
/// better bound breaks is broken. So a 64-bit length is refused at its first bytes if it cannot be minimal, or must exceed a limit.
#[inline]
fn in_length(bytes: &[u8], width: usize, limits: Option<Limits<'_>>) -> Option<Violation> {
    let known = bytes.get(..width).unwrap_or(bytes);
    let (mut low, mut high) = (0_u64, 0_u64);
    for index in 0..width {
        let byte = known.get(index);
        low = low << 8 | byte.map_or(0, |byte| u64::from(*byte));
        high = high << 8 | byte.map_or(0xFF, |byte| u64::from(*byte));
    }
    // "the most significant bit MUST be 0" (§5.2)
    if low > i64::MAX as u64 {
        return Some(Violation::LengthTopBit);
    }
    // "in all cases, the minimal number of bytes MUST be used to encode the length" (§5.2)
    if high <= if width == 2 { 125 } else { 0xFFFF } {
        return Some(Violation::LengthNotMinimal);
    }
    limits?.violation(low)
}

/// The limits for the payload length of a data frame. Control frames have none here, since 125 bytes are always accepted.
#[derive(Clone, Copy)]
struct Limits<'a> {
    /// Whether its payload is compressed.
    is_compressed: bool,
    expect: &'a Expect,
}

impl Limits<'_> {
    /// Returns the limit that a payload of `len` bytes exceeds.
    #[inline]
    fn violation(self, len: u64) -> Option<Violation> {
        let Self { is_compressed, expect } = self;
        if len > expect.frame_limit {
            Some(Violation::FrameTooBig { limit: expect.frame_limit })
        } else if !is_compressed && len > expect.message_limit.saturating_sub(expect.message_len) {
            Some(Violation::MessageTooBig { limit: expect.message_limit })
        } else {
            None
        }
    }
}
