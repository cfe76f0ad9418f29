//! Conversions between the messages of the crate `http` and heads.
//!
//! A message from an HTTP library becomes the head with which it could have been sent, and the fields of a response are read from
//! the head that would be sent. This copies about a kilobyte for each connection, and one set of rules serves both ways.

use super::fields::{Fields, RequestLine};
use alloc::{format, vec::Vec};
use http::{HeaderMap, HeaderName, HeaderValue};

impl Fields {
    /// Converts a request. The first line has its version.
    pub(crate) fn of_request_message<B>(request: &http::Request<B>) -> (RequestLine, Self) {
        let mut head = Vec::with_capacity(1024);
        let method = append(&mut head, request.method().as_str().as_bytes());
        append(&mut head, b" ");
        let target = append(&mut head, format!("{}", request.uri()).as_bytes());
        append(&mut head, format!(" {:?}\r\n", request.version()).as_bytes());
        (RequestLine { method, target }, Self::of_map(head, request.headers()))
    }

    /// Converts a response. The first line has no reason phrase, since such a message has none.
    pub(crate) fn of_response_message<B>(response: &http::Response<B>) -> Self {
        let line = format!("{:?} {}\r\n", response.version(), response.status().as_str());
        Self::of_map(line.into_bytes(), response.headers())
    }

    /// Appends the fields of a map to the first line. They need no check: the names in a map are tokens, and the values have no
    /// control bytes.
    fn of_map(first_line: Vec<u8>, map: &HeaderMap) -> Self {
        let mut fields = Self::of_first_line(first_line, map.len());
        for (name, value) in map {
            // "A field value does not include leading or trailing whitespace" (RFC 9110 §5.5), but a map accepts it.
            fields.push(name.as_str().as_bytes(), value.as_bytes().trim_ascii());
        }
        fields
    }
}

/// Appends bytes, and returns their span.
fn append(head: &mut Vec<u8>, bytes: &[u8]) -> core::ops::Range<usize> {
    let start = head.len();
    head.extend_from_slice(bytes);
    start..head.len()
}

/// Whether the value of a field that this crate wrote may be shown. Those that the caller added can be secrets.
fn is_public(name: &HeaderName) -> bool {
    const NAMES: [&str; 8] =
        ["allow", "connection", "content-type", "host", "origin", "upgrade", "user-agent", "x-content-type-options"];
    NAMES.contains(&name.as_str()) || name.as_str().starts_with("sec-websocket-")
}

/// Returns the fields of a head that this crate wrote. A first line that is not a field is left out. The values that the caller
/// added are marked as sensitive: `Debug` does not show them, and HTTP/2 does not index them.
pub(crate) fn to_map(head: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((name, value)) = split_field_line(line) else { continue };
        // Names are tokens and values have no control bytes: this was checked when they were added. A map also refuses names of
        // more than 64 KiB, and more than 24,576 fields. Those are left out.
        if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            value.set_sensitive(!is_public(&name));
            let _ = map.try_append(name, value);
        }
    }
    map
}

fn split_field_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = line.split_at_checked(line.iter().position(|byte| matches!(byte, b':' | b' '))?)?;
    Some((name, rest.strip_prefix(b": ")?))
}
