//! The error of a client that did not reach the server.

use super::{
    connect_stage::{ConnectHop, ConnectStage, End},
    tls_advice,
};
use crate::{
    client::Request,
    proxy::{Proxy, TunnelError},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, net::SocketAddr};
use std::{error, io};

/// Why `connect` did not reach the server: the DNS lookup, TCP, a proxy or TLS failed, before the opening handshake
/// (RFC 6455 §4.1).
///
/// It prints as one line with the host, the port, the proxy if there is one, the stage and the reason. For TCP, the line lists each
/// address with its own reason:
///
/// ```
/// # use bowline::{Config, adapter::{ConnectOptions, ConnectStage, Error, blocking}, client::Request, proxy::Proxies};
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let port = listener.local_addr()?.port();
/// # drop(listener);
/// # let request = Request::from_uri(&format!("ws://127.0.0.1:{port}/")).unwrap();
/// # let options = ConnectOptions::new().proxies(Proxies::none());
/// let Err(Error::Connect(error)) = blocking::connect_using(request, &options, Config::default())
/// else { panic!("nobody listens there") };
/// assert_eq!(error.stage(), ConnectStage::Tcp);
/// assert_eq!(error.io_error().kind(), std::io::ErrorKind::ConnectionRefused);
/// // cannot connect to 127.0.0.1 port 9001: TCP: 127.0.0.1:9001: Connection refused (os error 111)
/// assert!(error.to_string().starts_with(&format!("cannot connect to 127.0.0.1 port {port}: TCP: ")));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// With a proxy, it is a line such as "cannot connect to example.com port 443 through the proxy 10.0.0.1 port 3128: the proxy
/// answered with HTTP status 407 ...".
///
/// Its [`source`](error::Error::source) is the [`io_error`](Self::io_error).
#[derive(Debug)]
pub struct ConnectError {
    stage: ConnectStage,
    end: End,
    host: String,
    port: u16,
    proxy: Option<(String, u16)>,
    /// The addresses that failed before the last one.
    failed_before: Vec<(SocketAddr, io::Error)>,
    address: Option<SocketAddr>,
    error: io::Error,
}

impl ConnectError {
    pub(super) fn new(
        request: &Request,
        proxy: Option<&Proxy>,
        stage: ConnectStage,
        end: End,
        address: Option<SocketAddr>,
        error: io::Error,
    ) -> Self {
        let (host, port) = (request.host().to_owned(), request.port());
        let proxy = proxy.map(|proxy| (proxy.host().to_owned(), proxy.port()));
        Self { stage, end, host, port, proxy, failed_before: Vec::new(), address, error }
    }

    /// Adds the addresses that failed before the last one.
    pub(super) fn after(self, failed_before: Vec<(SocketAddr, io::Error)>) -> Self {
        Self { failed_before, ..self }
    }

    /// Returns the stage that failed, for example to decide whether to try again: see
    /// [`Error`](super::Error#whether-to-try-again).
    #[must_use]
    pub fn stage(&self) -> ConnectStage {
        self.stage
    }

    /// Returns the host at which it failed: the server, or the proxy on the way to it.
    ///
    /// If the dialogue with the proxy failed, it is the proxy, also if the proxy reports that it could not reach the server.
    #[must_use]
    pub fn hop(&self) -> ConnectHop<'_> {
        match (self.end, self.proxy()) {
            (End::Proxy, Some((host, port))) => ConnectHop::Proxy(host, port),
            _ => ConnectHop::Server(&self.host, self.port),
        }
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

    /// Returns the host and the port of the proxy on the way to the server, if there is one.
    #[must_use]
    pub fn proxy(&self) -> Option<(&str, u16)> {
        self.proxy.as_ref().map(|(host, port)| (&**host, *port))
    }

    /// Returns what the proxy answered, if it refused to connect to the server, or if its answer is not valid. It has the
    /// [`status`](TunnelError::status).
    ///
    /// `None` at all other stages, and if the connection to the proxy failed or was too slow during the dialogue.
    #[doc(alias("407", "Proxy-Authenticate"))]
    #[must_use]
    pub fn tunnel_error(&self) -> Option<&TunnelError> {
        self.error.get_ref()?.downcast_ref()
    }

    /// Returns the cause of the failure. If several addresses failed, it is that of the last one.
    ///
    /// The kind [`TimedOut`](io::ErrorKind::TimedOut) means that the time limit expired
    /// ([`ConnectOptions::timeout`](super::ConnectOptions::timeout) or
    /// [`Deadlines::handshake`](crate::Deadlines::handshake)), or a timeout of the operating system. With the feature `rustls`,
    /// the error of rustls is in [`get_ref`](io::Error::get_ref).
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }

    /// Returns the addresses to which a connection was attempted, each with the cause of its failure, in the order in which they
    /// failed. The last one has the [`io_error`](Self::io_error).
    ///
    /// If the TLS handshake or the proxy failed, it is only the address that accepted the TCP connection. If the DNS lookup failed,
    /// TLS is not available, or the connection is to a Unix socket, there is none. With a proxy, they are addresses of the proxy.
    pub fn attempts(&self) -> impl Iterator<Item = (SocketAddr, &io::Error)> {
        let before = self.failed_before.iter().map(|(address, error)| (*address, error));
        before.chain(self.address.map(|address| (address, &self.error)))
    }

    /// Writes what failed, unless the reason says it.
    fn fmt_stage(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, end, .. } = self;
        match (&self.proxy, stage) {
            // What a proxy answered begins with "the proxy".
            (Some(_), ConnectStage::Proxy) if self.tunnel_error().is_some() => Ok(()),
            (Some(_), ConnectStage::Resolve) => write!(f, "{stage} of the {}: ", end.name()),
            (Some(_), ConnectStage::Tcp | ConnectStage::Tls) => write!(f, "{stage} to the {}: ", end.name()),
            _ => write!(f, "{stage}: "),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, end, host, port, proxy, error, .. } = self;
        write!(f, "cannot connect to {host} port {port}")?;
        if let Some((host, port)) = proxy {
            write!(f, " through the proxy {host} port {port}")?;
        }
        f.write_str(": ")?;
        self.fmt_stage(f)?;
        if *stage != ConnectStage::Tcp {
            error.fmt(f)?;
            return if *stage == ConnectStage::Tls { tls_advice::write(f, *end, error) } else { Ok(()) };
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

/// Creates the error of a stage that did not finish before the handshake deadline.
pub(super) fn late() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "there was no answer within the time limit of `ConnectOptions::timeout` or `deadlines.handshake`",
    )
}
