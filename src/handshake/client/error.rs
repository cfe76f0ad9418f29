use crate::handshake::HeaderError;
use alloc::string::String;
use thiserror::Error;

/// Why a client's request cannot be made. Nothing was sent.
///
/// The values are kept as excerpts: at most 64 bytes, with everything escaped that is not printable ASCII.
///
/// ```
/// use bowline::client::{Request, RequestError};
///
/// let error = Request::from_uri("http://example.com/chat").unwrap_err();
/// assert_eq!(error, RequestError::Scheme("http://example.com/chat".into()));
/// assert_eq!(
///     error.to_string(),
///     "\"http://example.com/chat\" is not a valid WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)"
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The URI does not begin with `ws://` or `wss://`.
    #[error("\"{0}\" is not a valid WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)")]
    Scheme(String),
    /// The URI has a user name before the host. It is not shown, as there may be a password with it.
    #[error("the URI contains a user name: send it in the header Authorization instead (RFC 6455 §3)")]
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
    /// The path does not begin with `/`, or contains control characters.
    #[error("\"{0}\" is not a valid path: it must begin with / and contain no control characters (RFC 3986 §3.3)")]
    Path(String),
    /// The URI has a fragment.
    #[error("\"{0}\" has a fragment: leave it out, or write %23 for a # that belongs to the path (RFC 6455 §3)")]
    Fragment(String),
    /// A subprotocol is not a token.
    #[error("\"{0}\" is not a valid subprotocol: use letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 §4.1)")]
    Protocol(String),
    /// A subprotocol is offered twice.
    #[error("the subprotocol \"{0}\" is offered twice (RFC 6455 §4.1)")]
    ProtocolTwice(String),
    /// The origin is empty, or contains something other than visible ASCII.
    #[error("\"{0}\" is not a valid origin: use scheme, host and port, such as https://example.com (RFC 6454 §6)")]
    Origin(String),
    /// The URI does not fit into an [`http::Uri`].
    #[cfg(feature = "http")]
    #[error("\"{0}\" is not a valid URI for the crate http: use at most 65,534 bytes, and a host without %")]
    HttpUri(String),
    /// A header field cannot be added.
    #[error(transparent)]
    Header(#[from] HeaderError),
}
