//! What a client's opening handshake must be over HTTP/2 (RFC 8441 §4, §5) and HTTP/3 (RFC 9220 §3), where that differs from
//! HTTP/1.1: an extended CONNECT request.

use super::rules;
use crate::handshake::{
    error::HandshakeError,
    http1::fields::{Fields, invalid},
    http1::grammar,
    http1::known::Known,
};

/// It is CONNECT that makes a tunnel of a stream (§4).
pub(super) fn check_method(method: &[u8]) -> Result<(), HandshakeError> {
    if method == b"CONNECT" { Ok(()) } else { Err(HandshakeError::ConnectMethod(grammar::excerpt(method))) }
}

/// "A new pseudo-header field :protocol MAY be included on request HEADERS indicating the desired protocol to be spoken on
/// the tunnel created by CONNECT" (§4): without it, the tunnel is to another host.
pub(super) fn check_protocol(protocol: Option<&str>) -> Result<(), HandshakeError> {
    match protocol {
        Some("websocket") => Ok(()),
        Some(other) => Err(HandshakeError::ConnectProtocol(grammar::excerpt(other.as_bytes()))),
        None => Err(HandshakeError::Tunnel),
    }
}

/// "The Host information is conveyed as part of the :authority pseudo-header field" (§5). Where a proxy has made a Host of
/// it, that counts (RFC 9113 §8.3.1); both must not say different things.
pub(super) fn check_authority<'a>(authority: Option<&'a [u8]>, fields: &'a Fields) -> Result<&'a [u8], HandshakeError> {
    match (authority, fields.at_most_one(Known::Host)?) {
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => Err(invalid(Known::Host, host)),
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
    for field in [Known::Upgrade, Known::Connection, Known::TransferEncoding] {
        if fields.first_known(field).is_some() {
            return Err(HandshakeError::OnlyHttp1(field.name()));
        }
    }
    rules::check_version(fields)?;
    rules::check_offers(fields)?;
    // Also one of 0 would be one too many: it says how much data there will be (RFC 9113 §8.1.1).
    if fields.first_known(Known::ContentLength).is_some() {
        return Err(HandshakeError::Body(Known::ContentLength.name()));
    }
    rules::check_expectation(fields)
}
