//! The errors of a connection: [`ProtocolError`] is the peer's fault, [`SendError`] and [`CloseError`] are the caller's. The error of
//! an opening handshake is [`HandshakeError`](crate::HandshakeError).

use crate::frame::{CloseCode, Violation};
use thiserror::Error;

/// The peer broke a rule, and the connection has been failed for it (RFC 6455 §7.1.7).
///
/// It is returned as the last event, [`Event::Failed`](crate::Event::Failed), and stays readable in
/// [`Closure::cause`](crate::Closure::cause). When it is returned, the Close frame for the peer is already queued.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Event, Input, Role, Violation};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// let mut read = *b"\x81\x05Hello"; // a client must mask
/// let Some(Event::Failed(error)) = server.receive(&mut Input::from(&mut read)) else { panic!() };
/// assert_eq!((error.violation(), error.position()), (Violation::NotMasked, 1));
/// assert_eq!(error.close_code(), CloseCode::PROTOCOL_ERROR);
/// assert_eq!(error.to_string(), "a frame from the client is not masked (RFC 6455 §5.1, at byte 1 from the peer)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{violation} ({section}, at byte {position} from the peer)", section = violation.section())]
pub struct ProtocolError {
    violation: Violation,
    position: u64,
}

impl ProtocolError {
    pub(crate) const fn new(violation: Violation, position: u64) -> Self {
        Self { violation, position }
    }

    /// The broken rule, and what was received.
    #[must_use]
    pub const fn violation(&self) -> Violation {
        self.violation
    }

    /// The position of the byte that proves the violation, counted from 0 at the first byte after the peer's opening handshake.
    ///
    /// It does not depend on how the bytes were split into reads. For an error inside a compressed message, it is the position of the
    /// first byte of the message's first header.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The close code that was sent to the peer for it (§7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        self.violation.close_code()
    }

    /// The document and section with the broken rule, such as `RFC 6455 §5.1`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.violation.section()
    }
}

/// A message, ping or pong cannot be sent. Nothing was queued, and the connection is unchanged.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Role, SendError};
///
/// # let mut config = Config::default();
/// # config.limits.output = 10;
/// # let mut connection = Connection::new(Role::Server, config);
/// match connection.send_text("too much for this one") {
///     Ok(()) => {}
///     Err(SendError::Closing) => { /* the connection is closing; see `closure` */ }
///     Err(SendError::Full { .. }) => connection.close(CloseCode::TRY_AGAIN_LATER, "you do not read")?,
///     Err(error) => return Err(error.into()), // a mistake of this program
/// }
/// # assert_ne!(connection.state(), bowline::State::Open);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum SendError {
    /// A Close frame was sent or received, or the connection has ended: nothing can be sent (RFC 6455 §5.5.1).
    #[error("the connection is closing or closed: nothing can be sent any more (RFC 6455 §5.5.1)")]
    Closing,
    /// With this frame, the queued output would exceed [`Limits::output`](crate::Limits::output). Write what is queued, then try again.
    #[error("{queued} bytes are queued, and {frame} more would exceed the limit of {limit}: write the output first")]
    Full {
        /// The size of the frame that did not fit, in bytes.
        frame: usize,
        /// The size of the output that was already queued, in bytes.
        queued: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The payload is too long: that of a control frame is limited to 125 bytes (§5.5).
    #[error("a ping or pong of {0} bytes: the payload of a control frame is limited to 125 bytes (RFC 6455 §5.5)")]
    ControlTooLong(usize),
    /// A message that is sent in chunks is unfinished, so that no other message can be sent (§5.4).
    #[error("a message that is sent in chunks is unfinished: send its last chunk first (RFC 6455 §5.4)")]
    InMessage,
    /// A text chunk for a binary message, or a binary chunk for a text message (§5.4).
    #[error("the chunk is not of the kind with which its message began: text or binary (RFC 6455 §5.4)")]
    ChunkKind,
}

/// The close code or the reason cannot be sent. Nothing was queued, and the connection is unchanged.
///
/// ```
/// use bowline::{CloseCode, CloseError, Config, Connection, Role, State};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// assert_eq!(server.close(CloseCode::ABNORMAL, ""), Err(CloseError::Code(CloseCode::ABNORMAL)));
/// assert_eq!(server.close(CloseCode::NORMAL, &"x".repeat(124)), Err(CloseError::ReasonTooLong(124)));
/// assert_eq!(server.state(), State::Open); // nothing was queued
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum CloseError {
    /// The code is reserved or unassigned, or only clients may send it and this endpoint is a server (RFC 6455 §7.4).
    #[error("close code {} must not be sent: use 1000-1003, 1007-1014 (1010 from a client only), or 3000-4999 (RFC 6455 §7.4)", .0.get())]
    Code(CloseCode),
    /// The reason is longer than 123 bytes of UTF-8 (§5.5.1).
    #[error("a close reason of {0} bytes: at most 123 fit (RFC 6455 §5.5.1)")]
    ReasonTooLong(usize),
    /// There is a reason but no code: a Close frame cannot have one without the other (§5.5.1).
    #[error("a close reason needs a close code (RFC 6455 §5.5.1)")]
    ReasonWithoutCode,
}
