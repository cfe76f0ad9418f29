use super::grammar;
use alloc::{string::String, vec::Vec};
use thiserror::Error;

/// A header field cannot be added to a request or an answer. Nothing was added.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidHeader {
    /// The name is not a token. Holds an excerpt of it.
    #[error("\"{0}\" is no name for a header: use letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2)")]
    Name(String),
    /// The value has CR, LF, NUL or another control byte in it. Holds the name of the field.
    #[error("the value for the header {0} has a control byte in it, such as CR, LF or NUL (RFC 9110 §5.5)")]
    Value(String),
    /// The field is written by this library, or would change what the handshake means. Holds its name.
    #[error("the header {0} is for the handshake itself to write and cannot be set here")]
    Reserved(String),
    /// The answer has been written to its end already.
    #[error("the header {0} comes too late: the answer is being written already")]
    TooLate(String),
}

/// Whether a field is one that only the handshake itself may write, in requests and in answers.
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

/// A field that the caller supplies, as a line. `taken` are names that are reserved here besides the usual ones.
pub(crate) fn line(name: &str, value: &[u8], taken: &[&str]) -> Result<Vec<u8>, InvalidHeader> {
    let shown = || grammar::excerpt(name.as_bytes());
    if !grammar::is_token(name.as_bytes()) {
        return Err(InvalidHeader::Name(shown()));
    }
    if !grammar::is_field_value(value) {
        return Err(InvalidHeader::Value(shown()));
    }
    if is_reserved(name) || taken.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
        return Err(InvalidHeader::Reserved(shown()));
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
