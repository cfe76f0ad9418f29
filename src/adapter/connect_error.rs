//! The error of a client that did not reach the server.

#[cfg(feature = "rustls")]
use super::tls::rustls;
use crate::client::Request;
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, net::SocketAddr};
use std::{error, io};

/// A stage of connecting to a server, to find out where it failed: see [`ConnectError::stage`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectStage {
    /// The DNS lookup of the host.
    Resolve,
    /// The TCP connection. It fails if none of the host's addresses accepted it.
    Tcp,
    /// The TLS handshake. This stage also fails if the URI is `wss://` and TLS support is not compiled in, or if the platform's
    /// root certificates cannot be loaded.
    Tls,
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "DNS lookup",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

/// Why `connect` did not reach the server: the DNS lookup, TCP or TLS failed, before the opening handshake (RFC 6455 §4.1).
///
/// It prints as one line with the host, the port, the stage and the reason. For TCP, the line lists each address with its own
/// reason:
///
/// ```
/// # use bowline::{Config, adapter::{ConnectStage, Error, blocking}};
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let port = listener.local_addr()?.port();
/// # drop(listener);
/// let Err(Error::Connect(error)) = blocking::connect(&format!("ws://127.0.0.1:{port}/"), Config::default())
/// else { panic!("nobody listens there") };
/// assert_eq!(error.stage(), ConnectStage::Tcp);
/// assert_eq!(error.io_error().kind(), std::io::ErrorKind::ConnectionRefused);
/// // cannot connect to 127.0.0.1 port 9001: TCP: 127.0.0.1:9001: Connection refused (os error 111)
/// assert!(error.to_string().starts_with(&format!("cannot connect to 127.0.0.1 port {port}: TCP: ")));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Its [`source`](error::Error::source) is the [`io_error`](Self::io_error).
#[derive(Debug)]
pub struct ConnectError {
    stage: ConnectStage,
    host: String,
    port: u16,
    /// The addresses that failed before the last one.
    failed_before: Vec<(SocketAddr, io::Error)>,
    address: Option<SocketAddr>,
    error: io::Error,
}

impl ConnectError {
    fn new(request: &Request, stage: ConnectStage, address: Option<SocketAddr>, error: io::Error) -> Self {
        Self { stage, host: request.host().to_owned(), port: request.port(), failed_before: Vec::new(), address, error }
    }

    /// Creates the error of a failed DNS lookup.
    pub(super) fn resolve(request: &Request, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Resolve, None, error)
    }

    /// Creates the error of a host whose addresses all failed. `failures` is in the order in which they failed.
    pub(super) fn tcp(request: &Request, mut failures: Vec<(SocketAddr, io::Error)>) -> Self {
        match failures.pop() {
            Some((address, error)) => {
                Self { failed_before: failures, ..Self::new(request, ConnectStage::Tcp, Some(address), error) }
            }
            None => Self::resolve(request, io::Error::new(io::ErrorKind::NotFound, "the host has no address")),
        }
    }

    /// Creates the error of a failed TLS handshake. `address` is `None` if it was not attempted.
    pub(super) fn tls(request: &Request, address: Option<SocketAddr>, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Tls, address, error)
    }

    /// Creates the error for a `wss://` URI if TLS support is not compiled in. `instead` says what to do.
    #[cfg(not(feature = "rustls"))]
    pub(super) fn no_tls(request: &Request, instead: &'static str) -> Self {
        Self::tls(request, None, io::Error::new(io::ErrorKind::Unsupported, instead))
    }

    /// Returns the stage that failed, for example to decide whether to try again: see
    /// [`Error`](super::Error#whether-to-try-again).
    #[must_use]
    pub fn stage(&self) -> ConnectStage {
        self.stage
    }

    /// Returns the host of the URI, as [`Request::host`] does.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port of the URI, as [`Request::port`] does.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the cause of the failure. If several addresses failed, it is that of the last one.
    ///
    /// The kind [`TimedOut`](io::ErrorKind::TimedOut) means that the handshake timeout expired
    /// ([`Deadlines::handshake`](crate::Deadlines::handshake)), or a timeout of the operating system. With the feature `rustls`,
    /// the error of rustls is in [`get_ref`](io::Error::get_ref).
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }

    /// Returns the addresses to which a connection was attempted, each with the cause of its failure, in the order in which they
    /// failed. The last one has the [`io_error`](Self::io_error).
    ///
    /// If the TLS handshake failed, it is only the address that accepted the TCP connection. If the DNS lookup failed, or TLS is
    /// not available, there is none.
    pub fn attempts(&self) -> impl Iterator<Item = (SocketAddr, &io::Error)> {
        let before = self.failed_before.iter().map(|(address, error)| (*address, error));
        before.chain(self.address.map(|address| (address, &self.error)))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, host, port, error, .. } = self;
        write!(f, "cannot connect to {host} port {port}: {stage}: ")?;
        if *stage != ConnectStage::Tcp {
            error.fmt(f)?;
            return f.write_str(if *stage == ConnectStage::Tls { tls_advice(error) } else { "" });
        }
        for (nth, (address, error)) in self.attempts().enumerate() {
            let comma = if nth == 0 { "" } else { ", " };
            write!(f, "{comma}{address}: {error}")?;
        }
        Ok(())
    }
}

impl error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Returns what the error of a TLS handshake usually means, and what to do.
fn tls_advice(error: &io::Error) -> &'static str {
    #[cfg(feature = "rustls")]
    if let Some(advice) = error.get_ref().and_then(|inner| inner.downcast_ref()).and_then(rustls_advice) {
        return advice;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            ": the server closed the connection, so it may not use TLS on this port; then connect with ws://"
        }
        _ => "",
    }
}

#[cfg(feature = "rustls")]
fn rustls_advice(error: &rustls::Error) -> Option<&'static str> {
    use rustls::{AlertDescription, CertificateError as Certificate, Error};
    Some(match error {
        Error::InvalidMessage(_) => {
            ": the server does not seem to use TLS on this port, so try ws:// instead of wss://"
        }
        Error::InvalidCertificate(Certificate::UnknownIssuer) => {
            ": none of the trusted authorities has signed the server's certificate"
        }
        Error::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            ": the server's certificate must be renewed, unless the clock of this computer is wrong"
        }
        Error::InvalidCertificate(Certificate::NotValidYet | Certificate::NotValidYetContext { .. }) => {
            ": the clock of this computer may be wrong"
        }
        Error::InvalidCertificate(Certificate::NotValidForName | Certificate::NotValidForNameContext { .. }) => {
            ": the certificate is for other names than the host of the URI"
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => ": the server requires a client certificate",
        Error::General(reason) if reason.contains("No CA certificates") => {
            ": install the certificate authorities of the platform, such as the package ca-certificates"
        }
        _ => return None,
    })
}

/// Creates the error of a stage that did not finish before the handshake deadline.
pub(super) fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "there was no answer within the time limit of `deadlines.handshake`")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "rustls")]
    use alloc::format;
    use alloc::{string::ToString, vec};

    /// Each address has its own reason, and the last one is the reason of the whole error.
    #[test]
    fn each_address_with_its_reason() {
        let request = Request::from_uri("ws://example.com/").unwrap();
        let [first, second] = ["192.0.2.1:80", "[2001:db8::1]:80"].map(|address| address.parse().unwrap());
        let failures = vec![(first, io::Error::other("no way")), (second, late())];
        let error = ConnectError::tcp(&request, failures);
        assert_eq!(
            error.to_string(),
            "cannot connect to example.com port 80: TCP: 192.0.2.1:80: no way, [2001:db8::1]:80: \
             there was no answer within the time limit of `deadlines.handshake`"
        );
        assert_eq!(error.attempts().map(|(address, _)| address).collect::<Vec<_>>(), [first, second]);
        assert_eq!((error.host(), error.port(), error.io_error().kind()), ("example.com", 80, io::ErrorKind::TimedOut));
        let none = ConnectError::tcp(&request, vec![]);
        assert_eq!((none.stage(), none.attempts().count()), (ConnectStage::Resolve, 0));
        assert_eq!(none.to_string(), "cannot connect to example.com port 80: DNS lookup: the host has no address");
    }

    /// A failed TLS handshake says what it usually means: what is wrong with a certificate, or that there is no TLS on the port.
    #[cfg(feature = "rustls")]
    #[test]
    fn advice_about_tls() {
        use rustls::{AlertDescription, CertificateError as Certificate, Error, InvalidMessage};
        let request = Request::from_uri("wss://example.com/").unwrap();
        let text = |error| ConnectError::tls(&request, None, error).to_string();
        for (error, advice) in [
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "try ws:// instead of wss://"),
            (Error::InvalidCertificate(Certificate::UnknownIssuer), "none of the trusted authorities"),
            (Error::InvalidCertificate(Certificate::Expired), "must be renewed, unless the clock"),
            (Error::InvalidCertificate(Certificate::NotValidYet), "the clock of this computer may be wrong"),
            (Error::InvalidCertificate(Certificate::NotValidForName), "other names than the host of the URI"),
            (Error::AlertReceived(AlertDescription::CertificateRequired), "requires a client certificate"),
            (Error::General("No CA certificates were loaded from the system".into()), "ca-certificates"),
        ] {
            let expected = format!("cannot connect to example.com port 443: TLS: {error}: ");
            let text = text(io::Error::other(error));
            assert!(text.starts_with(&expected) && text.contains(advice), "{text}");
        }
        for other in [Error::DecryptError, Error::General("something else".into())] {
            assert!(text(io::Error::other(other.clone())).ends_with(&other.to_string()));
        }
        assert!(text(io::ErrorKind::UnexpectedEof.into()).ends_with("then connect with ws://"));
        assert!(text(late()).ends_with("`deadlines.handshake`"));
    }
}
