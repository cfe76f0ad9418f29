use crate::{
    Role,
    client::{Explanation, Response},
    handshake::{HandshakeError, status},
};
use alloc::string::{String, ToString};
use core::fmt;
use thiserror::Error;

/// Why a [`Tunnel`](super::Tunnel) was not opened: what the proxy answered, and what to do.
///
/// It has no secrets: neither the user name nor the password is shown.
///
/// ```
/// use bowline::proxy::TunnelError;
///
/// assert_eq!(
///     TunnelError::Reply(2).to_string(),
///     "the proxy answered with SOCKS reply 2 (connection not allowed by ruleset): its configuration forbids a tunnel to this host \
///      and port (RFC 1928 §6)"
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TunnelError {
    /// The name of the server is not a valid host, or has more than 255 bytes, which SOCKS5 does not allow. Holds an excerpt of it.
    /// Nothing was sent.
    Target(String),
    /// An HTTP proxy refused with a status.
    Status {
        /// The status, such as 407.
        status: u16,
        /// What the response explains besides: the reason phrase, some fields such as `Proxy-Authenticate`, and the first line of a
        /// body of the type `text/plain`. It can be empty, and is safe to print.
        explanation: String,
    },
    /// The answer of an HTTP proxy is not valid HTTP. Holds the rule that it breaks.
    Http(#[source] HandshakeError),
    /// A SOCKS5 proxy refused with this reply (RFC 1928 §6).
    Reply(u8),
    /// A SOCKS5 proxy requires authentication, and there is neither a user name nor a password.
    CredentialsRequired,
    /// A SOCKS5 proxy did not accept the user name and the password.
    CredentialsRefused,
    /// A SOCKS5 proxy requires a method of authentication that is not supported. Holds its number, or 255 if it accepts none of those
    /// that were offered.
    Method(u8),
    /// The first byte of an answer is not 5, the version of SOCKS. Holds that byte.
    NotSocks5(u8),
    /// The reply of a SOCKS5 proxy has an address of an unknown type. Holds the type.
    AddressType(u8),
    /// The proxy closed the connection before the tunnel was open.
    EndOfStream {
        /// The number of bytes that were received.
        received: usize,
    },
}

impl TunnelError {
    pub(super) fn refused(response: &Response) -> Self {
        let explanation = Explanation(response).to_string();
        Self::Status { status: response.status(), explanation: explanation.trim_start_matches("; ").into() }
    }

    /// Returns the HTTP status with which the proxy refused. `None` for all other errors, and for SOCKS5.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the document and section that the error is about, such as `RFC 1928 §6`. The error's text ends with it.
    #[must_use]
    pub fn section(&self) -> &'static str {
        match self {
            Self::Target(_) => "RFC 3986 §3.2.2",
            Self::Status { status: 407, .. } => "RFC 9110 §11.7.1",
            Self::Status { .. } => "RFC 9110 §9.3.6",
            Self::Http(HandshakeError::HttpVersion(_)) => "RFC 9112 §2.3",
            Self::Http(
                HandshakeError::HeadTooLong { .. }
                | HandshakeError::StartLineTooLong { .. }
                | HandshakeError::TooManyFields { .. },
            ) => "RFC 9110 §5.4",
            Self::Http(error) => error.section(),
            Self::Reply(_) | Self::AddressType(_) => "RFC 1928 §6",
            Self::CredentialsRequired | Self::Method(_) | Self::NotSocks5(_) => "RFC 1928 §3",
            Self::CredentialsRefused => "RFC 1929 §2",
            Self::EndOfStream { .. } => "RFC 9112 §8",
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(name) => {
                write!(f, "\"{name}\" is not a host to which a proxy can connect: use a name of at most 255 bytes, or an address")
            }
            Self::Status { status, explanation } => {
                write!(f, "the proxy answered with HTTP status {status}")?;
                match status::phrase(*status) {
                    "" => {}
                    phrase => write!(f, " ({phrase})")?,
                }
                f.write_str(advice(*status))?;
                if explanation.is_empty() { Ok(()) } else { write!(f, "; {explanation}") }
            }
            Self::Http(error) => describe_http(error, f),
            Self::Reply(code) => {
                let (meaning, advice) = reply(*code);
                write!(f, "the proxy answered with SOCKS reply {code} ({meaning}){advice}")
            }
            Self::CredentialsRequired => f.write_str(
                "the proxy requires a user name and a password: write them in its URI, such as socks5h://user:password@proxy",
            ),
            Self::CredentialsRefused => f.write_str("the proxy did not accept the user name and the password"),
            Self::Method(0xFF) => {
                f.write_str("the proxy accepts neither a user name and a password nor a client without them")
            }
            Self::Method(method) => {
                write!(f, "the proxy requires authentication by method {method}, which is not supported")
            }
            Self::NotSocks5(byte) => write!(
                f,
                "the answer of the proxy begins with the byte {byte}, and not with 5, the version of SOCKS{}",
                instead_of_socks(*byte)
            ),
            Self::AddressType(kind) => write!(f, "the reply of the proxy has an address of the unknown type {kind}"),
            Self::EndOfStream { received } => write!(
                f,
                "the proxy closed the connection after {received} bytes, before the tunnel was open: check that this is the port and \
                 the protocol of the proxy"
            ),
        }
    }
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)?;
        write!(f, " ({})", self.section())
    }
}

/// The answer of an HTTP proxy that is not valid. The texts of these errors are for the response of a server.
fn describe_http(error: &HandshakeError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error {
        HandshakeError::Tls(Role::Server) => {
            f.write_str("the proxy uses TLS on this port: begin its URI with https:// instead of http://")
        }
        HandshakeError::StartLine(line) | HandshakeError::HttpVersion(line) => {
            write!(f, "the proxy answered \"{line}\", which is not the start of an HTTP/1 response")?;
            f.write_str(": check its port; for a SOCKS5 proxy, begin its URI with socks5h://")
        }
        HandshakeError::HeadTooLong { limit } | HandshakeError::StartLineTooLong { limit } => {
            write!(f, "the head of the proxy's response is longer than {limit} bytes")
        }
        HandshakeError::TooManyFields { limit } => {
            write!(f, "the response of the proxy has more than {limit} header fields")
        }
        error => {
            f.write_str("the response of the proxy is not valid HTTP: ")?;
            error.describe(f)
        }
    }
}

/// What a status of a proxy usually means, and what to do.
fn advice(status: u16) -> &'static str {
    match status {
        403 => ": it does not allow a tunnel to this host and port; many proxies allow port 443 only, so try wss://",
        // tinyproxy answers with 401 to a wrong password.
        401 | 407 => ": check the user name and the password in its URI, such as http://user:password@proxy:3128",
        400 | 404 | 405 | 501 => ": it may not support CONNECT, so check that this is the port of a forward proxy",
        429 => ": wait before the next attempt",
        500 | 502..=504 => ": it may not have reached the server, so check the host and the port of the server",
        _ => "",
    }
}

/// A reply of SOCKS5 in words (RFC 1928 §6), and what to do.
fn reply(code: u8) -> (&'static str, &'static str) {
    match code {
        1 => ("general SOCKS server failure", ": it may not have resolved the name of the server, so check the host"),
        2 => ("connection not allowed by ruleset", ": its configuration forbids a tunnel to this host and port"),
        3 => ("network unreachable", ": the proxy has no route to the server"),
        4 => ("host unreachable", ": check the host of the server"),
        5 => ("connection refused", ": check the port of the server"),
        6 => ("TTL expired", ": try again later"),
        7 => ("command not supported", ": this proxy does not open connections"),
        8 => ("address type not supported", ": use socks5h:// instead of socks5://, or the other way round"),
        _ => ("unassigned", ""),
    }
}

/// Which protocol an answer seems to be, by its first byte.
fn instead_of_socks(byte: u8) -> &'static str {
    match byte {
        0 | 4 => ": it seems to be a SOCKS4 proxy, which is not supported",
        b'H' => ": it seems to be an HTTP proxy, so begin its URI with http://",
        21 | 22 => ": it seems to use TLS, which is supported for HTTP proxies only, with https://",
        _ => ": check its port",
    }
}
