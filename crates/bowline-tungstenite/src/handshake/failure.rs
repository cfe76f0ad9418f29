//! From the errors of bowline to those here.

use crate::error::{CapacityError, Error, ProtocolError, SubProtocolError};
use bowline::{HandshakeError, client::RequestError};
use http::HeaderName;
use std::io;

/// Converts what a peer did wrong. [`HandshakeError::Status`] needs its response, and is not converted here.
pub(super) fn of_peer(error: HandshakeError) -> Error {
    use HandshakeError as From;
    match error {
        From::HttpVersion(_) => ProtocolError::WrongHttpVersion.into(),
        From::Method(_) => ProtocolError::WrongHttpMethod.into(),
        From::Missing(name) => missing(name),
        From::Repeated(name) | From::Invalid { name, .. } => invalid(name),
        From::Version(_) => ProtocolError::MissingSecWebSocketVersionHeader.into(),
        From::WrongAccept { .. } => ProtocolError::SecWebSocketAcceptKeyMismatch.into(),
        From::ProtocolNotOffered(_) => {
            ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::InvalidSubProtocol).into()
        }
        From::Body(name) => header(name),
        From::Expectation(_) => header("Expect"),
        From::ExtensionNotOffered(_) => header("Sec-WebSocket-Extensions"),
        #[cfg(feature = "deflate")]
        From::Deflate(_) => header("Sec-WebSocket-Extensions"),
        From::EndOfStream { .. } => ProtocolError::HandshakeIncomplete.into(),
        From::HeadTooLong { .. } | From::StartLineTooLong { .. } => Error::AttackAttempt,
        From::TooManyFields { .. } => CapacityError::TooManyHeaders.into(),
        From::StartLine(_) | From::Tls(_) | From::Target(_) => httparse::Error::Token.into(),
        From::BareLf | From::BareCr => httparse::Error::NewLine.into(),
        From::FieldLine(_) => httparse::Error::HeaderName.into(),
        From::FieldValue(_) => httparse::Error::HeaderValue.into(),
        From::Deadline { .. } => io::Error::new(io::ErrorKind::TimedOut, error).into(),
        other => io::Error::new(io::ErrorKind::InvalidData, other).into(),
    }
}

/// Converts what is wrong with a request of this program, which was not sent.
pub(super) fn of_request(error: RequestError) -> Error {
    match error {
        RequestError::Head(
            HandshakeError::Missing(name) | HandshakeError::Repeated(name) | HandshakeError::Invalid { name, .. },
        ) => header(name),
        RequestError::Head(HandshakeError::Version(_)) => header("Sec-WebSocket-Version"),
        RequestError::Head(other) => of_peer(other),
        other => io::Error::new(io::ErrorKind::InvalidInput, other).into(),
    }
}

fn missing(name: &str) -> Error {
    match name {
        "Sec-WebSocket-Key" => ProtocolError::MissingSecWebSocketKey.into(),
        _ => invalid(name),
    }
}

fn invalid(name: &str) -> Error {
    match name {
        "Connection" => ProtocolError::MissingConnectionUpgradeHeader.into(),
        "Upgrade" => ProtocolError::MissingUpgradeWebSocketHeader.into(),
        "Sec-WebSocket-Version" => ProtocolError::MissingSecWebSocketVersionHeader.into(),
        "Sec-WebSocket-Key" => ProtocolError::InvalidSecWebSocketKey.into(),
        "Sec-WebSocket-Accept" => ProtocolError::SecWebSocketAcceptKeyMismatch.into(),
        _ => header(name),
    }
}

/// The error that names a header field.
pub(super) fn header(name: &str) -> Error {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => ProtocolError::InvalidHeader(name.into()).into(),
        Err(error) => error.into(),
    }
}
