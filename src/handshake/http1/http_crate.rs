//! Messages of the crate `http`, as heads, and back.
//!
//! A message that an HTTP library has read is written down as the head that it could have been, and the fields of an answer
//! are taken from the head that would be sent. That costs a copy of the head, and saves a second set of rules.

use super::fields::{Fields, RequestLine};
use alloc::{format, vec::Vec};
use http::{HeaderMap, HeaderName, HeaderValue};

impl Fields {
    /// A request, with its version in the first line.
    pub(crate) fn of_request_message<B>(request: &http::Request<B>) -> (RequestLine, Self) {
        let mut head = Vec::with_capacity(1024);
        let method = append(&mut head, request.method().as_str().as_bytes());
        append(&mut head, b" ");
        let target = append(&mut head, format!("{}", request.uri()).as_bytes());
        append(&mut head, format!(" {:?}\r\n", request.version()).as_bytes());
        (RequestLine { method, target }, Self::of_map(head, request.headers()))
    }

    /// A response, without its phrase, which such a message does not have.
    pub(crate) fn of_response_message<B>(response: &http::Response<B>) -> Self {
        let line = format!("{:?} {}\r\n", response.version(), response.status().as_str());
        Self::of_map(line.into_bytes(), response.headers())
    }

    /// The names in a map are tokens, and the values have no control bytes.
    fn of_map(first_line: Vec<u8>, map: &HeaderMap) -> Self {
        let mut fields = Self::of_first_line(first_line, map.len());
        for (name, value) in map {
            // "A field value does not include leading or trailing whitespace" (RFC 9110 §5.5), but a map accepts it.
            fields.push(name.as_str().as_bytes(), value.as_bytes().trim_ascii());
        }
        fields
    }
}

/// Appends, and returns where the bytes are then.
fn append(head: &mut Vec<u8>, bytes: &[u8]) -> core::ops::Range<usize> {
    let start = head.len();
    head.extend_from_slice(bytes);
    start..head.len()
}

/// The fields in the lines of a head that was written here, whose first line is left out if it is not a field.
pub(crate) fn to_map(head: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((name, value)) = split_field_line(line) else { continue };
        // Names are tokens and values have no control bytes, as was checked when they were given. Apart from
        // that a map refuses names above 64 KiB and more than 24,576 fields: those are left out.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            let _ = map.try_append(name, value);
        }
    }
    map
}

fn split_field_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = line.split_at_checked(line.iter().position(|byte| matches!(byte, b':' | b' '))?)?;
    Some((name, rest.strip_prefix(b": ")?))
}
