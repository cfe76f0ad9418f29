//! What a client's opening handshake must be (RFC 6455 §4.2.1), each rule on its own.

use crate::handshake::{
    VERSION,
    error::HandshakeError,
    extensions,
    http1::authority::{self, Authority},
    http1::fields::{Fields, invalid},
    http1::grammar,
    http1::known::Known,
    key,
};
use alloc::{borrow::Cow, vec::Vec};

/// What a request-target says.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// All of it visible ASCII.
    pub(super) resource: Cow<'a, [u8]>,
    /// Of an absolute URI: it takes the place of the Host field.
    pub(super) host: Option<&'a [u8]>,
}

/// "An HTTP/1.1 or higher GET request" (§4.2.1, 1). Methods are case-sensitive.
pub(super) fn check_method(method: &[u8]) -> Result<(), HandshakeError> {
    if method == b"GET" { Ok(()) } else { Err(HandshakeError::Method(grammar::excerpt(method))) }
}

/// "A "Request-URI" that should be interpreted as a /resource name/ \[...\] (or an absolute HTTP/HTTPS URI containing the
/// /resource name/)" (§4.2.1, 1).
///
/// Browsers leave some visible characters in a query as they are that RFC 3986 would have encoded: they may stay.
pub(super) fn check_target(target: &[u8]) -> Result<Target<'_>, HandshakeError> {
    let parsed = match target {
        _ if !target.iter().copied().all(is_target_byte) => None,
        [b'/', ..] => Some(Target { resource: Cow::Borrowed(target), host: None }),
        _ => core::str::from_utf8(target).ok().and_then(absolute_form),
    };
    parsed.ok_or_else(|| HandshakeError::Target(grammar::excerpt(target)))
}

fn is_target_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

fn absolute_form(target: &str) -> Option<Target<'_>> {
    let (scheme, rest) = target.split_once("://")?;
    if !["http", "https"].iter().any(|http| http.eq_ignore_ascii_case(scheme)) {
        return None;
    }
    let (host, resource) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
    Authority::parse(host).ok()?;
    let resource = match resource.as_bytes() {
        path @ [b'/', ..] => Cow::Borrowed(path),
        query => Cow::Owned([b"/", query].concat()),
    };
    Some(Target { resource, host: Some(host.as_bytes()) })
}

/// "A |Host| header field containing the server's authority" (§4.2.1, 2). "A server MUST respond with a 400 (Bad
/// Request) status code to any HTTP/1.1 request message that lacks a Host header field and to any request message that
/// contains more than one Host header field line or a Host header field with an invalid field value" (RFC 9112 §3.2).
pub(super) fn check_host(fields: &Fields) -> Result<&[u8], HandshakeError> {
    let host = fields.exactly_one(Known::Host)?;
    let is_host =
        authority::is_plain_name(host) || core::str::from_utf8(host).is_ok_and(|host| Authority::parse(host).is_ok());
    if is_host { Ok(host) } else { Err(invalid(Known::Host, host)) }
}

/// All the other fields. Those that have no meaning here are ignored (§4.2.1, 10).
pub(super) fn check_fields(fields: &Fields) -> Result<(), HandshakeError> {
    check_upgrade(fields)?;
    check_connection(fields)?;
    check_version(fields)?;
    check_key(fields)?;
    check_offers(fields)?;
    check_body(fields)?;
    check_expectation(fields)
}

/// What the server may choose from, and where the client comes from.
pub(super) fn check_offers(fields: &Fields) -> Result<(), HandshakeError> {
    check_protocols(fields)?;
    extensions::check(fields)?;
    fields.at_most_one(Known::Origin).map(|_| ())
}

/// None can be met: what the client would wait for, the 101 is.
pub(super) fn check_expectation(fields: &Fields) -> Result<(), HandshakeError> {
    fields
        .first_known(Known::Expect)
        .map_or(Ok(()), |expectation| Err(HandshakeError::Expectation(grammar::excerpt(expectation))))
}

/// "An |Upgrade| header field containing the value "websocket", treated as an ASCII case-insensitive value" (§4.2.1,
/// 3), in a list of protocols: `name` or `name/version` (RFC 9110 §7.8).
fn check_upgrade(fields: &Fields) -> Result<(), HandshakeError> {
    let is_protocol = |element: &[u8]| element.splitn(2, |&byte| byte == b'/').all(grammar::is_token);
    require_element(fields, Known::Upgrade, is_protocol, "websocket")
}

/// "A |Connection| header field that includes the token "Upgrade", treated as an ASCII case-insensitive value"
/// (§4.2.1, 4).
fn check_connection(fields: &Fields) -> Result<(), HandshakeError> {
    require_element(fields, Known::Connection, grammar::is_token, "upgrade")
}

fn require_element(
    fields: &Fields,
    field: Known,
    is_element: impl Fn(&[u8]) -> bool,
    wanted: &str,
) -> Result<(), HandshakeError> {
    let value = fields.first_known(field).ok_or_else(|| HandshakeError::Missing(field.name()))?;
    let found = fields.check_list(field, is_element, |element| element.eq_ignore_ascii_case(wanted.as_bytes()))?;
    if found { Ok(()) } else { Err(invalid(field, value)) }
}

/// "A |Sec-WebSocket-Version| header field, with a value of 13" (§4.2.1, 6). Its grammar allows 0 to 255 without
/// leading zeros (§4.3).
pub(super) fn check_version(fields: &Fields) -> Result<(), HandshakeError> {
    let value = fields.exactly_one(Known::Version)?;
    match parse_version(value) {
        Some(VERSION) => Ok(()),
        Some(other) => Err(HandshakeError::Version(other)),
        None => Err(invalid(Known::Version, value)),
    }
}

fn parse_version(value: &[u8]) -> Option<u8> {
    let is_number = value.iter().all(u8::is_ascii_digit) && (value.len() == 1 || !value.starts_with(b"0"));
    if is_number { core::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

/// "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes in length" (§4.2.1,
/// 5).
fn check_key(fields: &Fields) -> Result<(), HandshakeError> {
    let value = fields.exactly_one(Known::Key)?;
    if key::valid(value).is_some() { Ok(()) } else { Err(invalid(Known::Key, value)) }
}

/// `1#token` (§4.3), over any number of lines (§11.3.4). "The elements that comprise this value MUST \[...\] all be
/// unique strings" (§4.1, 10).
fn check_protocols(fields: &Fields) -> Result<(), HandshakeError> {
    const FIELD: Known = Known::Protocol;
    let Some(first) = fields.first_known(FIELD) else { return Ok(()) };
    fields.check_list(FIELD, grammar::is_token, |_| false)?;
    // Sorted, so that a long list of different ones costs no more than it must.
    let mut offered: Vec<&str> = grammar::tokens(fields.known(FIELD)).collect();
    offered.sort_unstable();
    let twice = offered.windows(2).find_map(|pair| {
        if let [a, b] = pair
            && a == b
        {
            Some(*a)
        } else {
            None
        }
    });
    match twice {
        Some(token) => Err(invalid(FIELD, token.as_bytes())),
        None if offered.is_empty() => Err(invalid(FIELD, first)),
        None => Ok(()),
    }
}

/// A body, or the start of a second request, would be read as frames. None is needed for a GET.
fn check_body(fields: &Fields) -> Result<(), HandshakeError> {
    if fields.first_known(Known::TransferEncoding).is_some() {
        return Err(HandshakeError::Body("Transfer-Encoding"));
    }
    if fields.known(Known::ContentLength).all(|value| value == b"0") {
        Ok(())
    } else {
        Err(HandshakeError::Body("Content-Length"))
    }
}
