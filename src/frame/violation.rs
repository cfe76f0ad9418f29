use super::{CloseCode, Opcode};
use thiserror::Error;

/// A rule that a peer can break once the connection is open, with what was received. What is behind each of them in practice
/// is in `guide::closing`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Violation {
    /// A reserved bit is set that no agreed extension gives a meaning to (§5.2). Holds RSV1, RSV2 and RSV3 as bits 4, 2, 1.
    #[error("a frame has reserved bits set (RSV1-3 = {0:03b}), but no extension that uses them was agreed")]
    ReservedBits(u8),
    /// An opcode that is not defined: 3–7 or 11–15 (§5.2). Holds it.
    #[error("a frame has the reserved opcode {0}")]
    ReservedOpcode(u8),
    /// A control frame without FIN (§5.5).
    #[error("a {0:?} frame is fragmented: control frames must not be")]
    FragmentedControl(Opcode),
    /// A control frame with a payload of more than 125 bytes (§5.5).
    #[error("a {0:?} frame has more than 125 bytes of payload")]
    ControlTooLong(Opcode),
    /// A client sent a frame without masking it (§5.1).
    #[error("a frame from the client is not masked")]
    NotMasked,
    /// A server masked a frame (§5.1).
    #[error("a frame from the server is masked")]
    Masked,
    /// A length in more bytes than it needs (§5.2).
    #[error("a payload length is not in its shortest form")]
    LengthNotMinimal,
    /// A 64-bit length whose top bit is set (§5.2).
    #[error("a 64-bit payload length has its top bit set")]
    LengthTopBit,
    /// A continuation frame with no message to continue (§5.4).
    #[error("a continuation frame has no message to continue")]
    NothingToContinue,
    /// A text or binary frame while a fragmented message is unfinished (§5.4).
    #[error("a {0:?} frame began a message while another was unfinished")]
    MessageInMessage(Opcode),
    /// A frame that declares more than [`Limits::frame`](crate::Limits::frame) (§10.4).
    #[error("a frame is larger than the limit of {limit} bytes")]
    FrameTooBig {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message that grows beyond [`Limits::message`](crate::Limits::message) (§10.4).
    #[error("a message is larger than the limit of {limit} bytes")]
    MessageTooBig {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message for which this machine has no memory (§10.4).
    #[error("there is no memory left for the message")]
    NoMemory,
    /// More empty fragments in a row than [`Limits::empty_fragments`](crate::Limits::empty_fragments) (§10.4).
    #[error("more than {limit} empty fragments came in a row")]
    EmptyFragments {
        /// The limit.
        limit: usize,
    },
    /// Text that is not UTF-8 (§8.1).
    #[error("a text message is not valid UTF-8")]
    InvalidText,
    /// A compressed message whose payload is not what DEFLATE gives, or ends inside a block (RFC 7692 §6.2). Only where
    /// compression was agreed.
    #[error("a compressed message is not valid DEFLATE data, or is cut off")]
    InvalidDeflate,
    /// A Close frame with a body of a single byte: half a close code (§5.5.1).
    #[error("a Close frame has half a close code: its body is one byte long")]
    HalfCloseCode,
    /// A Close frame with a code that must not be sent (§7.4).
    #[error("a Close frame has the code {}, which must not be sent", .0.get())]
    InvalidCloseCode(CloseCode),
    /// A Close frame whose reason is not UTF-8: close code 1007, as for a text message (§8.1).
    #[error("the reason in a Close frame is not valid UTF-8")]
    InvalidCloseReason,
}

impl Violation {
    /// The code of the Close frame that is sent for it (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidText | Self::InvalidDeflate | Self::InvalidCloseReason => CloseCode::INVALID_DATA,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } | Self::NoMemory => CloseCode::TOO_BIG,
            Self::EmptyFragments { .. } => CloseCode::POLICY_VIOLATION,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// The document and the section that have the rule, such as `RFC 6455 §5.2`.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::ReservedBits(_) | Self::ReservedOpcode(_) | Self::LengthNotMinimal | Self::LengthTopBit => {
                "RFC 6455 §5.2"
            }
            Self::NotMasked | Self::Masked => "RFC 6455 §5.1",
            Self::FragmentedControl(_) | Self::ControlTooLong(_) => "RFC 6455 §5.5",
            Self::NothingToContinue | Self::MessageInMessage(_) => "RFC 6455 §5.4",
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } | Self::NoMemory | Self::EmptyFragments { .. } => {
                "RFC 6455 §10.4"
            }
            Self::InvalidText => "RFC 6455 §8.1",
            Self::InvalidDeflate => "RFC 7692 §6.2",
            Self::HalfCloseCode | Self::InvalidCloseReason => "RFC 6455 §5.5.1",
            Self::InvalidCloseCode(_) => "RFC 6455 §7.4",
        }
    }
}
