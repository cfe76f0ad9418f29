use super::grammar;
use alloc::{string::String, vec::Vec};
use thiserror::Error;

/// Why a header field cannot be added to a request or an answer. Nothing was added.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The name is not a token. Holds an excerpt of it.
    #[error("\"{0}\" is not a valid header name: use letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2)")]
    Name(String),
    /// The value contains CR, LF, NUL or another control byte. Holds the name of the field.
    #[error(
        "the value of the header {0} is not valid: it contains a control byte, such as CR, LF or NUL (RFC 9110 §5.5)"
    )]
    Value(String),
    /// The field is written by this library, or would change the meaning of the handshake. Holds its name.
    #[error("the header {0} is written by the handshake itself and cannot be set")]
    Reserved(String),
}

/// Whether only the handshake itself may write a field, in requests and in answers.
fn is_reserved(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "Connection",
        "Content-Length",
        "Expect",
        "Host",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    ];
    let is_sec_websocket = name.as_bytes().get(..14).is_some_and(|start| start.eq_ignore_ascii_case(b"Sec-WebSocket-"));
    is_sec_websocket || NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// A field that the caller supplies, as a line. `taken` are names that are reserved in this message besides the usual ones.
pub(crate) fn line(name: &str, value: &[u8], taken: &[&str]) -> Result<Vec<u8>, HeaderError> {
    let shown = || grammar::excerpt(name.as_bytes());
    if !grammar::is_token(name.as_bytes()) {
        return Err(HeaderError::Name(shown()));
    }
    if !grammar::is_field_value(value) {
        return Err(HeaderError::Value(shown()));
    }
    if is_reserved(name) || taken.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
        return Err(HeaderError::Reserved(shown()));
    }
    let mut line = Vec::new();
    push(&mut line, name, value);
    Ok(line)
}

/// Appends a field whose name and value are known to be valid.
pub(crate) fn push(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}
