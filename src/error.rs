//! The errors of a connection: [`ProtocolError`] is the peer's fault, [`SendError`] and [`CloseError`] are the caller's. A failed
//! opening handshake is a [`HandshakeError`](crate::HandshakeError).

use crate::frame::{CloseCode, Violation};
use alloc::{format, string::String};
use thiserror::Error;

/// The peer broke a rule, and the connection has failed (RFC 6455 §7.1.7): which rule, and at which byte.
///
/// [`Event::Failed`](crate::Event::Failed) contains it, and later [`Closure::cause`](crate::Closure::cause). Nothing more can be
/// sent or received then. The Close frame for the peer is already queued, unless this endpoint was already closing: each endpoint
/// sends only one.
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

    /// Returns the broken rule, with what was received. Match on it to tell one of your limits from a fault of the peer.
    #[must_use]
    pub const fn violation(&self) -> Violation {
        self.violation
    }

    /// Returns the position of the byte that proves the violation, counted from 0 at the first byte after the peer's opening
    /// handshake.
    ///
    /// It does not depend on how the bytes were split into reads. For an error in the payload of a compressed message, it is the
    /// position at which the first header of the message begins.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Returns the close code for this violation (§7.4.1), which the Close frame for the peer contains.
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        self.violation.close_code()
    }

    /// Returns the document and section with the broken rule, such as `RFC 6455 §5.1`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.violation.section()
    }
}

/// A message, ping or pong cannot be sent: the error of [`Connection::send`](crate::Connection::send), of the other methods that
/// send, and of [`ping`](crate::Connection::ping) and [`pong`](crate::Connection::pong).
///
/// Nothing was queued, and the connection is unchanged: an open connection can still be used.
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
    /// A Close frame was sent or received, the peer broke a rule, or the transport failed: nothing more can be sent (RFC 6455
    /// §5.5.1). [`Connection::closure`](crate::Connection::closure) returns the reason as soon as it is certain.
    #[error("the connection is closing or closed: nothing more can be sent (RFC 6455 §5.5.1)")]
    Closing,
    /// With this frame, the queued output would exceed [`Limits::output`](crate::Limits::output): back-pressure.
    ///
    /// Write the output, then send the message again. A frame that is larger than the limit by itself never fits: send the message
    /// in chunks, or raise the limit.
    #[error("{}", full(*frame, *queued, *limit))]
    #[doc(alias("back-pressure", "backpressure", "WriteBufferFull"))]
    Full {
        /// The size of the frame that does not fit, in bytes. If the message was to be compressed, it is the largest possible size.
        frame: usize,
        /// The size of the output that is already queued, in bytes.
        queued: usize,
        /// The value of [`Limits::output`](crate::Limits::output), in bytes.
        limit: usize,
    },
    /// The payload of the ping or pong is longer than 125 bytes, the limit for control frames (§5.5). The field is its length.
    #[error(
        "a ping or pong with {0} bytes of payload is too long: the limit for control frames is 125 bytes (RFC 6455 §5.5)"
    )]
    ControlTooLong(usize),
    /// A message that is sent in chunks is unfinished, so that no other message can be sent (§5.4). Send its last chunk first.
    #[error("a message that is sent in chunks is unfinished: send its last chunk first (RFC 6455 §5.4)")]
    InMessage,
    /// A text chunk in a binary message, or a binary chunk in a text message (§5.4).
    #[error("text and binary chunks cannot be mixed: the unfinished message is of the other kind (RFC 6455 §5.4)")]
    ChunkKind,
}

fn full(frame: usize, queued: usize, limit: usize) -> String {
    if frame > limit {
        return format!(
            "a frame of {frame} bytes exceeds the limit of {limit} bytes (`limits.output`) by itself: send the message in \
             chunks, or raise the limit"
        );
    }
    format!(
        "the output is full: {queued} bytes are queued, and a frame of {frame} bytes would exceed the limit of {limit} bytes \
         (`limits.output`): write the output first"
    )
}

/// The close code or the reason cannot be sent: the error of [`Connection::close`](crate::Connection::close).
///
/// Nothing was queued, and the connection is unchanged: an open connection stays open.
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
    /// The reason is longer than 123 bytes of UTF-8 (§5.5.1). The field is its length.
    #[error("a close reason of {0} bytes is too long: the limit is 123 bytes of UTF-8 (RFC 6455 §5.5.1)")]
    ReasonTooLong(usize),
    /// There is a reason, but the code is [`NO_STATUS`](CloseCode::NO_STATUS), which sends no body (§5.5.1).
    #[error("a close reason needs a close code: use another code than 1005, or an empty reason (RFC 6455 §5.5.1)")]
    ReasonWithoutCode,
}
