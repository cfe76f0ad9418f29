//! Which origins may connect (RFC 6455 §10.2).

use super::OriginError;
use crate::handshake::{error::HandshakeError, http1::authority::Authority, http1::grammar, http1::shown};
use alloc::{string::String, vec::Vec};

/// The setting of an [`Accept`](super::Accept) for origins.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    allowed: Allowed,
    is_required: bool,
}

#[derive(Clone, Debug)]
enum Allowed {
    Same,
    Listed(Vec<Listed>),
    Any,
}

impl Origins {
    pub(super) fn same() -> Self {
        Self { allowed: Allowed::Same, is_required: false }
    }

    pub(super) fn listed(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, OriginError> {
        let listed = origins.into_iter().map(|origin| Listed::parse(origin.as_ref()));
        Ok(Self { allowed: Allowed::Listed(listed.collect::<Result<_, _>>()?), is_required: false })
    }

    pub(super) fn any() -> Self {
        Self { allowed: Allowed::Any, is_required: false }
    }

    pub(super) fn require(&mut self) {
        self.is_required = true;
    }

    /// Checks the origin of a request for `host`. "If the server does not validate the origin, it will accept connections from
    /// anywhere" (§4.2.2).
    pub(super) fn check(&self, origin: Option<&[u8]>, host: &[u8]) -> Result<(), HandshakeError> {
        match origin {
            None if self.is_required => Err(HandshakeError::OriginMissing),
            // "A connection attempt lacking this header field SHOULD NOT be interpreted as coming from a browser
            // client" (§4.2.1, 7).
            None => Ok(()),
            Some(origin) if self.allows(origin, host) => Ok(()),
            Some(origin) => {
                let host = matches!(self.allowed, Allowed::Same).then(|| shown::uri(host));
                Err(HandshakeError::OriginRefused { origin: shown::uri(origin), host })
            }
        }
    }

    fn allows(&self, origin: &[u8], host: &[u8]) -> bool {
        match &self.allowed {
            Allowed::Any => true,
            Allowed::Same => is_same(origin, host),
            Allowed::Listed(list) => list.iter().any(|listed| listed.matches(origin)),
        }
    }
}

/// A parsed origin (RFC 6454 §6.2).
struct Origin<'a> {
    scheme: &'a [u8],
    host: &'a [u8],
    /// If none is written, the default of the scheme. `None` if that has no default.
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    fn new(scheme: &'a [u8], Authority { host, port }: Authority<'a>) -> Self {
        Self { scheme, host, port: port.or_else(|| default_port(scheme)) }
    }

    /// Parses a received origin.
    fn received(text: &'a [u8]) -> Option<Self> {
        let (scheme, authority) = split_scheme(text)?;
        Some(Self::new(scheme, Authority::parse(authority).ok()?))
    }
}

fn split_scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = text.split_at_checked(text.iter().position(|&byte| byte == b':')?)?;
    Some((scheme, rest.strip_prefix(b"://")?))
}

/// Whether a text is a valid `scheme` (RFC 3986 §3.1).
fn is_scheme(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    text.first().is_some_and(u8::is_ascii_alphabetic) && text.iter().all(is_allowed)
}

fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme {
        _ if scheme.eq_ignore_ascii_case(b"http") => Some(80),
        _ if scheme.eq_ignore_ascii_case(b"https") => Some(443),
        _ => None,
    }
}

/// Whether an origin has the host and the port of the request.
fn is_same(origin: &[u8], host: &[u8]) -> bool {
    let Some((scheme, authority)) = split_scheme(origin) else { return false };
    // A server delivers pages by `http` and `https` only.
    let Some(default) = default_port(scheme) else { return false };
    if authority.eq_ignore_ascii_case(host) {
        return true;
    }
    // The same address can be written with and without the default port.
    let (Ok(origin), Ok(own)) = (Authority::parse(authority), Authority::parse(host)) else { return false };
    origin.host.eq_ignore_ascii_case(own.host) && origin.port.unwrap_or(default) == own.port.unwrap_or(default)
}

/// An origin in the list of those that may connect.
#[derive(Clone, Debug)]
enum Listed {
    /// `null`, which browsers send for pages without an origin, such as sandboxed frames.
    Null,
    Triple {
        scheme: String,
        host: String,
        port: Option<u16>,
    },
}

impl Listed {
    fn parse(text: &str) -> Result<Self, OriginError> {
        // RFC 3986 allows a `*` in a host. Such an origin would never match, and is certainly meant as a pattern.
        match text {
            "*" => return Err(OriginError::Wildcard),
            _ if text.contains('*') => return Err(OriginError::Pattern(shown::uri(text.as_bytes()))),
            _ if text.eq_ignore_ascii_case("null") => return Ok(Self::Null),
            _ => {}
        }
        let (scheme, authority) = split_scheme(text.as_bytes())
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or_else(|| OriginError::Scheme(shown::uri(text.as_bytes())))?;
        let parsed = Authority::parse(authority).map_err(|error| OriginError::of_authority(error, text, authority))?;
        let Origin { scheme, host, port } = Origin::new(scheme, parsed);
        let [scheme, host] = [scheme, host].map(|part| grammar::checked_str(part).into());
        Ok(Self::Triple { scheme, host, port })
    }

    /// Whether a received origin is this one: scheme, host and port are compared, in any case.
    fn matches(&self, received: &[u8]) -> bool {
        match self {
            Self::Null => received.eq_ignore_ascii_case(b"null"),
            Self::Triple { scheme, host, port } => Origin::received(received).is_some_and(|received| {
                received.scheme.eq_ignore_ascii_case(scheme.as_bytes())
                    && received.host.eq_ignore_ascii_case(host.as_bytes())
                    && received.port == *port
            }),
        }
    }
}
