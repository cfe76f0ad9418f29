//! Errors by whose fault they are: [`ProtocolError`] is the peer's, [`SendError`] and [`InvalidClose`] are the
//! caller's. What can go wrong in the opening handshake is a [`HandshakeError`](crate::HandshakeError).

use crate::frame::{CloseCode, Opcode};
use thiserror::Error;

/// The peer broke a rule, and the connection has been failed for it (RFC 6455 §7.1.7).
///
/// It arrives as the last event, [`Event::Failed`](crate::Event::Failed), stays readable in
/// [`Closure::cause`](crate::Closure::cause), and the Close frame that tells the peer is in the output already.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Event, Role, Violation};
///
/// let mut server = Connection::new(Role::Server, &Config::default().into());
/// let mut read = *b"\x81\x05Hello"; // a client must mask
/// let Some(Event::Failed(error)) = server.receive(&mut &mut read[..]) else { panic!() };
/// assert_eq!((error.violation(), error.position()), (Violation::NotMasked, 1));
/// assert_eq!(error.close_code(), CloseCode::PROTOCOL_ERROR);
/// assert_eq!(error.to_string(), "a frame from the client is not masked (RFC 6455 §5.1, at byte 1 from the peer)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{violation} (RFC {rfc} §{section}, at byte {position} from the peer)", rfc = violation.rfc(), section = violation.section())]
pub struct ProtocolError {
    violation: Violation,
    position: u64,
}

impl ProtocolError {
    pub(crate) const fn new(violation: Violation, position: u64) -> Self {
        Self { violation, position }
    }

    /// Which rule was broken, and what was received.
    #[must_use]
    pub const fn violation(&self) -> Violation {
        self.violation
    }

    /// The byte that proves it, counted from 0 at the first byte after the peer's opening handshake.
    ///
    /// It does not depend on how the bytes were cut into reads. For what is wrong inside a compressed message it is the message's
    /// first byte, that of its first frame's header.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The code of the Close frame that was sent for it (§7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        self.violation.close_code()
    }

    /// The number of the RFC that has the rule: see [`Violation::rfc`].
    #[must_use]
    pub const fn rfc(&self) -> u16 {
        self.violation.rfc()
    }

    /// The section of that RFC.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.violation.section()
    }
}

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
    BadDeflate,
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
            Self::InvalidText | Self::BadDeflate | Self::InvalidCloseReason => CloseCode::INVALID_DATA,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } | Self::NoMemory => CloseCode::TOO_BIG,
            Self::EmptyFragments { .. } => CloseCode::POLICY_VIOLATION,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// The number of the RFC that has the rule: 7692 for what only compression knows, else 6455.
    #[must_use]
    pub const fn rfc(self) -> u16 {
        match self {
            Self::BadDeflate => 7692,
            _ => 6455,
        }
    }

    /// The section of that RFC.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::ReservedBits(_) | Self::ReservedOpcode(_) | Self::LengthNotMinimal | Self::LengthTopBit => "5.2",
            Self::NotMasked | Self::Masked => "5.1",
            Self::FragmentedControl(_) | Self::ControlTooLong(_) => "5.5",
            Self::NothingToContinue | Self::MessageInMessage(_) => "5.4",
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } | Self::NoMemory | Self::EmptyFragments { .. } => {
                "10.4"
            }
            Self::InvalidText => "8.1",
            Self::BadDeflate => "6.2",
            Self::HalfCloseCode | Self::InvalidCloseReason => "5.5.1",
            Self::InvalidCloseCode(_) => "7.4",
        }
    }
}

/// The caller asked for something that cannot be sent. Nothing was queued and nothing has changed: the connection goes on.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Role, SendError};
///
/// # let mut config = Config::default();
/// # config.limits.output = 10;
/// # let mut connection = Connection::new(Role::Server, &config.into());
/// match connection.send_text("too much for this one") {
///     Ok(()) => {}
///     Err(SendError::Closing) => { /* it is over; `closure` will say how */ }
///     Err(SendError::Full { .. }) => connection.close(CloseCode::TRY_AGAIN_LATER, "you do not read")?,
///     Err(error) => return Err(error.into()), // a mistake of this program
/// }
/// # assert_ne!(connection.state(), bowline::State::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum SendError {
    /// A Close frame was sent or received, or the connection is gone: no message can follow (RFC 6455 §5.5.1).
    #[error("the connection is closing or closed: nothing can be sent any more (RFC 6455 §5.5.1)")]
    Closing,
    /// The frame does not fit under [`Limits::output`](crate::Limits::output). Write what is queued, then try again.
    #[error("{queued} bytes are queued, and {frame} more would pass the limit of {limit}: write the output first")]
    Full {
        /// The size of the frame that did not fit, in bytes.
        frame: usize,
        /// What was queued already, in bytes.
        queued: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The payload of a control frame may have 125 bytes at the most (§5.5).
    #[error("a ping or pong of {0} bytes: the payload of a control frame may have 125 at the most (RFC 6455 §5.5)")]
    ControlTooLong(usize),
    /// A whole message was to be sent while one that is sent in chunks is unfinished (§5.4).
    #[error("a message that is sent in chunks is unfinished: send its last chunk first (RFC 6455 §5.4)")]
    InMessage,
    /// A text chunk was to go on a binary message, or the other way round (§5.4).
    #[error("the chunk is not of the kind with which its message began: text or binary (RFC 6455 §5.4)")]
    ChunkKind,
}

/// The close code or the reason cannot be sent. Nothing was queued, and the connection is as it was.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum InvalidClose {
    /// The code is reserved or unassigned, or is for clients only and this is a server (RFC 6455 §7.4).
    #[error("close code {} must not be sent: use 1000-1003, 1007-1014 (1010 from a client only), or 3000-4999 (RFC 6455 §7.4)", .0.get())]
    Code(CloseCode),
    /// The reason is longer than 123 bytes of UTF-8 (§5.5.1).
    #[error("a close reason of {0} bytes: 123 are the most that fit (RFC 6455 §5.5.1)")]
    ReasonTooLong(usize),
    /// There is a reason but no code: a Close frame cannot have one without the other (§5.5.1).
    #[error("a close reason needs a close code (RFC 6455 §5.5.1)")]
    ReasonWithoutCode,
}
