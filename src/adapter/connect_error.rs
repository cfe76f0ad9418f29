//! Why a client did not reach the server.

use crate::client::Request;
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, net::SocketAddr};
use std::{error, io};

/// A stage of connecting to a server: see [`ConnectError::stage`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectStage {
    /// The DNS lookup of the host.
    Resolve,
    /// The TCP connection to one of the host's addresses.
    Tcp,
    /// The TLS handshake. It also fails if the URI is `wss://` and TLS support is not compiled in.
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

/// Why `connect` did not reach the server: the DNS lookup, TCP or TLS failed, before any opening handshake (RFC 6455 §4.1).
///
/// It prints as one line with the host, the port, the stage and the reason; for TCP, with each address and its own reason:
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
/// [`source`](error::Error::source) is the [`io_error`](Self::io_error).
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

    /// The DNS lookup failed.
    pub(super) fn resolve(request: &Request, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Resolve, None, error)
    }

    /// None of the addresses answered, in the order in which they failed.
    pub(super) fn tcp(request: &Request, mut failures: Vec<(SocketAddr, io::Error)>) -> Self {
        match failures.pop() {
            Some((address, error)) => {
                Self { failed_before: failures, ..Self::new(request, ConnectStage::Tcp, Some(address), error) }
            }
            None => Self::resolve(request, io::Error::new(io::ErrorKind::NotFound, "the host has no address")),
        }
    }

    /// The TLS handshake with this address failed, or was not possible with any.
    pub(super) fn tls(request: &Request, address: Option<SocketAddr>, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Tls, address, error)
    }

    /// TLS support is not compiled in: `instead` is what to do.
    #[cfg(not(feature = "rustls"))]
    pub(super) fn no_tls(request: &Request, instead: &'static str) -> Self {
        Self::tls(request, None, io::Error::new(io::ErrorKind::Unsupported, instead))
    }

    /// The stage that failed.
    #[must_use]
    pub fn stage(&self) -> ConnectStage {
        self.stage
    }

    /// The host of the URI, as in [`Request::host`].
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port of the URI, as in [`Request::port`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Why it failed; with several addresses, why the last one failed. [`TimedOut`](io::ErrorKind::TimedOut) is the deadline for the
    /// handshake ([`Deadlines::handshake`](crate::Deadlines::handshake)), or a timeout of the operating system. With the feature `rustls`, an error of TLS is in its
    /// [`get_ref`](io::Error::get_ref).
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }

    /// The addresses to which a connection was attempted, each with the reason for the failure, the last one with the
    /// [`io_error`](Self::io_error). At the stage of TLS it is the address that accepted the TCP connection.
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
            return error.fmt(f);
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

/// The error of a stage that was not over before the deadline.
pub(super) fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "there was no answer before the deadline for the handshake")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    /// Each address has its own reason; the last one is that of the whole.
    #[test]
    fn each_address_with_its_reason() {
        let request = Request::from_uri("ws://example.com/").unwrap();
        let [first, second] = ["192.0.2.1:80", "[2001:db8::1]:80"].map(|address| address.parse().unwrap());
        let failures = vec![(first, io::Error::other("no way")), (second, late())];
        let error = ConnectError::tcp(&request, failures);
        assert_eq!(
            error.to_string(),
            "cannot connect to example.com port 80: TCP: 192.0.2.1:80: no way, [2001:db8::1]:80: \
             there was no answer before the deadline for the handshake"
        );
        assert_eq!(error.attempts().map(|(address, _)| address).collect::<Vec<_>>(), [first, second]);
        assert_eq!((error.host(), error.port(), error.io_error().kind()), ("example.com", 80, io::ErrorKind::TimedOut));
        let none = ConnectError::tcp(&request, vec![]);
        assert_eq!((none.stage(), none.attempts().count()), (ConnectStage::Resolve, 0));
        assert_eq!(none.to_string(), "cannot connect to example.com port 80: DNS lookup: the host has no address");
    }
}
