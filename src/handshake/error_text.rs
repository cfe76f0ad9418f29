//! The texts of the errors of the opening handshake: for the programmer, and for the client.

use super::{
    error::HandshakeError,
    status::{advice, phrase},
};
use crate::Role;
use core::fmt;

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

    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
