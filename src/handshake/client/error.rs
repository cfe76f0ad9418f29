use crate::handshake::InvalidHeader;
use alloc::string::String;
use thiserror::Error;

/// A client's request cannot be made. Nothing was sent.
///
/// What was given is kept as an excerpt: at most 64 bytes of it, with everything escaped that is not printable ASCII.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidRequest {
    /// The URI does not begin with `ws://` or `wss://`.
    #[error("\"{0}\" is no WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)")]
    Scheme(String),
    /// There is a user name before the host. It is not shown, as there may be a password with it.
    #[error("there is a user name in the URI: send it with the header Authorization instead (RFC 6455 §3)")]
    UserInfo,
    /// The host is not valid.
    #[error("\"{0}\" has no valid host: use a name, an IPv4 address or an IPv6 address in brackets (RFC 3986 §3.2.2)")]
    Host(String),
    /// The host is not ASCII.
    #[error("the host of \"{0}\" is not ASCII: convert it to Punycode first (RFC 6455 §11.1)")]
    HostNotAscii(String),
    /// The port is not a number, or is above 65535.
    #[error("\"{0}\" has no valid port: use 0 to 65535 (RFC 3986 §3.2.3)")]
    Port(String),
    /// The path begins with something else than `/`, or has control characters in it.
    #[error("\"{0}\" is no path: begin it with /, and have no control characters in it (RFC 3986 §3.3)")]
    Path(String),
    /// There is a fragment.
    #[error("\"{0}\" has a fragment: leave it out, or write %23 for a # that belongs to the name (RFC 6455 §3)")]
    Fragment(String),
    /// A subprotocol is not a token.
    #[error("\"{0}\" is no name for a subprotocol: use letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 §4.1)")]
    Protocol(String),
    /// A subprotocol is offered twice.
    #[error("the subprotocol \"{0}\" is offered twice (RFC 6455 §4.1)")]
    ProtocolTwice(String),
    /// The origin is empty, or has something else than visible ASCII in it.
    #[error("\"{0}\" is no origin: use scheme, host and port, such as https://example.com (RFC 6454 §6)")]
    Origin(String),
    /// The crate `http` cannot hold the URI.
    #[cfg(feature = "http")]
    #[error("\"{0}\" is no URI for the crate http: use at most 65,534 bytes, and a host without %")]
    HttpUri(String),
    /// A header field cannot be added.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
}
