//! `ws` and `wss` URIs (RFC 6455 §3, on top of RFC 3986).

use super::RequestError;
use crate::handshake::{
    http1::authority::{self, Authority, AuthorityError},
    http1::grammar::{self, ByteSet},
    http1::shown,
};
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// A parsed URI: the server to connect to, and the resource to ask for.
#[derive(Clone)]
pub(super) struct Uri {
    pub(super) is_secure: bool,
    /// An IPv6 address is in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, and the query with its `?`. It begins with `/`, and all bytes are allowed in a request line.
    pub(super) path_and_query: String,
}

impl Uri {
    pub(super) fn parse(uri: &str) -> Result<Self, RequestError> {
        // "The URI is called 'secure' (and it is said that 'the secure flag is set') if the scheme component matches
        // 'wss' case-insensitively" (§3).
        let rest_after = |schemes: [&str; 2]| schemes.into_iter().find_map(|scheme| strip(uri, scheme));
        // "If url's scheme is 'http', then set url's scheme to 'ws'. Otherwise, if it is 'https', set it to 'wss'" (WHATWG).
        let (is_secure, rest) = match (rest_after(["ws://", "http://"]), rest_after(["wss://", "https://"])) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return Err(RequestError::Scheme(shown::uri(uri.as_bytes()))),
        };
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at_checked(end).unwrap_or((rest, ""));
        Self::new(is_secure, authority, path_and_query)
    }

    pub(super) fn new(is_secure: bool, authority: &str, path_and_query: &str) -> Result<Self, RequestError> {
        let Authority { host, port } =
            Authority::parse(authority.as_bytes()).map_err(|error| explain(error, authority, path_and_query))?;
        Ok(Self {
            is_secure,
            host: grammar::checked_str(host).into(),
            port: port.unwrap_or(default_port(is_secure)),
            path_and_query: resource_name(path_and_query)?,
        })
    }

    /// Appends the host, and the port unless it is the default of the scheme.
    pub(super) fn push_authority(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(self.host.as_bytes());
        if !self.has_default_port() {
            head.extend_from_slice(format!(":{}", self.port).as_bytes());
        }
    }

    /// Whether the port is the default of the scheme. It is then left out of the Host field (§4.1, 4).
    fn has_default_port(&self) -> bool {
        self.port == default_port(self.is_secure)
    }
}

/// The query is left out, since it can contain secrets.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_secure, host, port, path_and_query } = self;
        let scheme = if *is_secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{host}:{port}{}", shown::uri(path_and_query.as_bytes()))
    }
}

/// Returns the rest of the URI after `scheme`, which matches in any case.
fn strip<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// "The port component is OPTIONAL; the default for 'ws' is port 80, while the default for 'wss' is port 443" (§3).
fn default_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

/// Returns the resource name (§3): the path, or `/` if it is empty, then `?` and the query unless that is empty.
fn resource_name(text: &str) -> Result<String, RequestError> {
    // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs" (§3).
    if text.contains('#') {
        return Err(RequestError::Fragment(shown::part(text, "")));
    }
    let is_path = text.is_empty() || text.starts_with(['/', '?']);
    if !is_path || text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(RequestError::Path(shown::part(text, "")));
    }
    let text = match text.split_once('?') {
        Some((path, "")) => path,
        _ => text,
    };
    let mut name = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        name.push('/');
    }
    push_encoded(&mut name, text.as_bytes());
    Ok(name)
}

/// Appends `text`, with each byte of a character that a URI does not allow as `%` and two digits (§11.1). Percent-encoded bytes
/// stay as they are, so that a URI which is valid already does not change.
fn push_encoded(name: &mut String, text: &[u8]) {
    // A nibble is always a digit in base 16, so the `0` is never used.
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let is_encoded = byte == b'%' && after.first_chunk().is_some_and(|pair| authority::is_hex_pair(*pair));
        if is_encoded || may_stay(byte) {
            name.push(char::from(byte));
        } else {
            name.extend(['%', digit(byte >> 4), digit(byte & 0xF)]);
        }
        rest = after;
    }
}

/// The bytes that are allowed in a path or a query (RFC 3986 §3.3, §3.4).
fn may_stay(byte: u8) -> bool {
    static SET: ByteSet = grammar::alphanumeric_and(b"-._~!$&'()*+,;=:@/?");
    grammar::is_in(&SET, byte)
}

fn explain(error: AuthorityError, authority: &str, after: &str) -> RequestError {
    // If the password contains a slash, the authority seems to end there.
    let received = shown::part(authority, after);
    match error {
        // Without the excerpt, which can contain the password.
        AuthorityError::UserInfo => RequestError::UserInfo,
        AuthorityError::NotAscii if after.contains('@') => RequestError::HostNotAscii(received),
        AuthorityError::NotAscii => RequestError::HostNotAscii(shown::readable(authority)),
        AuthorityError::Host => RequestError::Host(received),
        AuthorityError::Port => RequestError::Port(received),
    }
}
