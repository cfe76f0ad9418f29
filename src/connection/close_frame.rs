//! The body of a Close frame (RFC 6455 §5.5.1). Code 1005 stands for an empty body. An answer repeats the code that was received.

use crate::{CloseCode, CloseError, Payload, Role, Text, Violation, bug::OrBug, frame::MAX_CONTROL_PAYLOAD, utf8};
use alloc::{string::String, vec::Vec};
use core::str;

/// The code and the reason of a Close frame that was received or sent (RFC 6455 §5.5.1).
///
/// [`Event::Close`](crate::Event::Close), [`Closure::received`](crate::Closure::received) and
/// [`Closure::sent`](crate::Closure::sent) contain one. To send one, call [`Connection::close`](crate::Connection::close).
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Event, Input, Role};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// let mut read = *b"\x88\x05\x03\xe9bye";
/// let Some(Event::Close(Some(frame))) = client.receive(&mut Input::from(&mut read)) else { panic!() };
/// assert_eq!((frame.code, frame.reason), (CloseCode::GOING_AWAY, "bye".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame<'b> {
    /// Why the sender closes. [`NO_STATUS`](CloseCode::NO_STATUS) means a frame without a body (§7.1.5).
    pub code: CloseCode,
    /// The reason, a text of at most 123 bytes, which is often empty. It is for logs. It need not be readable for people, and must
    /// not be shown to end users (§5.5.1).
    pub reason: Text<'b>,
}

impl<'b> CloseFrame<'b> {
    /// Converts to a frame that is no longer tied to the caller's buffer, to keep it.
    #[must_use]
    pub fn into_owned(self) -> CloseFrame<'static> {
        CloseFrame { code: self.code, reason: self.reason.into_owned() }
    }

    /// Creates a Close frame without a body (§7.1.5).
    pub(crate) fn without_body() -> Self {
        Self { code: CloseCode::NO_STATUS, reason: "".into() }
    }

    /// Creates a frame to send, if an endpoint of this role may send it. Otherwise the error has the reason.
    pub(crate) fn to_send(code: CloseCode, reason: &'b str, role: Role) -> Result<Self, CloseError> {
        if code == CloseCode::NO_STATUS && !reason.is_empty() {
            Err(CloseError::ReasonWithoutCode)
        } else if code != CloseCode::NO_STATUS && !code.may_be_sent_by(role) {
            Err(CloseError::Code(code))
        } else if reason.len() > MAX_CONTROL_PAYLOAD - 2 {
            Err(CloseError::ReasonTooLong(reason.len()))
        } else {
            Ok(Self { code, reason: reason.into() })
        }
    }

    /// Returns the frame to answer this one with: "the endpoint typically echos the status code it received" (§5.5.1). This
    /// includes 1010, which a server may repeat, but not begin with.
    pub(crate) fn answer(&self) -> CloseFrame<'static> {
        CloseFrame { code: self.code, reason: "".into() }
    }

    /// Returns the body on the wire: "a 2-byte unsigned integer (in network byte order)", and the reason.
    pub(crate) fn body(&self) -> Vec<u8> {
        if self.code == CloseCode::NO_STATUS {
            return Vec::new();
        }
        let mut body = Vec::with_capacity(2 + self.reason.len());
        body.extend_from_slice(&self.code.get().to_be_bytes());
        body.extend_from_slice(self.reason.as_bytes());
        body
    }

    /// Returns the frame with this body, or `None` if the body is empty. [`check`] has accepted the body before, so that nothing
    /// here can fail.
    pub(crate) fn from_checked(body: Payload<'b>) -> Option<Self> {
        let code = CloseCode::new(u16::from_be_bytes(*body.first_chunk()?));
        let reason = match body.try_into_borrowed() {
            Ok(body) => str::from_utf8(body.get(2..).or_bug()).or_bug().into(),
            Err(mut body) => String::from_utf8(body.split_off(2)).or_bug().into(),
        };
        Some(Self { code, reason })
    }
}

/// Checks the received part of the body. `complete` is whether this is all of it. An error has the index of the byte that proves
/// it.
///
/// The check of the header has already refused a body of a single byte.
pub(crate) fn check(body: &[u8], complete: bool) -> Result<(), (Violation, usize)> {
    // Empty, or half a code, whose other half is still to arrive.
    let Some((code, reason)) = body.split_first_chunk() else { return Ok(()) };
    let code = CloseCode::new(u16::from_be_bytes(*code));
    if !code.may_be_received() {
        return Err((Violation::InvalidCloseCode(code), 1));
    }
    // "Following the 2-byte integer, the body MAY contain UTF-8-encoded data" (§5.5.1). §8.1 requires the check.
    let verdict = if complete { utf8::validate(reason, false).map(|_| ()) } else { utf8::so_far(reason) };
    verdict.map_err(|utf8::InvalidAt(at)| (Violation::InvalidCloseReason, 2 + at))
}
