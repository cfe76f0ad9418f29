use crate::Role;
use alloc::string::String;
use thiserror::Error;

/// Why an opening handshake failed: which rule was broken (RFC 6455 §4, or the HTTP below it), and what was received.
///
/// A server finds it in [`Refusal::error`](crate::server::Refusal::error), with the answer for the client written
/// already; a client in [`Progress::Refused`](crate::client::Progress::Refused).
///
/// ```
/// use bowline::{Config, HandshakeError, server::{Handshake, Progress}};
///
/// let mut bytes = *b"POST /chat HTTP/1.1\r\nHost: example.com\r\n\r\n";
/// let progress = Handshake::new(Config::default()).receive(&mut (&mut bytes[..]).into());
/// let Progress::Refused(refusal) = progress else { panic!() };
/// let error = refusal.error().unwrap();
/// assert_eq!((error, error.status()), (&HandshakeError::Method("POST".into()), 405));
/// assert_eq!(error.to_string(), "the method is \"POST\": a WebSocket handshake is a GET request (RFC 6455 §4.1)");
/// ```
///
/// What was received is kept as an excerpt: at most 64 bytes of it, with everything escaped that is not printable
/// ASCII, so that it can go into a log as it is.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// The first line is not a request line (on a server) or a status line (on a client). Holds an excerpt of it.
    ///
    /// Mostly that is told by its first byte, so that nobody waits for more. The excerpt then has what came of the line in the
    /// same call, up to 40 bytes: it is the only part of any outcome that depends on how the bytes are cut into calls.
    #[error("\"{0}\" does not begin an HTTP/1.1 message: is the peer speaking another protocol? (RFC 9112 §2.1)")]
    StartLine(String),
    /// The first byte is that of a TLS record, such as a hello or an alert. Holds who sent it.
    #[error("{what} (RFC 9112 §2.1)", what = tls_from(*.0))]
    Tls(Role),
    /// The version of HTTP is not 1.1. Holds an excerpt of the first line.
    #[error("\"{0}\" is not HTTP/1.1, which an upgrade to WebSocket needs{instead} (RFC 6455 §4.1)", instead = instead_of(.0))]
    HttpVersion(String),
    /// A line ends in LF alone.
    #[error("a line of the head ends in LF alone: lines end in CR LF (RFC 9112 §2.2)")]
    BareLf,
    /// A CR is not followed by LF.
    #[error("the head has a CR that no LF follows (RFC 9112 §2.2)")]
    BareCr,
    /// A line is not a header field: a name that is a token, then a colon at once. Folded lines are among them.
    /// Holds an excerpt of the line.
    #[error(
        "the line \"{0}\" is not a header field: a name, a colon at once, and a value on the same line (RFC 9112 §5)"
    )]
    FieldLine(String),
    /// The value of a header field has a control byte in it. Holds an excerpt of the field's name.
    #[error("the value of the header \"{0}\" has a control byte in it (RFC 9110 §5.5)")]
    FieldValue(String),
    /// The head is longer than [`Limits::head_bytes`](crate::Limits::head_bytes).
    #[error("the head is longer than the limit of {limit} bytes (RFC 6455 §10.4)")]
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The first line has not ended within [`Limits::head_bytes`](crate::Limits::head_bytes).
    #[error("the first line did not end within the {limit} bytes that a head may have (RFC 9112 §3)")]
    StartLineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more fields than [`Limits::head_fields`](crate::Limits::head_fields).
    #[error("the head has more than {limit} header fields (RFC 6455 §10.4)")]
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// The method is not GET. Holds an excerpt of it.
    #[error("the method is \"{0}\": a WebSocket handshake is a GET request (RFC 6455 §4.1)")]
    Method(String),
    /// The request-target is neither a path nor an `http` or `https` URI. Holds an excerpt of it.
    #[error("the request-target \"{0}\" is neither a path nor an http(s) URI (RFC 6455 §4.1)")]
    Target(String),
    /// A header field that must be there is not. Holds its name.
    #[error("the header {0} is missing ({section})", section = section_of(.0))]
    Missing(&'static str),
    /// A header field is there more than once. Holds its name.
    #[error("the header {0} must not appear more than once (RFC 6455 §11.3)")]
    Repeated(&'static str),
    /// A header field has not the form it must have.
    #[error("the header {name} has \"{received}\": it must be {} (RFC 6455 §4.1)", expected(name))]
    Invalid {
        /// The name of the field.
        name: &'static str,
        /// An excerpt of its value, or of the element of it that is wrong.
        received: String,
    },
    /// The client speaks another version of the protocol.
    #[error("the client speaks version {0} of the protocol; this server speaks 13 (RFC 6455 §4.4)")]
    Version(u8),
    /// The request comes with a body, whose bytes would be taken for frames. Holds the name of the header field that
    /// announces it.
    #[error("the request announces a body with {0}: a WebSocket handshake has none (RFC 9112 §6.3)")]
    Body(&'static str),
    /// The request has an expectation. Holds an excerpt of it.
    #[error("the request has the expectation \"{0}\", which is not supported (RFC 9110 §10.1.1)")]
    Expectation(String),
    /// Over HTTP/2 and HTTP/3: the method is not CONNECT. Holds an excerpt of it.
    #[cfg(feature = "http")]
    #[error("the method is \"{0}\": over HTTP/2 and HTTP/3 a WebSocket handshake is a CONNECT request (RFC 8441 §5)")]
    ConnectMethod(String),
    /// Over HTTP/2 and HTTP/3: the request has no `:protocol`, and so asks for a tunnel to another host.
    #[cfg(feature = "http")]
    #[error("the CONNECT request has no :protocol, and asks for a tunnel, which is not made here (RFC 8441 §4)")]
    Tunnel,
    /// Over HTTP/2 and HTTP/3: the `:protocol` is not `websocket`. Holds an excerpt of it.
    #[cfg(feature = "http")]
    #[error("the :protocol is \"{0}\"; only websocket is spoken here (RFC 9220 §3)")]
    ConnectProtocol(String),
    /// Over HTTP/2 and HTTP/3: the request has a header field that only HTTP/1.1 has. Holds its name.
    #[cfg(feature = "http")]
    #[error("the header {0} belongs to HTTP/1.1: over HTTP/2 and HTTP/3 the request must not have it (RFC 8441 §5)")]
    OnlyHttp1(&'static str),
    /// The origin is not among those that may connect. Holds an excerpt of it.
    #[error("the origin \"{0}\" may not connect here (RFC 6455 §10.2)")]
    OriginRefused(String),
    /// An origin is needed here, and the request has none.
    #[error("the request has no Origin, without which it may not connect here (RFC 6455 §10.2)")]
    OriginMissing,
    /// The server needs a subprotocol that the client does not offer. Holds its name.
    #[error("the subprotocol {0} is needed here, and the client does not offer it (RFC 6455 §4.2.2)")]
    ProtocolRequired(String),
    /// The server's answer is not the switch to WebSocket. Holds its status.
    #[error("the server answered with status {0}: 101 opens a connection, or 2xx over HTTP/2 (RFC 6455 §4.1)")]
    Status(u16),
    /// The server's answer does not fit the key that was sent: it may not be an answer to this handshake.
    #[error("Sec-WebSocket-Accept is \"{received}\", but the key that was sent gives \"{expected}\" (RFC 6455 §4.1)")]
    WrongAccept {
        /// An excerpt of what the server sent.
        received: String,
        /// What it must be.
        expected: String,
    },
    /// The server chose a subprotocol that was not offered. Holds an excerpt of it.
    #[error("the server chose the subprotocol \"{0}\", which was not offered (RFC 6455 §4.1)")]
    ProtocolNotOffered(String),
    /// The server uses an extension that was not offered. Holds an excerpt of its name.
    #[error("the server chose the extension \"{0}\", which was not offered (RFC 6455 §4.1)")]
    ExtensionNotOffered(String),
    /// What the server answered to the offer of compression is not what it may answer.
    #[cfg(feature = "deflate")]
    #[error("the server's answer about permessage-deflate is wrong: {0} (RFC 7692 §7)")]
    Deflate(crate::deflate::BadAnswer),
    /// The handshake was not over in time: see [`Deadlines::handshake`](crate::Deadlines::handshake).
    #[error("the opening handshake was not over before its deadline (RFC 6455 §7.1.7)")]
    Deadline,
    /// The peer's stream ended before its head did.
    #[error("the stream ended after {received} bytes, before the end of the opening handshake (RFC 6455 §7.1.7)")]
    EndOfStream {
        /// How many bytes had come.
        received: usize,
    },
}

impl HandshakeError {
    /// The HTTP status with which a server answers it. For what only a server can do wrong it is 502: what a gateway
    /// would answer.
    ///
    /// Over HTTP/2 and HTTP/3, where there is no upgrade that 426 could ask for, the answer has 400 in its place.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::OriginRefused(_) | Self::OriginMissing => 403,
            Self::Method(_) => 405,
            Self::Deadline => 408,
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

    /// The document and the section that have the rule, such as `RFC 6455 §4.1`.
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
            Self::Deadline | Self::EndOfStream { .. } => "RFC 6455 §7.1.7",
            Self::OriginRefused(_) | Self::OriginMissing => "RFC 6455 §10.2",
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

/// What to do when TLS meets plain HTTP.
fn tls_from(sender: Role) -> &'static str {
    match sender {
        Role::Server => "the server speaks TLS on this port: connect with wss:// in place of ws://",
        Role::Client => {
            "the client speaks TLS, and this port takes plain HTTP: it needs ws://, or TLS in front of this server"
        }
    }
}

/// What to do about a client that did not ask which version of HTTP there is.
fn instead_of(first_line: &str) -> &'static str {
    if first_line.starts_with("PRI * HTTP/2") {
        ": the client began HTTP/2, which a server with TLS must not offer (ALPN) unless an HTTP library serves it"
    } else {
        ""
    }
}

/// Where it says that a field, or a pseudo-header field, must be there.
fn section_of(name: &str) -> &'static str {
    if name.starts_with(':') { "RFC 8441 §5" } else { "RFC 6455 §4.1" }
}

/// What a field must have, for whoever reads the error.
fn expected(name: &str) -> &'static str {
    match name {
        "Host" => "a host and, if need be, a port",
        "Upgrade" => "websocket",
        "Connection" => "a list with Upgrade in it",
        "Sec-WebSocket-Key" => "16 bytes in base64",
        "Sec-WebSocket-Version" => "one number, from 0 to 255 without leading zeros",
        "Sec-WebSocket-Protocol" => "made of tokens, with nothing empty and no token twice",
        "Sec-WebSocket-Extensions" => "a list of extensions: tokens with parameters",
        _ => "well formed",
    }
}
