//! Why a client did not get to the server.

use crate::client::Request;
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, net::SocketAddr};
use std::{error, io};

/// How far a client came on its way to the server: see [`ConnectError::stage`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectStage {
    /// The addresses of the host were looked up.
    Name,
    /// A TCP connection to one of them was to be made.
    Tcp,
    /// TCP was there, and TLS was to be agreed upon. Also that there is no TLS here for a `wss://` URI.
    Tls,
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name look-up",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

/// Why `connect` did not get to the server, before any opening handshake (RFC 6455 §4.1).
///
/// It prints as one line with the host, the stage and the reason; for TCP, with each address that was tried and its own reason:
///
/// ```
/// # use bowline::{Config, adapter::blocking::{self, ConnectStage, Error}};
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
    /// The addresses that failed before the one that counts.
    before: Vec<(SocketAddr, io::Error)>,
    address: Option<SocketAddr>,
    error: io::Error,
}

impl ConnectError {
    fn new(request: &Request, stage: ConnectStage, address: Option<SocketAddr>, error: io::Error) -> Self {
        Self { stage, host: request.host().to_owned(), port: request.port(), before: Vec::new(), address, error }
    }

    /// The look-up of the name failed.
    pub(super) fn name(request: &Request, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Name, None, error)
    }

    /// None of the addresses answered, in the order in which they failed.
    pub(super) fn tcp(request: &Request, mut failures: Vec<(SocketAddr, io::Error)>) -> Self {
        match failures.pop() {
            Some((address, error)) => {
                Self { before: failures, ..Self::new(request, ConnectStage::Tcp, Some(address), error) }
            }
            None => Self::name(request, io::Error::new(io::ErrorKind::NotFound, "the host has no address")),
        }
    }

    /// There is no TLS with this address, or none at all.
    pub(super) fn tls(request: &Request, address: Option<SocketAddr>, error: io::Error) -> Self {
        Self::new(request, ConnectStage::Tls, address, error)
    }

    /// There is nothing here that speaks TLS: `instead` says what to do.
    pub(super) fn no_tls(request: &Request, instead: &'static str) -> Self {
        Self::tls(request, None, io::Error::new(io::ErrorKind::Unsupported, instead))
    }

    /// How far it came.
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

    /// Why it failed; of several addresses, the one that failed last. [`TimedOut`](io::ErrorKind::TimedOut) is the deadline for
    /// the handshake, or one of the operating system. With the feature `rustls`, an error of TLS is in its
    /// [`get_ref`](io::Error::get_ref).
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }

    /// The addresses that were tried, each with why it failed, the last one with the [`io_error`](Self::io_error). At the
    /// stage of TLS it is the one that answered.
    pub fn tried(&self) -> impl Iterator<Item = (SocketAddr, &io::Error)> {
        let before = self.before.iter().map(|(address, error)| (*address, error));
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
        for (nth, (address, error)) in self.tried().enumerate() {
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

/// What is said of a stage that took too long.
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
        assert_eq!(error.tried().map(|(address, _)| address).collect::<Vec<_>>(), [first, second]);
        assert_eq!((error.host(), error.port(), error.io_error().kind()), ("example.com", 80, io::ErrorKind::TimedOut));
        let none = ConnectError::tcp(&request, vec![]);
        assert_eq!((none.stage(), none.tried().count()), (ConnectStage::Name, 0));
        assert_eq!(none.to_string(), "cannot connect to example.com port 80: name look-up: the host has no address");
    }
}
