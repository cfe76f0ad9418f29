use super::CloseFrame;
use crate::{CloseCode, ProtocolError};
use core::fmt;

/// How a connection ended, for logs and to decide what to do next (RFC 6455 §7.1.4–§7.1.6):
/// [`Connection::closure`](crate::Connection::closure) returns it.
///
/// Its `Display` is one line with the code, the reason, which endpoint began, and the cause:
///
/// ```
/// use bowline::{Cause, CloseCode, Config, Connection, Endpoint, Input, Interrupted, Role};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// let mut read = *b"\x81\x05Hel"; // a text message of 5 bytes, cut off
/// client.receive(&mut Input::from(&mut read));
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
#[doc(alias("CloseEvent", "onclose"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    pub(crate) begun_by: Endpoint,
    pub(crate) cause: Cause,
    pub(crate) interrupted: Interrupted,
    pub(crate) sent: Option<CloseFrame<'static>>,
    pub(crate) received: Option<CloseFrame<'static>>,
    pub(crate) unsent: usize,
}

impl Closure {
    pub(crate) const fn new(begun_by: Endpoint, cause: Cause) -> Self {
        Self { begun_by, cause, interrupted: Interrupted::Nothing, sent: None, received: None, unsent: 0 }
    }

    /// Returns the close code: _The WebSocket Connection Close Code_ (§7.1.5), which a browser calls `code`.
    ///
    /// It is the code of the peer's Close frame, 1005 if that frame had none, and 1006 if no Close frame was received. The code
    /// that this endpoint sent is in [`sent`](Self::sent).
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.received.as_ref().map_or(CloseCode::ABNORMAL, |frame| frame.code)
    }

    /// Returns the reason in the peer's Close frame: _The WebSocket Connection Close Reason_ (§7.1.6). It is empty if there was
    /// none.
    ///
    /// The peer chooses this text. Print it as a debug string, and do not show it to end users (§5.5.1).
    #[must_use]
    pub fn reason(&self) -> &str {
        self.received.as_ref().map_or("", |frame| &frame.reason)
    }

    /// Returns whether both endpoints sent a Close frame (§7.1.4), which a browser calls `wasClean`.
    #[doc(alias = "wasClean")]
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some()
    }

    /// Returns which endpoint began to close the connection.
    ///
    /// It is the local endpoint if both began at once, if the peer broke a rule, and if a deadline expired. It is the remote one if
    /// the transport failed, or its stream ended without a Close frame.
    #[must_use]
    pub fn begun_by(&self) -> Endpoint {
        self.begun_by
    }

    /// Returns whether this is a normal end: it is clean, and the peer's Close frame had code 1000 (normal closure), 1001 (going
    /// away) or no code.
    ///
    /// The adapters' `recv` returns `None` for a normal end, and an error with the closure for every other.
    ///
    /// ```
    /// use bowline::{Config, Connection, Input, Role};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// let mut read = *b"\x88\x02\x03\xf0"; // clean, but 1008: the server rejects something
    /// client.receive(&mut Input::from(&mut read));
    /// client.output().write_to(&mut std::io::sink())?;
    /// let closure = client.closure().unwrap();
    /// assert!(closure.is_clean() && !closure.is_normal());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.is_clean() && matches!(self.code(), CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS)
    }

    /// Returns why the connection ended. If there are several causes, it is the first: see [`Cause`].
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns whether a message from the peer was cut off. Anything but [`Interrupted::Nothing`] means that it is lost.
    ///
    /// A violation does not count as an interruption, since its error has the position.
    #[must_use]
    pub fn interrupted(&self) -> Interrupted {
        self.interrupted
    }

    /// Returns the Close frame that this endpoint sent, with code 1005 if it had no body. It is `None` if none was sent, or if it
    /// was discarded before it was written. After a violation, it is the frame that was queued, written or not.
    #[must_use]
    pub fn sent(&self) -> Option<&CloseFrame<'static>> {
        self.sent.as_ref()
    }

    /// Returns the number of bytes that were queued, and discarded because they could no longer be written: frames of messages, and
    /// pings, with their headers.
    ///
    /// It is final once the connection is closed: until then, output that is left may be written, or discarded.
    ///
    /// If it is not 0, messages of this endpoint are lost. If it is 0, the transport has
    /// accepted all messages. That is not yet a proof that the peer has received them: only a [clean](Self::is_clean) end is.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.send_text("Hello")?; // 11 bytes
    /// client.transport_failed();
    /// assert_eq!(client.closure().unwrap().unsent(), 11);
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    #[doc(alias("lost messages", "bufferedAmount"))]
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// Returns the Close frame that was received, with code 1005 if it had no body, or `None` if none was received.
    #[must_use]
    pub fn received(&self) -> Option<&CloseFrame<'static>> {
        self.received.as_ref()
    }
}

/// Writes one line for a log: code, reason, clean or not, which endpoint began, and the cause. Everything that the peer chose is
/// escaped.
impl fmt::Display for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "closed with {}", self.code())?;
        if !self.reason().is_empty() {
            write!(f, " {:?}", self.reason())?;
        }
        let by = self.begun_by;
        write!(f, ", {}, begun by {by}: ", if self.is_clean() { "clean" } else { "not clean" })?;
        match self.cause {
            Cause::Closed if !self.is_clean() => {
                f.write_str("the peer's Close frame was received, but this endpoint's could not be written")?;
            }
            cause => cause.fmt(f)?,
        }
        // The cause `EndOfStream` has it already.
        if self.interrupted != Interrupted::Nothing && !matches!(self.cause, Cause::EndOfStream(_)) {
            f.write_str("; a message of the peer was cut off")?;
        }
        match self.unsent {
            0 => Ok(()),
            unsent => write!(f, "; {unsent} queued bytes were not sent"),
        }
    }
}

/// One of the two endpoints of a connection, as seen from this one: [`Closure::begun_by`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// This endpoint.
    Local,
    /// The peer.
    Remote,
}

/// Why a connection ended: [`Closure::cause`] returns it.
///
/// If there are several causes, it is the first. If this endpoint called [`close`](crate::Connection::close) and the peer did not
/// answer, the cause is the event that ended the connection instead, such as the close deadline.
///
/// ```
/// use bowline::{Cause, Closure, Deadline};
///
/// fn in_words(closure: &Closure) -> String {
///     match closure.cause() {
///         Cause::Closed => format!("one endpoint closed it: {}", closure.code()),
///         Cause::Protocol(error) => format!("the peer is faulty: {error}"),
///         Cause::Deadline(Deadline::Pong) => "the peer is gone".into(),
///         other => other.to_string(),
///     }
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// One endpoint closed the connection, and Close frames were exchanged (§7.1.4): see [`Closure::code`] and
    /// [`Closure::begun_by`].
    ///
    /// If our answer to the peer's Close frame could not be written, the closure is not clean.
    Closed,
    /// The peer broke a rule (§7.1.7). A Close frame with the close code of the violation was queued, unless this endpoint was
    /// already closing.
    Protocol(ProtocolError),
    /// A timeout for the peer expired.
    Deadline(Deadline),
    /// The peer's stream ended without a Close frame (§7.1.5): for example, its process was killed, or a proxy's idle timeout
    /// expired. Reported by [`Connection::receive_eof`](crate::Connection::receive_eof).
    EndOfStream(Interrupted),
    /// Reading or writing failed, for example because the peer has reset the connection. Reported by
    /// [`Connection::transport_failed`](crate::Connection::transport_failed) and
    /// [`Connection::write_failed`](crate::Connection::write_failed).
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
            Self::EndOfStream(interrupted) => write!(f, "the peer's stream ended {interrupted}"),
            Self::Transport => f.write_str("the transport failed"),
        }
    }
}

/// The timeout that expired: see [`Deadlines`](crate::Deadlines).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// The ping timeout: no byte arrived from the peer after a ping. See [`Deadlines::pong`](crate::Deadlines::pong). The Close
    /// frame has code 1011.
    Pong,
    /// The write timeout: the peer has read too slowly, or not at all. See [`Deadlines::write`](crate::Deadlines::write). The Close
    /// frame has code 1011.
    Write,
    /// The idle timeout: no message was sent or received. See [`Deadlines::idle`](crate::Deadlines::idle). The Close frame has code
    /// 1001.
    Idle,
    /// The close timeout: the peer did not answer a Close frame in time. See [`Deadlines::close`](crate::Deadlines::close).
    Close,
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pong => "no bytes arrived from the peer after a ping",
            Self::Write => "the peer did not read fast enough",
            Self::Idle => "no message was sent or received for too long",
            Self::Close => "the peer did not answer the Close frame",
        })
    }
}

/// Whether a message from the peer was cut off when the connection ended: [`Closure::interrupted`] returns it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interrupted {
    /// No message was cut off: the end was between two messages.
    Nothing,
    /// The end was inside a frame: its header or its payload is incomplete.
    Frame,
    /// The end was between two fragments of a message.
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
