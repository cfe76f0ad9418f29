use crate::Role;
use alloc::string::String;
use core::time::Duration;
use thiserror::Error;

/// Why an opening handshake failed: which rule was broken (RFC 6455 §4, or the HTTP below it), and what was received.
///
/// On a server, [`Refusal::error`](crate::server::Refusal::error) returns it, and the refusal is the response for the client. On
/// a client, it is in [`Progress::Refused`](crate::client::Progress::Refused). In both cases there is no connection.
///
/// ```
/// use bowline::{Config, HandshakeError, Input, server::{Handshake, Progress}};
///
/// let mut bytes = *b"POST /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\r\n";
/// let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
/// let Progress::Refused(refusal) = progress else { panic!() };
/// let error = refusal.error().unwrap();
/// assert_eq!((error, error.status()), (&HandshakeError::Method("POST".into()), 405));
/// assert_eq!(error.to_string(), "the method is \"POST\", but a WebSocket handshake is a GET request (RFC 6455 §4.1)");
/// ```
///
/// Received values are kept as excerpts: at most 64 bytes, with everything escaped that is not printable ASCII. They contain no
/// secrets: user information, query and fragment of a URI and the values of fields such as `Cookie` are left out. So the error can
/// be logged as it is.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// The first line is not a request line (on a server) or a status line (on a client): the peer does not speak HTTP/1.1. Holds
    /// an excerpt of the line.
    ///
    /// Usually the first byte is enough to detect this. The excerpt is then the part of the line that arrived in the same call,
    /// up to 40 bytes. It is the only part of any outcome that depends on how the bytes are split into calls.
    StartLine(String),
    /// The first byte is that of a TLS record, such as a hello or an alert, where plain HTTP was expected. Often `ws://` was used
    /// for `wss://`, or the other way round. Holds the role of the sender.
    Tls(Role),
    /// The version of HTTP is not 1.1. Holds an excerpt of the first line.
    ///
    /// If a server receives HTTP/1.0 from browsers, a proxy in between is the reason: configure it to forward requests as
    /// HTTP/1.1.
    HttpVersion(String),
    /// A line ends in LF alone. It is refused, since two parsers that differ in where a line ends read two different messages.
    BareLf,
    /// A CR is not followed by LF. It is refused for the same reason.
    BareCr,
    /// A line is not a valid header field: a name that is a token, directly followed by a colon. Holds the name, as far as it is a
    /// token. It is empty if there is none, as in a line without a colon, which can be a part of a value.
    ///
    /// A server also refuses a value that continues on the next line. A client accepts it, as RFC 9112 §5.2 requires.
    FieldLine(String),
    /// The value of a header field contains a control byte other than the tab. Holds an excerpt of the field's name.
    FieldValue(String),
    /// The head is longer than [`Limits::head_bytes`](crate::Limits::head_bytes).
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The first line has not ended within [`Limits::head_bytes`](crate::Limits::head_bytes).
    StartLineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more fields than [`Limits::head_fields`](crate::Limits::head_fields).
    TooManyFields {
        /// The number of fields that were allowed.
        limit: usize,
    },
    /// The method is not GET. Holds an excerpt of it.
    Method(String),
    /// The request-target is neither a path nor an `http` or `https` URI. Holds an excerpt of it.
    Target(String),
    /// A required header field, or pseudo-header field, is missing. Holds its name.
    Missing(&'static str),
    /// A header field that must be unique appears more than once. Holds its name.
    Repeated(&'static str),
    /// The value of a header field is not valid.
    Invalid {
        /// The name of the field.
        name: &'static str,
        /// An excerpt of its value, or of the invalid element in it.
        received: String,
    },
    /// The client uses a version of the WebSocket protocol other than 13. Holds that version.
    Version(u8),
    /// The request has a body, whose bytes would be read as frames. Holds the name of the header field that announces the body.
    Body(&'static str),
    /// The request has an `Expect` field, such as `100-continue`. Holds an excerpt of its value.
    Expectation(String),
    /// Over HTTP/2 and HTTP/3: the method is not CONNECT. Holds an excerpt of it.
    #[cfg(feature = "http")]
    ConnectMethod(String),
    /// Over HTTP/2 and HTTP/3: the CONNECT request has no `:protocol`, so it asks for a tunnel to another host, as from a proxy.
    #[cfg(feature = "http")]
    Tunnel,
    /// Over HTTP/2 and HTTP/3: the `:protocol` is not `websocket`. Holds an excerpt of it.
    #[cfg(feature = "http")]
    ConnectProtocol(String),
    /// Over HTTP/2 and HTTP/3: the request has a header field that only HTTP/1.1 allows, such as `Upgrade`. Holds its name.
    #[cfg(feature = "http")]
    OnlyHttp1(&'static str),
    /// The server's [`Accept`](crate::server::Accept) does not allow the origin. To allow it, list it in
    /// [`Accept::origins`](crate::server::Accept::origins).
    OriginRefused {
        /// An excerpt of the origin.
        origin: String,
        /// An excerpt of the request's host, with which [`Accept::same_origin`](crate::server::Accept::same_origin) has compared the
        /// origin. `None` with other constructors. Behind a reverse proxy, it is the original one only if the proxy forwards it.
        host: Option<String>,
    },
    /// The request has no Origin, and the server [requires one](crate::server::Accept::require_origin).
    OriginMissing,
    /// The server [requires a subprotocol](crate::server::Accept::require_protocol) that the client does not offer. Holds its
    /// name.
    ProtocolRequired(String),
    /// The server responded with a status that does not open a connection. Holds the status.
    ///
    /// The response may have the reason in its [`body`](crate::client::Response::body). If it is a redirect,
    /// [`Redirects`](crate::client::Redirects) makes the next request.
    #[doc(alias("redirect"))]
    Status(u16),
    /// The server's `Sec-WebSocket-Accept` does not match the key that was sent: the response may not belong to this handshake.
    WrongAccept {
        /// An excerpt of what the server sent.
        received: String,
        /// The value that belongs to the key.
        expected: String,
    },
    /// The server chose a subprotocol that was not offered. Holds an excerpt of it.
    ProtocolNotOffered(String),
    /// The server chose an extension that was not offered. Holds an excerpt of its name.
    ExtensionNotOffered(String),
    /// The server's answer to the offer of compression is not valid. Holds the reason.
    #[cfg(feature = "deflate")]
    Deflate(#[source] crate::deflate::AnswerError),
    /// The handshake did not finish within [`Deadlines::handshake`](crate::Deadlines::handshake).
    Deadline {
        /// The time limit for the handshake.
        limit: Duration,
    },
    /// The peer's stream ended before the end of its head.
    EndOfStream {
        /// The number of bytes that were received.
        received: usize,
    },
}

impl HandshakeError {
    /// Returns the HTTP status with which a server answers a request that caused this error, such as 400 or 426.
    ///
    /// Errors that only a server can cause have 502, the status with which a gateway would report them. Over HTTP/2 and HTTP/3
    /// the response has 400 instead of 426, since there is no upgrade that 426 could ask for.
    #[doc(alias("426"))]
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::OriginRefused { .. } | Self::OriginMissing => 403,
            Self::Method(_) => 405,
            Self::Deadline { .. } => 408,
            Self::StartLineTooLong { .. } => 414,
            Self::Expectation(_) => 417,
            Self::Version(_) | Self::Missing("Upgrade") | Self::Invalid { name: "Upgrade", .. } => 426,
            Self::HeadTooLong { .. } | Self::TooManyFields { .. } => 431,
            #[cfg(feature = "http")]
            Self::ConnectMethod(_) => 405,
            #[cfg(feature = "http")]
            Self::Tunnel | Self::ConnectProtocol(_) => 501,
            #[cfg(feature = "deflate")]
            Self::Deflate(_) => 502,
            Self::Status(_) | Self::WrongAccept { .. } | Self::ProtocolNotOffered(_) | Self::ExtensionNotOffered(_) => {
                502
            }
            _ => 400,
        }
    }

    /// Returns the document and section with the broken rule, such as `RFC 6455 §4.1`. The error's text ends with it.
    #[must_use]
    pub fn section(&self) -> &'static str {
        match self {
            Self::StartLine(_) | Self::Tls(_) => "RFC 9112 §2.1",
            Self::BareLf | Self::BareCr => "RFC 9112 §2.2",
            Self::StartLineTooLong { .. } => "RFC 9112 §3",
            Self::FieldLine(_) => "RFC 9112 §5",
            Self::Body(_) => "RFC 9112 §6.3",
            Self::FieldValue(_) => "RFC 9110 §5.5",
            Self::Expectation(_) => "RFC 9110 §10.1.1",
            Self::ProtocolRequired(_) => "RFC 6455 §4.2.2",
            Self::Version(_) => "RFC 6455 §4.4",
            Self::Deadline { .. } | Self::EndOfStream { .. } => "RFC 6455 §7.1.7",
            Self::OriginRefused { .. } | Self::OriginMissing => "RFC 6455 §10.2",
            Self::HeadTooLong { .. } | Self::TooManyFields { .. } => "RFC 6455 §10.4",
            Self::Repeated(_) => "RFC 6455 §11.3",
            Self::Missing(name) => section_of(name),
            #[cfg(feature = "http")]
            Self::Tunnel => "RFC 8441 §4",
            #[cfg(feature = "http")]
            Self::ConnectMethod(_) | Self::OnlyHttp1(_) => "RFC 8441 §5",
            #[cfg(feature = "http")]
            Self::ConnectProtocol(_) => "RFC 9220 §3",
            #[cfg(feature = "deflate")]
            Self::Deflate(_) => "RFC 7692 §7",
            Self::HttpVersion(_)
            | Self::Method(_)
            | Self::Target(_)
            | Self::Invalid { .. }
            | Self::Status(_)
            | Self::WrongAccept { .. }
            | Self::ProtocolNotOffered(_)
            | Self::ExtensionNotOffered(_) => "RFC 6455 §4.1",
        }
    }
}

/// The section that requires a field, or a pseudo-header field.
fn section_of(name: &str) -> &'static str {
    if name.starts_with(':') { "RFC 8441 §5" } else { "RFC 6455 §4.1" }
}
