//! `ws` and `wss` URIs (RFC 6455 §3, on top of RFC 3986).

use super::InvalidRequest;
use crate::handshake::{
    http1::authority::{self, Authority, InvalidAuthority},
    http1::grammar,
};
use alloc::{format, string::String, vec::Vec};

/// Where a request goes, and for what it asks.
#[derive(Clone, Debug)]
pub(super) struct Uri {
    pub(super) is_secure: bool,
    /// With the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, and the query with its `?`: only what may stand in a request line.
    pub(super) resource: String,
}

impl Uri {
    pub(super) fn parse(uri: &str) -> Result<Self, InvalidRequest> {
        // "The URI is called 'secure' (and it is said that 'the secure flag is set') if the scheme component matches
        // 'wss' case-insensitively" (§3).
        let (is_secure, rest) = match (strip(uri, "ws://"), strip(uri, "wss://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return Err(InvalidRequest::Scheme(grammar::excerpt(uri.as_bytes()))),
        };
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at_checked(end).unwrap_or((rest, ""));
        Self::new(is_secure, authority, resource)
    }

    pub(super) fn new(is_secure: bool, authority: &str, resource: &str) -> Result<Self, InvalidRequest> {
        let Authority { host, port } = Authority::parse(authority).map_err(|error| explain(error, authority))?;
        Ok(Self {
            is_secure,
            host: host.into(),
            port: port.unwrap_or(default_port(is_secure)),
            resource: resource_name(resource)?,
        })
    }

    /// Appends the host, and the port unless it is the one that the scheme implies.
    pub(super) fn push_authority(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(self.host.as_bytes());
        if !self.has_default_port() {
            head.extend_from_slice(format!(":{}", self.port).as_bytes());
        }
    }

    /// Whether the port is the one that the scheme implies, and so is not said in the Host field (§4.1, 4).
    fn has_default_port(&self) -> bool {
        self.port == default_port(self.is_secure)
    }
}

/// What follows `scheme`, in whatever case.
fn strip<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// "The port component is OPTIONAL; the default for 'ws' is port 80, while the default for 'wss' is port 443" (§3).
fn default_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

/// The path, or `/` if it is empty, and the query with a `?` before it unless it is empty (§3).
fn resource_name(text: &str) -> Result<String, InvalidRequest> {
    // Mostly it can stay as it is.
    if text.starts_with('/') && !text.ends_with('?') && text.bytes().all(may_stay) {
        return Ok(text.into());
    }
    // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs" (§3).
    if text.contains('#') {
        return Err(InvalidRequest::Fragment(grammar::excerpt(text.as_bytes())));
    }
    let is_path = text.is_empty() || text.starts_with(['/', '?']);
    if !is_path || text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(InvalidRequest::Path(grammar::excerpt(text.as_bytes())));
    }
    let text = match text.split_once('?') {
        Some((path, "")) => path,
        _ => text,
    };
    let mut name = String::new();
    if !text.starts_with('/') {
        name.push('/');
    }
    push_encoded(&mut name, text.as_bytes());
    Ok(name)
}

/// Characters that a URI may not have are encoded as UTF-8, and each byte of that as `%` and two digits (§11.1). What is
/// encoded already stays as it is.
fn push_encoded(name: &mut String, text: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(*DIGITS.get(usize::from(nibble)).unwrap_or(&b'0'));
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let is_encoded = byte == b'%' && after.first_chunk().is_some_and(|pair| authority::is_hex_pair(*pair));
        if is_encoded || may_stay(byte) {
            name.push(char::from(byte));
        } else {
            name.push('%');
            name.push(digit(byte >> 4));
            name.push(digit(byte & 0xF));
        }
        rest = after;
    }
}

/// What may stand in a path or a query (RFC 3986 §3.3, §3.4).
fn may_stay(byte: u8) -> bool {
    static TABLE: [bool; 256] = grammar::table(b"-._~!$&'()*+,;=:@/?");
    grammar::is_in(&TABLE, byte)
}

fn explain(error: InvalidAuthority, authority: &str) -> InvalidRequest {
    let received = grammar::excerpt(authority.as_bytes());
    match error {
        // Not shown: there may be a password in it.
        InvalidAuthority::UserInfo => InvalidRequest::UserInfo,
        InvalidAuthority::NotAscii => InvalidRequest::HostNotAscii(received),
        InvalidAuthority::Host => InvalidRequest::Host(received),
        InvalidAuthority::Port => InvalidRequest::Port(received),
    }
}
