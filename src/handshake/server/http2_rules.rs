//! The rules for a client's opening handshake over HTTP/2 (RFC 8441 §4, §5) and HTTP/3 (RFC 9220 §3): an extended CONNECT
//! request. Only those that differ from HTTP/1.1 are here.

use super::rules;
use crate::handshake::{
    error::HandshakeError,
    http1::field_name::FieldName,
    http1::fields::{Fields, invalid},
    http1::grammar,
};

/// The method must be CONNECT, which turns a stream into a tunnel (RFC 8441 §4).
pub(super) fn check_method(method: &[u8]) -> Result<(), HandshakeError> {
    if method == b"CONNECT" { Ok(()) } else { Err(HandshakeError::ConnectMethod(grammar::excerpt(method))) }
}

/// "A new pseudo-header field :protocol MAY be included on request HEADERS indicating the desired protocol to be spoken on
/// the tunnel created by CONNECT" (§4). Without it, CONNECT asks for a tunnel to another host.
pub(super) fn check_protocol(protocol: Option<&str>) -> Result<(), HandshakeError> {
    match protocol {
        Some("websocket") => Ok(()),
        Some(other) => Err(HandshakeError::ConnectProtocol(grammar::excerpt(other.as_bytes()))),
        None => Err(HandshakeError::Tunnel),
    }
}

/// "The Host information is conveyed as part of the :authority pseudo-header field" (§5). A proxy may have replaced it by a Host
/// field (RFC 9113 §8.3.1). If both are there, they must be equal: two parsers could otherwise choose different hosts.
pub(super) fn check_authority<'a>(authority: Option<&'a [u8]>, fields: &'a Fields) -> Result<&'a [u8], HandshakeError> {
    match (authority, fields.at_most_one(FieldName::Host)?) {
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => Err(invalid(FieldName::Host, host)),
        (Some(authority), _) => Ok(authority),
        (None, Some(_)) => rules::check_host(fields),
        (None, None) => Err(HandshakeError::Missing(":authority")),
    }
}

/// "The Origin \[...\], Sec-WebSocket-Version, Sec-WebSocket-Protocol, and Sec-WebSocket-Extensions header fields are
/// used in the CONNECT request", and there is no "processing of the Sec-WebSocket-Key and Sec-WebSocket-Accept header
/// fields" (§5).
pub(super) fn check_fields(fields: &Fields) -> Result<(), HandshakeError> {
    // "They MUST NOT be included in the CONNECT request defined here" (§5).
    for field in [FieldName::Upgrade, FieldName::Connection, FieldName::TransferEncoding] {
        if fields.value(field).is_some() {
            return Err(HandshakeError::OnlyHttp1(field.name()));
        }
    }
    rules::check_version(fields)?;
    rules::check_offers(fields)?;
    // Even 0 is not valid: the length counts all data on the stream (RFC 9113 §8.1.1), and the frames are that data.
    if fields.value(FieldName::ContentLength).is_some() {
        return Err(HandshakeError::Body(FieldName::ContentLength.name()));
    }
    rules::check_expectation(fields)
}
