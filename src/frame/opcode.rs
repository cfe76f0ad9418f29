use core::fmt;

/// The type of a frame (RFC 6455 §5.2, §11.8): the low four bits of its first byte.
///
/// The enum has the six opcodes that are defined. The others, 3–7 and 11–15, are reserved: a connection that receives one fails.
///
/// ```
/// use bowline::frame::Opcode;
///
/// assert_eq!(Opcode::from_bits(0x9), Some(Opcode::Ping));
/// assert_eq!(Opcode::from_bits(0x3), None);
/// assert!(Opcode::Close.is_control());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// A later fragment of a message (§5.4).
    Continuation = 0x0,
    /// A text message, or its first fragment (§5.6).
    Text = 0x1,
    /// A binary message, or its first fragment (§5.6).
    Binary = 0x2,
    /// A Close frame (§5.5.1): one half of the closing handshake.
    Close = 0x8,
    /// A ping (§5.5.2), which must be answered by a pong.
    Ping = 0x9,
    /// A pong (§5.5.3): the answer to a ping, or unsolicited.
    Pong = 0xA,
}

impl Opcode {
    /// Returns the opcode with this number, or `None` if the number is reserved or does not fit in four bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Returns the four bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }

    /// Returns whether this is a control frame: Close, ping or pong. Control frames are never fragmented, have a payload of at most
    /// 125 bytes, and are allowed between the fragments of a message (§5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}

/// Converts like [`Opcode::from_bits`].
///
/// # Errors
///
/// Returns the number itself if it is reserved or does not fit in four bits.
impl TryFrom<u8> for Opcode {
    type Error = u8;

    fn try_from(bits: u8) -> Result<Self, u8> {
        Self::from_bits(bits).ok_or(bits)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
        })
    }
}
