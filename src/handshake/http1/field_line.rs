use super::{field_name::FieldName, grammar, shown};
use alloc::{string::String, vec::Vec};
use core::fmt;
use thiserror::Error;

/// Why a header field cannot be added, with [`client::Request::header`](crate::client::Request::header),
/// [`server::Accept::header`](crate::server::Accept::header) or [`server::Refusal::header`](crate::server::Refusal::header).
///
/// Nothing was sent. These methods consume their value, so it is lost.
///
/// ```
/// use bowline::{HeaderError, server::Accept};
///
/// let error = Accept::same_origin().header("Sec-WebSocket-Protocol", "chat").unwrap_err();
/// assert_eq!(error, HeaderError::Reserved("Sec-WebSocket-Protocol".into()));
/// assert_eq!(
///     error.to_string(),
///     "the header Sec-WebSocket-Protocol is written by the handshake and cannot be added: \
///      use Request::protocol or Accept::protocols"
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The name is not a token (RFC 9110 §5.6.2). Holds its beginning, up to the first character that is not allowed, since a value
    /// can follow: a value can be a secret.
    #[error("\"{0}\" is not a valid header name: use letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2)")]
    Name(String),
    /// The value contains CR, LF, NUL or another control byte. Holds the name of the field, but not the value, which can be a
    /// secret.
    #[error(
        "the value of the header {0} is not valid: it contains a control byte, such as CR, LF or NUL (RFC 9110 §5.5)"
    )]
    Value(String),
    /// The handshake writes the field itself, or the field would change the meaning of the message. Holds its name.
    ///
    /// Always reserved are `Connection`, `Content-Length`, `Expect`, `Host`, `Keep-Alive`, `TE`, `Trailer`, `Transfer-Encoding`,
    /// `Upgrade` and all names that begin with `Sec-WebSocket-`. A client's request also reserves `Origin`. A refusal reserves
    /// `Allow` and, if it is for an error, `Content-Type` and `X-Content-Type-Options`.
    #[error("the header {0} is written by the handshake and cannot be added{instead}", instead = instead_of(.0))]
    Reserved(String),
}

/// What to use for a field with a meaning of its own.
fn instead_of(name: &str) -> &'static str {
    match FieldName::of(name.as_bytes()) {
        Some(FieldName::Origin) => ": use Request::origin",
        Some(FieldName::Host) => ": use Request::host_header",
        Some(FieldName::Protocol) => ": use Request::protocol or Accept::protocols",
        Some(FieldName::Extensions) => ": use Config::deflate",
        _ => "",
    }
}

/// Whether only the handshake itself may write a field, in requests and in responses.
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

/// Returns a field that the caller supplies, as a line. `taken` lists names that are reserved in this message besides the usual
/// ones.
pub(crate) fn line(name: &str, value: &[u8], taken: &[&str]) -> Result<Vec<u8>, HeaderError> {
    let excerpt = || grammar::excerpt(name.as_bytes());
    if !grammar::is_token(name.as_bytes()) {
        return Err(HeaderError::Name(shown::name(name)));
    }
    if !grammar::is_field_value(value) {
        return Err(HeaderError::Value(excerpt()));
    }
    if is_reserved(name) || taken.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
        return Err(HeaderError::Reserved(excerpt()));
    }
    let mut line = Vec::new();
    push(&mut line, name, value);
    Ok(line)
}

/// Whether complete lines that [`line`] returned contain a field with this name, in any case.
pub(crate) fn contain(lines: &[u8], name: &str) -> bool {
    split(lines).any(|line| name_of(line).eq_ignore_ascii_case(name))
}

/// Returns complete lines that [`line`] returned, without the fields that have one of the names, in any case.
pub(crate) fn without(lines: &[u8], names: &[&str]) -> Vec<u8> {
    let stays = |line: &&[u8]| !names.iter().any(|name| name_of(line).eq_ignore_ascii_case(name));
    split(lines).filter(stays).flatten().copied().collect()
}

/// Returns the lines, each with its line end.
fn split(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines.split_inclusive(|&byte| byte == b'\n')
}

/// Returns the name at the beginning of a line.
fn name_of(line: &[u8]) -> &str {
    grammar::checked_str(grammar::split_prefix(line, grammar::is_token_byte).0)
}

/// Shows the names of the fields in complete lines that [`line`] returned, and not their values, which can be secrets.
pub(crate) struct Names<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(split(self.0).map(name_of)).finish()
    }
}

/// Appends a field. Name and value must be valid.
pub(crate) fn push(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}
