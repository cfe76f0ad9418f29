//! `ws` and `wss` URIs (RFC 6455 §3, on top of RFC 3986).

use super::RequestError;
use crate::handshake::{
    http1::address::{self, Address},
    http1::authority::AuthorityError,
    http1::credentials::Credentials,
    http1::{percent, shown},
};
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// A parsed URI: the server to connect to, and the resource to ask for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Uri {
    pub(super) is_secure: bool,
    /// A name, or an IP address. An IPv6 address is without its brackets, and can have a zone, as in `fe80::1%eth0`.
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, and the query with its `?`. It begins with `/`, and all bytes are allowed in a request line.
    pub(super) path_and_query: String,
}

impl Uri {
    /// Parses a URI. Its user information is not a part of the result.
    pub(super) fn parse(uri: &str) -> Result<(Self, Option<Credentials>), RequestError> {
        let Parts { is_secure, authority, path_and_query } = Parts::split(uri)?;
        Self::new(is_secure, authority, path_and_query)
    }

    pub(super) fn new(
        is_secure: bool,
        authority: &str,
        path_and_query: &str,
    ) -> Result<(Self, Option<Credentials>), RequestError> {
        let Address { credentials, host, port } =
            Address::parse(authority).map_err(|error| explain(error, authority, path_and_query))?;
        let port = port.unwrap_or(default_port(is_secure));
        let path_and_query = resource_name(path_and_query)?;
        Ok((Self { is_secure, host, port, path_and_query }, credentials))
    }

    /// Returns the URI for another path and query on the same server.
    pub(super) fn with_path_and_query(&self, text: &str) -> Result<Self, RequestError> {
        Ok(Self { path_and_query: resource_name(text)?, ..self.clone() })
    }

    /// Whether both URIs have the same scheme, host and port (RFC 6454 §5).
    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        let is_same_server = self.host.eq_ignore_ascii_case(&other.host) && self.port == other.port;
        is_same_server && self.is_secure == other.is_secure
    }

    /// Appends the host without its zone, and the port unless it is the default of the scheme.
    pub(super) fn push_authority(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(address::in_host_field(&self.host).as_bytes());
        if !self.has_default_port() {
            head.extend_from_slice(format!(":{}", self.port).as_bytes());
        }
    }

    /// Whether the port is the default of the scheme. It is then left out of the Host field (§4.1, 4).
    fn has_default_port(&self) -> bool {
        self.port == default_port(self.is_secure)
    }
}

/// The URI without its query, which can contain secrets.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_secure, host, port, path_and_query } = self;
        let scheme = if *is_secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}", address::in_uri(host))?;
        if !self.has_default_port() {
            write!(f, ":{port}")?;
        }
        f.write_str(&shown::uri(path_and_query.as_bytes()))
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parts of a URI that begins with a scheme, as they were written.
pub(super) struct Parts<'a> {
    pub(super) is_secure: bool,
    pub(super) authority: &'a str,
    pub(super) path_and_query: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn split(uri: &'a str) -> Result<Self, RequestError> {
        // "The URI is called 'secure' (and it is said that 'the secure flag is set') if the scheme component matches
        // 'wss' case-insensitively" (§3).
        let rest_after = |schemes: [&str; 2]| schemes.into_iter().find_map(|scheme| strip(uri, scheme));
        // "If url's scheme is 'http', then set url's scheme to 'ws'. Otherwise, if it is 'https', set it to 'wss'" (WHATWG).
        match (rest_after(["ws://", "http://"]), rest_after(["wss://", "https://"])) {
            (Some(rest), _) => Ok(Self::after_slashes(false, rest)),
            (None, Some(rest)) => Ok(Self::after_slashes(true, rest)),
            (None, None) => Err(RequestError::Scheme(shown::uri(uri.as_bytes()))),
        }
    }

    /// Splits the part of a URI that follows the `//`.
    pub(super) fn after_slashes(is_secure: bool, rest: &'a str) -> Self {
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at_checked(end).unwrap_or((rest, ""));
        Self { is_secure, authority, path_and_query }
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
    percent::push_encoded(&mut name, text.as_bytes());
    Ok(name)
}

fn explain(error: AuthorityError, authority: &str, after: &str) -> RequestError {
    // If the password contains a slash, the authority seems to end there.
    let received = shown::part(authority, after);
    match error {
        // Without the excerpt, which can contain the password.
        AuthorityError::UserInfo => RequestError::UserInfo,
        AuthorityError::NotAscii if authority.contains('@') || after.contains('@') => {
            RequestError::HostNotAscii(received)
        }
        AuthorityError::NotAscii => RequestError::HostNotAscii(shown::readable(authority)),
        AuthorityError::Host => RequestError::Host(received),
        AuthorityError::Port => RequestError::Port(received),
    }
}
