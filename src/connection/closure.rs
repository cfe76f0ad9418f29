use super::CloseFrame;
use crate::{CloseCode, ProtocolError};
use core::fmt;

/// How a connection ended (RFC 6455 §7.1.4–§7.1.6): see [`Connection::closure`](crate::Connection::closure).
///
/// It prints as one line with all there is to know:
///
/// ```
/// use bowline::{Cause, CloseCode, Config, Connection, Interrupted, Role, Endpoint};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// client.receive(&mut (&mut b"\x81\x05Hel".to_vec()[..]).into());
/// client.receive_eof();
/// let closure = client.closure().unwrap();
/// assert_eq!((closure.code(), closure.is_clean()), (CloseCode::ABNORMAL, false));
/// assert_eq!((closure.begun_by(), closure.cause()), (Endpoint::Remote, Cause::EndOfStream(Interrupted::Frame)));
/// assert_eq!(
///     closure.to_string(),
///     "closed with 1006 (abnormal closure), not clean, begun by the peer: the peer's stream ended in the middle of a frame"
/// );
/// ```
#[cfg_attr(
    feature = "std",
    doc = "\nWhat each cause means in practice, and what to do: [`guide::closing`](crate::guide::closing)."
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    pub(crate) begun_by: Endpoint,
    pub(crate) cause: Cause,
    pub(crate) interrupted: Interrupted,
    pub(crate) sent: Option<CloseFrame<'static>>,
    pub(crate) received: Option<CloseFrame<'static>>,
}

impl Closure {
    pub(crate) const fn new(begun_by: Endpoint, cause: Cause) -> Self {
        Self { begun_by, cause, interrupted: Interrupted::Nothing, sent: None, received: None }
    }

    /// _The WebSocket Connection Close Code_ (RFC 6455 §7.1.5), which a browser calls `code`: that of the first Close
    /// frame received, 1005 if it had none, 1006 if none was received.
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.received.as_ref().map_or(CloseCode::ABNORMAL, |frame| frame.code)
    }

    /// _The WebSocket Connection Close Reason_ (§7.1.6): that of the first Close frame received, else empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.received.as_ref().map_or("", |frame| &frame.reason)
    }

    /// Whether both sides sent a Close frame (§7.1.4), which a browser calls `wasClean`.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some()
    }

    /// Which endpoint began to end it. If both began at once, that is the local one. A lost transport counts as the peer's
    /// doing.
    #[must_use]
    pub fn begun_by(&self) -> Endpoint {
        self.begun_by
    }

    /// Whether this is a normal end: clean, and the peer's Close frame had code 1000 (normal closure), 1001 (going away) or none.
    ///
    /// The adapters return `None` from `recv` for a normal end, and an error with the closure for every other.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.is_clean() && matches!(self.code(), CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS)
    }

    /// Why it ended: the first reason, if there were several.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// What the peer had left unfinished when reading stopped. Anything but [`Interrupted::Nothing`] means that a message was
    /// cut off and is lost. After a violation it is `Nothing`, as the error has the position.
    #[must_use]
    pub fn interrupted(&self) -> Interrupted {
        self.interrupted
    }

    /// The Close frame that was sent, with code 1005 if it had no body; `None` if there was no occasion to send one,
    /// or if the answer to the peer's could not be written.
    #[must_use]
    pub fn sent(&self) -> Option<&CloseFrame<'static>> {
        self.sent.as_ref()
    }

    /// The Close frame that was received, with code 1005 if it had no body.
    #[must_use]
    pub fn received(&self) -> Option<&CloseFrame<'static>> {
        self.received.as_ref()
    }
}

/// Everything worth a line in a log: code, reason, clean or not, who began, and the cause.
impl fmt::Display for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "closed with {}", self.code())?;
        if !self.reason().is_empty() {
            write!(f, " {:?}", self.reason())?;
        }
        let by = self.begun_by;
        write!(f, ", {}, begun by {by}: {}", if self.is_clean() { "clean" } else { "not clean" }, self.cause)
    }
}

/// An endpoint of a connection, as seen from this one: see [`Closure::begun_by`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The endpoint that this program is.
    Local,
    /// The peer.
    Remote,
}

/// Why a connection ended. If there are several reasons, it is the first. After a [`close`](crate::Connection::close) from this
/// endpoint it is whatever happened in place of the peer's answer, if there was none.
///
/// ```
/// use bowline::{Cause, Closure, Deadline};
///
/// fn in_words(closure: &Closure) -> String {
///     match closure.cause() {
///         Cause::Closed => format!("somebody closed it: {}", closure.code()),
///         Cause::Protocol(error) => format!("the peer is faulty: {error}"),
///         Cause::Deadline(Deadline::Pong) => "the peer is gone".into(),
///         other => other.to_string(),
///     }
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// One endpoint wanted it to end, and both exchanged Close frames (§7.1.4): see [`Closure::code`] and
    /// [`Closure::begun_by`]. If the answer to the peer's could not be written, it is not clean all the same.
    Closed,
    /// The peer broke a rule, and was told by a Close frame (§7.1.7).
    Protocol(ProtocolError),
    /// The peer took too long.
    Deadline(Deadline),
    /// The peer's stream ended without a Close frame (§7.1.5): a process that was killed, a proxy's time limit, a network
    /// that went down in order. Reported by [`Connection::receive_eof`](crate::Connection::receive_eof).
    EndOfStream(Interrupted),
    /// The transport failed: a reset connection, for example. Reported by
    /// [`Connection::transport_failed`](crate::Connection::transport_failed).
    Transport,
}

impl core::error::Error for Closure {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.cause {
            Cause::Protocol(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "this endpoint",
            Self::Remote => "the peer",
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("close frames were exchanged"),
            Self::Protocol(error) => error.fmt(f),
            Self::Deadline(deadline) => deadline.fmt(f),
            Self::EndOfStream(during) => write!(f, "the peer's stream ended {during}"),
            Self::Transport => f.write_str("the transport failed"),
        }
    }
}

/// Which timeout expired: see [`Deadlines`](crate::Deadlines).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// A sign of life after a ping: see [`Deadlines::pong`](crate::Deadlines::pong). The Close frame has code 1011.
    Pong,
    /// A message, in either direction: see [`Deadlines::idle`](crate::Deadlines::idle). The Close frame has code 1001.
    Idle,
    /// The answer to a Close frame: see [`Deadlines::close`](crate::Deadlines::close).
    Close,
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pong => "nothing came from the peer in answer to a ping",
            Self::Idle => "no message was sent or received for too long",
            Self::Close => "the peer did not answer the Close frame",
        })
    }
}

/// What a peer had left unfinished when its stream ended: whether a message is lost that it had begun to send.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interrupted {
    /// Nothing: between two messages.
    Nothing,
    /// A frame: its header or its payload is incomplete.
    Frame,
    /// A message: its last frame is whole, but there should be more.
    Message,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "without a Close frame",
            Self::Frame => "in the middle of a frame",
            Self::Message => "between the frames of a message",
        })
    }
}
