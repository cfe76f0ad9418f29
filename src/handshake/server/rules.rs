//! The rules for a client's opening handshake (RFC 6455 §4.2.1), one function for each.

use crate::handshake::{
    VERSION,
    error::HandshakeError,
    extensions,
    http1::authority::Authority,
    http1::field_name::FieldName,
    http1::fields::{Fields, RequestLine, invalid},
    http1::{grammar, shown},
    key::{self, Key},
};
use alloc::vec::Vec;

/// The parts of a request-target.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// It is visible ASCII and begins with `/`. From an absolute URI, it may also be empty or begin with `?`.
    pub(super) path_and_query: &'a [u8],
    /// The host of an absolute URI, which replaces the Host field.
    pub(super) host: Option<&'a [u8]>,
}

/// "An HTTP/1.1 or higher GET request" (§4.2.1, 1). Methods are case-sensitive.
pub(super) fn check_method(method: &[u8]) -> Result<(), HandshakeError> {
    if method == b"GET" { Ok(()) } else { Err(HandshakeError::Method(grammar::excerpt(method))) }
}

/// "A "Request-URI" that should be interpreted as a /resource name/ \[...\] (or an absolute HTTP/HTTPS URI containing the
/// /resource name/)" (§4.2.1, 1).
///
/// All visible characters are accepted, since browsers send some in a query that RFC 3986 does not allow there.
pub(super) fn check_target(target: &[u8]) -> Result<Target<'_>, HandshakeError> {
    parse_target(target, |byte| byte.is_ascii_graphic() && byte != b'#')
}

fn parse_target(target: &[u8], is_valid: impl Fn(u8) -> bool) -> Result<Target<'_>, HandshakeError> {
    let parsed = match target {
        [b'/', ..] => Some(Target { path_and_query: target, host: None }),
        _ => absolute_form(target),
    };
    let is_valid = target.iter().copied().all(is_valid);
    parsed.filter(|_| is_valid).ok_or_else(|| HandshakeError::Target(shown::uri(target)))
}

fn absolute_form(target: &[u8]) -> Option<Target<'_>> {
    let (scheme, rest) = target.split_at_checked(target.iter().position(|&byte| byte == b':')?)?;
    if ![&b"http"[..], b"https"].iter().any(|http| http.eq_ignore_ascii_case(scheme)) {
        return None;
    }
    let rest = rest.strip_prefix(b"://")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let (host, path_and_query) = rest.split_at_checked(end)?;
    Authority::parse(host).ok()?;
    Some(Target { path_and_query, host: Some(host) })
}

/// "A |Host| header field containing the server's authority" (§4.2.1, 2). "A server MUST respond with a 400 (Bad
/// Request) status code to any HTTP/1.1 request message that lacks a Host header field and to any request message that
/// contains more than one Host header field line or a Host header field with an invalid field value" (RFC 9112 §3.2).
pub(super) fn check_host(fields: &Fields) -> Result<&[u8], HandshakeError> {
    let host = fields.exactly_one(FieldName::Host)?;
    if Authority::parse(host).is_ok() { Ok(host) } else { Err(invalid(FieldName::Host, host)) }
}

/// Checks a head that the program of a client has written itself, and returns the key. These are the rules without which client and
/// server could disagree about whether the connection switches, and where its frames begin. Whether the server accepts the other
/// fields, such as subprotocols that are not tokens, is between the program and its server. The parser has refused control
/// characters.
pub(in crate::handshake) fn check_own_head(line: &RequestLine, fields: &Fields) -> Result<Key, HandshakeError> {
    check_method(fields.get(&line.method))?;
    parse_target(fields.get(&line.target), |byte| byte != b'#')?;
    check_host(fields)?;
    check_upgrade(fields)?;
    check_connection(fields)?;
    check_version(fields)?;
    let key = check_key(fields)?;
    check_body(fields)?;
    Ok(key)
}

/// Checks the fields other than Host and Upgrade, and returns the key. Fields without a meaning for the handshake are ignored
/// (§4.2.1, 10).
pub(super) fn check_fields(fields: &Fields) -> Result<Key, HandshakeError> {
    check_connection(fields)?;
    check_version(fields)?;
    let key = check_key(fields)?;
    check_offers(fields)?;
    check_body(fields)?;
    check_expectation(fields)?;
    Ok(key)
}

/// Checks the offers that the server chooses from, and the origin.
pub(super) fn check_offers(fields: &Fields) -> Result<(), HandshakeError> {
    check_protocols(fields)?;
    extensions::check(fields)?;
    fields.at_most_one(FieldName::Origin).map(|_| ())
}

/// No expectation is supported. With `100-continue`, a client waits for permission to send a body, but it must not send one.
pub(super) fn check_expectation(fields: &Fields) -> Result<(), HandshakeError> {
    fields
        .value(FieldName::Expect)
        .map_or(Ok(()), |expectation| Err(HandshakeError::Expectation(grammar::excerpt(expectation))))
}

/// Whether the request asks for WebSocket at all: an Upgrade field names it, in any version and in any list.
pub(super) fn asks_for_websocket(fields: &Fields) -> bool {
    let is_websocket = |protocol: &[u8]| match protocol.split_at_checked(b"websocket".len()) {
        Some((name, version)) => name.eq_ignore_ascii_case(b"websocket") && matches!(version, [] | [b'/', ..]),
        None => false,
    };
    fields.values(FieldName::Upgrade).any(|line| grammar::elements(line).any(is_websocket))
}

/// "An |Upgrade| header field containing the value "websocket", treated as an ASCII case-insensitive value" (§4.2.1,
/// 3), in a list of protocols: `name` or `name/version` (RFC 9110 §7.8).
pub(super) fn check_upgrade(fields: &Fields) -> Result<(), HandshakeError> {
    let is_protocol = |element: &[u8]| element.splitn(2, |&byte| byte == b'/').all(grammar::is_token);
    require_element(fields, FieldName::Upgrade, is_protocol, b"websocket")
}

/// "A |Connection| header field that includes the token "Upgrade", treated as an ASCII case-insensitive value"
/// (§4.2.1, 4).
fn check_connection(fields: &Fields) -> Result<(), HandshakeError> {
    require_element(fields, FieldName::Connection, grammar::is_token, b"upgrade")
}

fn require_element(
    fields: &Fields,
    field: FieldName,
    is_element: impl Fn(&[u8]) -> bool,
    wanted: &[u8],
) -> Result<(), HandshakeError> {
    if fields.check_list(field, is_element, wanted)? {
        return Ok(());
    }
    Err(fields.value(field).map_or(HandshakeError::Missing(field.name()), |value| invalid(field, value)))
}

/// "A |Sec-WebSocket-Version| header field, with a value of 13" (§4.2.1, 6). Its grammar allows 0 to 255 without
/// leading zeros (§4.3).
pub(super) fn check_version(fields: &Fields) -> Result<(), HandshakeError> {
    let value = fields.exactly_one(FieldName::Version)?;
    match parse_version(value) {
        Some(VERSION) => Ok(()),
        Some(other) => Err(HandshakeError::Version(other)),
        None => Err(invalid(FieldName::Version, value)),
    }
}

fn parse_version(value: &[u8]) -> Option<u8> {
    let is_number = value.iter().all(u8::is_ascii_digit) && (value.len() == 1 || !value.starts_with(b"0"));
    if is_number { core::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

/// "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes in length" (§4.2.1,
/// 5).
fn check_key(fields: &Fields) -> Result<Key, HandshakeError> {
    let value = fields.exactly_one(FieldName::Key)?;
    key::valid(value).copied().ok_or_else(|| invalid(FieldName::Key, value))
}

/// `1#token` (§4.3), over any number of lines (§11.3.4). "The elements that comprise this value MUST \[...\] all be
/// unique strings" (§4.1, 10). An empty list offers none: recipients do not enforce the `1` (RFC 9110 §5.6.1.2).
fn check_protocols(fields: &Fields) -> Result<(), HandshakeError> {
    const FIELD: FieldName = FieldName::Protocol;
    fields.check_list(FIELD, grammar::is_token, b"")?;
    // Sorting finds duplicates without quadratic time, which a long list could exploit.
    let mut offered: Vec<&str> = grammar::tokens(fields.values(FIELD)).collect();
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
    twice.map_or(Ok(()), |token| Err(invalid(FIELD, token.as_bytes())))
}

/// Refuses requests with a body, since its bytes would be read as frames. A length of zero announces none.
fn check_body(fields: &Fields) -> Result<(), HandshakeError> {
    if fields.value(FieldName::TransferEncoding).is_some() {
        return Err(HandshakeError::Body("Transfer-Encoding"));
    }
    if fields.values(FieldName::ContentLength).all(|value| value == b"0") {
        Ok(())
    } else {
        Err(HandshakeError::Body("Content-Length"))
    }
}
