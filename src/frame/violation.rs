use super::{CloseCode, Opcode};
use thiserror::Error;

/// The rule that a peer has broken on an open connection, with what was received: see
/// [`ProtocolError::violation`](crate::ProtocolError::violation).
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Event, Input, Role, Violation};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// let mut read = *b"\x81\x02\xc3\x28"; // text that is not UTF-8
/// let Some(Event::Failed(error)) = client.receive(&mut Input::from(&mut read)) else { panic!() };
/// match error.violation() {
///     Violation::MessageTooBig { limit } => println!("more than {limit} bytes"), // one of the limits of this endpoint
///     violation => assert_eq!(violation, Violation::InvalidText),
/// }
/// assert_eq!(error.violation().close_code(), CloseCode::INVALID_DATA); // sent to the peer
/// ```
#[cfg_attr(
    feature = "std",
    doc = "\nThe likely reason for each violation: [`guide::closing`](crate::guide::closing#violations)."
)]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Violation {
    /// A reserved bit is set, and no agreed extension defines it (§5.2). The field has RSV1, RSV2 and RSV3 as the bits 4, 2 and 1.
    #[error("a frame has reserved bits set (RSV1-3 = {0:03b}), but no extension that uses them was agreed")]
    ReservedBits(u8),
    /// The opcode is not defined: 3–7 or 11–15 (§5.2). The field is the opcode.
    #[error("a frame has the reserved opcode {0}")]
    ReservedOpcode(u8),
    /// A control frame without FIN (§5.5).
    #[error("a {0:?} frame is fragmented: control frames must not be fragmented")]
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
    /// A payload length in more bytes than necessary (§5.2).
    #[error("a payload length is not in its shortest form")]
    LengthNotMinimal,
    /// A 64-bit payload length whose top bit is set (§5.2).
    #[error("a 64-bit payload length has its top bit set")]
    LengthTopBit,
    /// A continuation frame while no message is unfinished (§5.4).
    #[error("a continuation frame has no message to continue")]
    NothingToContinue,
    /// A text or binary frame while a fragmented message is unfinished (§5.4).
    #[error("a {0:?} frame begins a message while another is unfinished")]
    MessageInMessage(Opcode),
    /// A frame whose header declares more bytes of payload than [`Limits::frame`](crate::Limits::frame) (§10.4).
    #[error("a frame is larger than the limit of {limit} bytes")]
    FrameTooBig {
        /// The value of [`Limits::frame`](crate::Limits::frame), in bytes.
        limit: u64,
    },
    /// A message larger than [`Limits::message`](crate::Limits::message) (§10.4).
    #[error("a message is larger than the limit of {limit} bytes")]
    MessageTooBig {
        /// The value of [`Limits::message`](crate::Limits::message), in bytes.
        limit: u64,
    },
    /// This endpoint could not allocate memory for the message (§10.4). The peer did nothing wrong.
    #[error("this endpoint is out of memory for the message")]
    NoMemory,
    /// More consecutive empty fragments than [`Limits::empty_fragments`](crate::Limits::empty_fragments) (§10.4).
    #[error("there are more consecutive empty fragments than the limit of {limit}")]
    EmptyFragments {
        /// The value of [`Limits::empty_fragments`](crate::Limits::empty_fragments).
        limit: usize,
    },
    /// Text that is not UTF-8 (§8.1).
    #[error("a text message is not valid UTF-8")]
    InvalidText,
    /// A compressed message whose payload is not valid DEFLATE data, or ends inside a block (RFC 7692 §6.2). This occurs only if
    /// compression was agreed.
    #[error("a compressed message is not valid DEFLATE data, or is cut off")]
    InvalidDeflate,
    /// A Close frame with a body of a single byte: half a close code (§5.5.1).
    #[error("a Close frame has a body of one byte, which is half a close code")]
    HalfCloseCode,
    /// A Close frame with a code that must not be sent (§7.4).
    #[error("a Close frame has the code {}, which must not be sent", .0.get())]
    InvalidCloseCode(CloseCode),
    /// A Close frame whose reason is not UTF-8 (§5.5.1, §8.1). It is refused with 1007, as a text message is.
    #[error("the reason in a Close frame is not valid UTF-8")]
    InvalidCloseReason,
}

impl Violation {
    /// Returns the close code that is sent to the peer for this violation (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidText | Self::InvalidDeflate | Self::InvalidCloseReason => CloseCode::INVALID_DATA,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } | Self::NoMemory => CloseCode::TOO_BIG,
            Self::EmptyFragments { .. } => CloseCode::POLICY_VIOLATION,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// Returns the document and section with the rule, such as `RFC 6455 §5.2`.
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
