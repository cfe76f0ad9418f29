use crate::handshake::{HandshakeError, HeaderError};
use alloc::string::String;
use thiserror::Error;

/// Why a [`Request`](super::Request) cannot be made, such as an invalid URI. Nothing was sent.
///
/// Values are kept as excerpts: at most 64 bytes, with everything escaped that is not printable ASCII, except in the name of a
/// host. They contain no secrets: user information, query, fragment and values of header fields are left out.
///
/// ```
/// use bowline::client::{Request, RequestError};
///
/// let error = Request::from_uri("ftp://example.com/chat?token=123").unwrap_err();
/// assert_eq!(error, RequestError::Scheme("ftp://example.com/chat?...".into()));
/// assert_eq!(
///     error.to_string(),
///     "\"ftp://example.com/chat?...\" is not a valid WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)"
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The URI does not begin with `ws://` or `wss://`, nor with `http://` or `https://`, which mean the same.
    #[error("\"{0}\" is not a valid WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)")]
    Scheme(String),
    /// The user name or the password cannot be used for Basic authentication: the user name contains a colon, one of them contains
    /// a control character, or a `%` in the URI is not followed by two hexadecimal digits. They are not shown.
    #[doc(alias("basic auth"))]
    #[error(
        "the user name or the password is not valid: the user name must not contain a colon, neither may contain control \
         characters, and a % in a URI is written %25 (RFC 7617 §2)"
    )]
    UserInfo,
    /// The host is not valid, or there is none.
    #[error("\"{0}\" has no valid host: use a name, an IPv4 address or an IPv6 address in brackets (RFC 3986 §3.2.2)")]
    Host(String),
    /// The name of the server has characters outside of ASCII, which a URI cannot contain.
    #[error("the host \"{0}\" is not ASCII: convert it to Punycode (xn--) first (RFC 6455 §11.1)")]
    HostNotAscii(String),
    /// The port is not a number, or is above 65535.
    #[error("\"{0}\" has no valid port: use 0 to 65535 (RFC 3986 §3.2.3)")]
    Port(String),
    /// The path does not begin with `/` or `?`, or path or query contain control characters.
    #[error("\"{0}\" is not a valid path: it must begin with / and contain no control characters (RFC 3986 §3.3)")]
    Path(String),
    /// The URI has a fragment.
    #[error(
        "the URI has a fragment, in \"{0}\": leave it out, or write %23 for a # that belongs to the path (RFC 6455 §3)"
    )]
    Fragment(String),
    /// The name of a subprotocol is not a token.
    #[error("\"{0}\" is not a valid subprotocol: use letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 §4.1)")]
    Protocol(String),
    /// A subprotocol is offered twice.
    #[error("the subprotocol \"{0}\" is offered twice: offer it once (RFC 6455 §4.1)")]
    ProtocolTwice(String),
    /// The origin is empty, or contains something other than visible ASCII.
    #[error("\"{0}\" is not a valid origin: use scheme, host and port, such as https://example.com (RFC 6454 §6)")]
    Origin(String),
    /// The URI is too long for an [`http::Uri`], or has a host that it does not accept: from [`upgrade`](super::upgrade()) and
    /// [`extended_connect`](super::extended_connect).
    #[cfg(feature = "http")]
    #[error("\"{0}\" is not a valid URI for the crate http: use at most 65,534 bytes, and a host without %")]
    HttpUri(String),
    /// The head for [`Handshake::from_head`](super::Handshake::from_head) is not a valid opening handshake. Holds the rule that it
    /// breaks. If the head is not complete, that is [`HandshakeError::EndOfStream`].
    #[error("the head of the request is not a valid opening handshake: {0}")]
    Head(#[source] HandshakeError),
    /// Bytes follow the empty line at the end of the head for [`Handshake::from_head`](super::Handshake::from_head). Holds their
    /// number. A client must not send anything before the server has accepted.
    #[error("{0} bytes follow the head of the request: end it with its empty line (RFC 6455 §4.1)")]
    AfterHead(usize),
    /// A header field cannot be added. Holds the reason.
    #[error(transparent)]
    Header(#[from] HeaderError),
}
