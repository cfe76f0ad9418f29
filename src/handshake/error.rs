use super::status::{advice, phrase};
use crate::Role;
use alloc::string::String;
use core::{fmt, time::Duration};
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
    /// The response may have the reason in its [`body`](crate::client::Response::body). Redirects are not followed: the URI to
    /// connect to is in the [header field](crate::client::Response::header) `Location`.
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

/// The rule that was broken, what was received, and the [`section`](HandshakeError::section).
impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)?;
        f.write_str(self.advice())?;
        write!(f, " ({})", self.section())
    }
}

impl HandshakeError {
    /// Returns the text for the body of the server's response: what is wrong with the request, and the section of the RFC.
    ///
    /// The `Display` of the error also has advice for the programmer of the server, such as which limit to raise. That is for its
    /// log, and not for clients. A [`Refusal`](crate::server::Refusal) has this text as its body. Use it where you make the
    /// response yourself, as with `server::Upgrade` of the feature `http`.
    ///
    /// ```
    /// use bowline::HandshakeError;
    ///
    /// let error = HandshakeError::TooManyFields { limit: 100 };
    /// assert_eq!(
    ///     error.for_client().to_string(),
    ///     "the head has more than 100 header fields: send fewer (RFC 6455 §10.4)"
    /// );
    /// assert!(error.to_string().contains("raise `limits.head_fields`"));
    /// ```
    #[must_use]
    pub fn for_client(&self) -> impl fmt::Display + '_ {
        ForClient(self)
    }

    /// Returns what the programmer of this endpoint can do about the error.
    const fn advice(&self) -> &'static str {
        match self {
            Self::HeadTooLong { .. } | Self::StartLineTooLong { .. } => ", or raise `limits.head_bytes`",
            Self::TooManyFields { .. } => ", or raise `limits.head_fields`",
            Self::Deadline { .. } => ", the limit of `deadlines.handshake`",
            Self::OriginRefused { host: None, .. } => ": to allow it, list it in `Accept::origins` on the server",
            Self::OriginRefused { .. } => {
                ": a proxy must forward the original Host; to allow other origins, list them in `Accept::origins` on the server"
            }
            _ => "",
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartLine(line) => {
                write!(f, "\"{line}\" is not the start of an HTTP/1.1 message: check which protocol the peer uses")
            }
            Self::Tls(sender) => f.write_str(tls_from(*sender)),
            Self::HttpVersion(line) => {
                write!(f, "\"{line}\" is not HTTP/1.1, which an upgrade to WebSocket requires{}", instead_of(line))
            }
            Self::BareLf => f.write_str("a line of the head ends in LF alone: lines must end in CR LF"),
            Self::BareCr => f.write_str("the head contains a CR that is not followed by LF: lines must end in CR LF"),
            Self::FieldLine(name) => {
                f.write_str(match name.as_str() {
                    "" => "a line of the head is not a valid header field",
                    _ => "the header field ",
                })?;
                if !name.is_empty() {
                    write!(f, "\"{name}\" is not valid")?;
                }
                f.write_str(": expected a name, directly followed by a colon, and a value on the same line")
            }
            Self::FieldValue(name) => {
                write!(f, "the value of the header \"{name}\" is not valid: it contains a control byte, such as NUL")
            }
            Self::HeadTooLong { limit } => {
                write!(f, "the head is longer than the limit of {limit} bytes: send less")
            }
            Self::StartLineTooLong { limit } => {
                write!(f, "the first line did not end within the limit of {limit} bytes for the head: send less")
            }
            Self::TooManyFields { limit } => {
                write!(f, "the head has more than {limit} header fields: send fewer")
            }
            Self::Body(name) => {
                write!(f, "the header {name} announces a body: a WebSocket handshake must not have one")
            }
            Self::Expectation(expectation) => write!(
                f,
                "the header Expect is \"{expectation}\", but expectations are not supported: send the request without it"
            ),
            Self::Deadline { limit } => {
                write!(f, "the opening handshake did not finish within {limit:?}")
            }
            Self::EndOfStream { received } => {
                write!(f, "the stream ended after {received} bytes, before the end of the opening handshake")
            }
            _ => self.describe_handshake(f),
        }
    }

    /// The rules of WebSocket over HTTP/1.1.
    fn describe_handshake(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(method) => write!(f, "the method is \"{method}\", but a WebSocket handshake is a GET request"),
            Self::Target(target) => {
                write!(f, "the request-target \"{target}\" is not valid: expected a path or an http(s) URI")
            }
            Self::Missing(name) => write!(f, "the header {name} is missing: expected {}", expected(name)),
            Self::Repeated(name) => write!(f, "the header {name} appears more than once: it must appear only once"),
            Self::Invalid { name, received } => {
                write!(f, "\"{received}\" is not a valid value of the header {name}: expected {}", expected(name))
            }
            Self::Version(version) => {
                write!(
                    f,
                    "the client uses version {version} of the WebSocket protocol, but this server supports only 13"
                )
            }
            Self::OriginRefused { origin, host: None } => {
                write!(f, "the origin \"{origin}\" is not allowed to connect")
            }
            Self::OriginRefused { origin, host: Some(host) } => {
                write!(f, "the origin \"{origin}\" is not that of the requested host \"{host}\"")
            }
            Self::OriginMissing => f.write_str("the header Origin is missing, but this server requires it"),
            Self::ProtocolRequired(protocol) => {
                write!(f, "this server requires the subprotocol {protocol}, which the client does not offer")
            }
            Self::Status(status) => {
                f.write_str("the server answered with HTTP status ")?;
                match phrase(*status) {
                    "" => write!(f, "{status}")?,
                    phrase => write!(f, "{status} ({phrase})")?,
                }
                f.write_str(advice(*status))
            }
            Self::WrongAccept { received, expected } => {
                write!(
                    f,
                    "Sec-WebSocket-Accept is \"{received}\", but for the key that was sent it must be \"{expected}\""
                )
            }
            Self::ProtocolNotOffered(protocol) => {
                write!(f, "the server chose the subprotocol \"{protocol}\", which this client did not offer")
            }
            Self::ExtensionNotOffered(extension) => {
                write!(f, "the server chose the extension \"{extension}\", which this client did not offer")
            }
            #[cfg(feature = "deflate")]
            Self::Deflate(error) => write!(f, "the server's answer about permessage-deflate is not valid: {error}"),
            #[cfg(feature = "http")]
            _ => self.describe_connect(f),
            #[cfg(not(feature = "http"))]
            _ => Ok(()),
        }
    }

    /// The rules of HTTP/2 and HTTP/3.
    #[cfg(feature = "http")]
    fn describe_connect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectMethod(method) => write!(
                f,
                "the method is \"{method}\", but over HTTP/2 and HTTP/3 a WebSocket handshake is a CONNECT request"
            ),
            Self::Tunnel => f.write_str("the CONNECT request has no :protocol: this server is not a proxy"),
            Self::ConnectProtocol(protocol) => {
                write!(f, "the :protocol \"{protocol}\" is not supported: expected websocket")
            }
            Self::OnlyHttp1(name) => {
                write!(f, "the header {name} belongs to HTTP/1.1: a request over HTTP/2 or HTTP/3 must not have it")
            }
            _ => Ok(()),
        }
    }
}

/// An error as its text for the client.
struct ForClient<'a>(&'a HandshakeError);

impl fmt::Display for ForClient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)?;
        write!(f, " ({})", self.0.section())
    }
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

/// What to do if one endpoint uses TLS and the other does not.
fn tls_from(sender: Role) -> &'static str {
    match sender {
        Role::Server => "the server uses TLS on this port: connect with wss:// instead of ws://",
        Role::Client => {
            "the client uses TLS, but this port expects plain HTTP: connect with ws://, or put TLS in front of this server"
        }
    }
}

/// What to do about a client that begins with HTTP/2. It does so if the TLS library of the server has offered HTTP/2.
fn instead_of(first_line: &str) -> &'static str {
    if first_line.starts_with("PRI * HTTP/2") {
        ": the client began HTTP/2, which a server with TLS must not offer (ALPN) unless an HTTP library serves it"
    } else {
        ""
    }
}

/// The section that requires a field, or a pseudo-header field.
fn section_of(name: &str) -> &'static str {
    if name.starts_with(':') { "RFC 8441 §5" } else { "RFC 6455 §4.1" }
}

/// What the value of a field must be.
fn expected(name: &str) -> &'static str {
    match name {
        "Host" | ":authority" => "a host and an optional port",
        "Upgrade" => "websocket",
        "Connection" => "a list that contains Upgrade",
        "Sec-WebSocket-Key" => "16 bytes in base64",
        "Sec-WebSocket-Version" => "13",
        "Sec-WebSocket-Accept" => "the value that belongs to Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol" => "tokens, none of them twice",
        "Sec-WebSocket-Extensions" => "extensions: tokens with parameters",
        _ => "a value that is well formed",
    }
}
