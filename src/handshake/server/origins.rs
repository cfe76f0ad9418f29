use crate::handshake::{error::HandshakeError, http1::authority::Authority, http1::grammar};
use alloc::{string::String, vec::Vec};

/// Which origins may connect (RFC 6455 §4.2.2, §10.2).
#[derive(Clone, Debug)]
pub(super) struct Origins {
    allowed: Allowed,
    required: bool,
}

#[derive(Clone, Debug)]
enum Allowed {
    Same,
    Listed(Vec<String>),
    Any,
}

impl Origins {
    pub(super) fn same() -> Self {
        Self { allowed: Allowed::Same, required: false }
    }

    pub(super) fn listed(origins: Vec<String>) -> Self {
        Self { allowed: Allowed::Listed(origins), required: false }
    }

    pub(super) fn any() -> Self {
        Self { allowed: Allowed::Any, required: false }
    }

    pub(super) fn require(&mut self) {
        self.required = true;
    }

    /// "If the server does not validate the origin, it will accept connections from anywhere" (§4.2.2).
    pub(super) fn check(&self, origin: Option<&[u8]>, host: &[u8]) -> Result<(), HandshakeError> {
        match origin {
            None if self.required => Err(HandshakeError::OriginMissing),
            // "A connection attempt lacking this header field SHOULD NOT be interpreted as coming from a browser
            // client" (§4.2.1, 7).
            None => Ok(()),
            Some(origin) if self.allows(origin, host) => Ok(()),
            Some(origin) => Err(HandshakeError::OriginRefused(grammar::excerpt(origin))),
        }
    }

    fn allows(&self, origin: &[u8], host: &[u8]) -> bool {
        let text = core::str::from_utf8;
        match &self.allowed {
            Allowed::Any => true,
            Allowed::Same if has_text_of(origin, host) => true,
            Allowed::Same => text(origin).is_ok_and(|origin| text(host).is_ok_and(|host| is_same(origin, host))),
            Allowed::Listed(list) => text(origin).is_ok_and(|origin| list.iter().any(|listed| matches(listed, origin))),
        }
    }
}

/// An origin as RFC 6454 §6.2 writes it.
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let Authority { host, port } = Authority::parse(authority).ok()?;
        Some(Self { scheme, host, port: port.or_else(|| default_port(scheme)) })
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => Some(80),
        _ if scheme.eq_ignore_ascii_case("https") => Some(443),
        _ => None,
    }
}

/// Whether an origin says the very host, with or without a port, that the request is for. What its scheme implies is
/// then the same for both.
fn has_text_of(origin: &[u8], host: &[u8]) -> bool {
    [&b"http://"[..], b"https://"].into_iter().any(|scheme| {
        origin.split_at_checked(scheme.len()).is_some_and(|(start, authority)| {
            start.eq_ignore_ascii_case(scheme) && authority.eq_ignore_ascii_case(host)
        })
    })
}

/// Whether an origin has the host and the port that the request is for.
fn is_same(origin: &str, host: &str) -> bool {
    let (Some(origin), Ok(own)) = (Origin::parse(origin), Authority::parse(host)) else { return false };
    // Only `http` and `https` have pages that a server delivers.
    let Some(default) = default_port(origin.scheme) else { return false };
    origin.host.eq_ignore_ascii_case(own.host) && origin.port == Some(own.port.unwrap_or(default))
}

/// Whether two origins are the same: scheme, host and port, or, of those that have none, the whole text.
fn matches(listed: &str, origin: &str) -> bool {
    match (Origin::parse(listed), Origin::parse(origin)) {
        (Some(a), Some(b)) => {
            a.scheme.eq_ignore_ascii_case(b.scheme) && a.host.eq_ignore_ascii_case(b.host) && a.port == b.port
        }
        _ => listed.eq_ignore_ascii_case(origin),
    }
}
