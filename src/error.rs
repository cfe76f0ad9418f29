//! Errors by whose fault they are: [`ProtocolError`] is the peer's, [`SendError`] and [`CloseError`] are the
//! caller's. What can go wrong in the opening handshake is a [`HandshakeError`](crate::HandshakeError).

use crate::frame::{CloseCode, Violation};
use thiserror::Error;

/// The peer broke a rule, and the connection has been failed for it (RFC 6455 §7.1.7).
///
/// It arrives as the last event, [`Event::Failed`](crate::Event::Failed), stays readable in
/// [`Closure::cause`](crate::Closure::cause), and the Close frame that tells the peer is in the output already.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Event, Role, Violation};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// let mut read = *b"\x81\x05Hello"; // a client must mask
/// let Some(Event::Failed(error)) = server.receive(&mut (&mut read[..]).into()) else { panic!() };
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

    /// The document and the section that have the rule, such as `RFC 6455 §5.1`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        self.violation.section()
    }
}

/// The caller asked for something that cannot be sent. Nothing was queued and nothing has changed: the connection goes on.
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Role, SendError};
///
/// # let mut config = Config::default();
/// # config.limits.output = 10;
/// # let mut connection = Connection::new(Role::Server, config);
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
pub enum CloseError {
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
