//! The way to a server, directly or through a proxy, and the errors of its stages.

use super::{
    Error,
    connect_error::ConnectError,
    connect_stage::{ConnectStage, End},
};
use crate::{
    client::Request,
    proxy::{Proxy, ProxyUriError, TunnelError},
};
use alloc::vec::Vec;
use core::net::SocketAddr;
use std::io;

/// The server of a request, and the proxy on the way to it.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) request: &'a Request,
    pub(super) proxy: Option<&'a Proxy>,
}

impl Route<'_> {
    /// Returns the end to which TCP connects.
    fn near_end(self) -> End {
        if self.proxy.is_some() { End::Proxy } else { End::Server }
    }

    /// Returns the ends that are reached over TLS.
    pub(super) fn with_tls(self) -> impl Iterator<Item = End> {
        let proxy = self.proxy.is_some_and(Proxy::is_secure).then_some(End::Proxy);
        proxy.into_iter().chain(self.request.is_secure().then_some(End::Server))
    }

    fn failed(self, stage: ConnectStage, end: End, address: Option<SocketAddr>, error: io::Error) -> Error {
        ConnectError::new(self.request, self.proxy, stage, end, address, error).into()
    }

    /// The error of a URI in the environment that is not a valid proxy.
    pub(super) fn invalid_proxy(self, error: ProxyUriError) -> Error {
        self.failed(ConnectStage::Proxy, End::Proxy, None, io::Error::new(io::ErrorKind::InvalidInput, error))
    }

    /// The error of a failed DNS lookup of this end.
    pub(super) fn resolve(self, end: End, error: io::Error) -> Error {
        self.failed(ConnectStage::Resolve, end, None, error)
    }

    /// The error of the host to which TCP connects, whose addresses all failed. `failures` is in the order in which they failed.
    pub(super) fn tcp(self, mut failures: Vec<(SocketAddr, io::Error)>) -> Error {
        match failures.pop() {
            Some((address, error)) => {
                let error = ConnectError::new(
                    self.request,
                    self.proxy,
                    ConnectStage::Tcp,
                    self.near_end(),
                    Some(address),
                    error,
                );
                error.after(failures).into()
            }
            None => self.resolve(self.near_end(), no_address()),
        }
    }

    /// The error of a Unix socket.
    #[cfg(unix)]
    pub(super) fn unix(self, path: &std::path::Path, error: &io::Error) -> Error {
        let error = io::Error::new(error.kind(), alloc::format!("{}: {error}", path.display()));
        self.failed(ConnectStage::Unix, End::Server, None, error)
    }

    /// The error of a dialogue with the proxy. `address` is `None` if it was not begun.
    pub(super) fn tunnel(self, address: Option<SocketAddr>, error: io::Error) -> Error {
        self.failed(ConnectStage::Proxy, End::Proxy, address, error)
    }

    /// The error of a failed TLS handshake with this end. `address` is `None` if it was not attempted.
    pub(super) fn tls(self, end: End, address: Option<SocketAddr>, error: io::Error) -> Error {
        self.failed(ConnectStage::Tls, end, address, error)
    }

    /// The error if TLS is needed and not compiled in. `function` is the one that makes the handshake over another stream.
    #[cfg(not(feature = "rustls"))]
    pub(super) fn no_tls(self, end: End, function: &str) -> Error {
        let text = match end {
            End::Server => {
                alloc::format!("wss:// needs the feature `rustls`, or a TLS stream that is passed to {function}")
            }
            End::Proxy => "a proxy with https:// needs the feature `rustls`".into(),
        };
        self.tls(end, None, io::Error::new(io::ErrorKind::Unsupported, text))
    }

    /// Returns the error of an opening handshake over TLS. An error of TLS itself, such as an alert of the server, is one of
    /// connecting: with TLS 1.3 the server looks at the client's certificate when the client has finished its TLS handshake already.
    #[cfg(feature = "rustls")]
    pub(super) fn opening(self, address: Option<SocketAddr>, error: Error) -> Error {
        match error {
            Error::Io(error) if super::tls::is_tls_error(&error) => {
                let end = if self.request.is_secure() { End::Server } else { End::Proxy };
                self.tls(end, address, error)
            }
            error => error,
        }
    }

    /// Returns the error of an opening handshake.
    #[cfg(not(feature = "rustls"))]
    #[expect(clippy::unused_self, reason = "with TLS it is used")]
    pub(super) fn opening(self, _: Option<SocketAddr>, error: Error) -> Error {
        error
    }
}

/// The error of a host for which the DNS lookup found nothing, or nothing that can be used.
pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address")
}

/// Puts the error of a tunnel into an [`io::Error`] of a fitting kind.
pub(super) fn tunnel_io_error(error: TunnelError) -> io::Error {
    use io::ErrorKind;
    let kind = match &error {
        TunnelError::Target(_) => ErrorKind::InvalidInput,
        TunnelError::Status { status: 401 | 403 | 407, .. }
        | TunnelError::CredentialsRequired
        | TunnelError::CredentialsRefused
        | TunnelError::Method(_)
        | TunnelError::Reply(2) => ErrorKind::PermissionDenied,
        TunnelError::Reply(3) => ErrorKind::NetworkUnreachable,
        TunnelError::Reply(4) => ErrorKind::HostUnreachable,
        TunnelError::Status { .. } | TunnelError::Reply(_) => ErrorKind::ConnectionRefused,
        TunnelError::EndOfStream { .. } => ErrorKind::UnexpectedEof,
        _ => ErrorKind::InvalidData,
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::{connect_error::late, connect_stage::ConnectHop};
    #[cfg(feature = "rustls")]
    use alloc::format;
    use alloc::{string::ToString, vec};

    fn connect_error(error: Error) -> ConnectError {
        let Error::Connect(error) = error else { panic!("{error}") };
        *error
    }

    /// Each address has its own reason, and the last one is the reason of the whole error.
    #[test]
    fn each_address_with_its_reason() {
        let request = Request::from_uri("ws://example.com/").unwrap();
        let route = Route { request: &request, proxy: None };
        let [first, second] = ["192.0.2.1:80", "[2001:db8::1]:80"].map(|address| address.parse().unwrap());
        let failures = vec![(first, io::Error::other("no way")), (second, late())];
        let error = connect_error(route.tcp(failures));
        assert_eq!(
            error.to_string(),
            "cannot connect to example.com port 80: TCP: 192.0.2.1:80: no way, [2001:db8::1]:80: \
             there was no answer within the time limit of `ConnectOptions::timeout` or `deadlines.handshake`"
        );
        assert_eq!(error.attempts().map(|(address, _)| address).collect::<Vec<_>>(), [first, second]);
        assert_eq!((error.host(), error.port(), error.io_error().kind()), ("example.com", 80, io::ErrorKind::TimedOut));
        assert_eq!((error.hop(), error.proxy()), (ConnectHop::Server("example.com", 80), None));
        let none = connect_error(route.tcp(vec![]));
        assert_eq!((none.stage(), none.attempts().count()), (ConnectStage::Resolve, 0));
        assert_eq!(none.to_string(), "cannot connect to example.com port 80: DNS lookup: the host has no address");
    }

    /// Each stage says at which host it failed.
    #[test]
    fn through_a_proxy() {
        let request = Request::from_uri("wss://example.com/").unwrap();
        let proxy = Proxy::from_uri("http://me:secret@10.0.0.1:3128").unwrap();
        let route = Route { request: &request, proxy: Some(&proxy) };
        let address = "10.0.0.1:3128".parse().unwrap();
        let (server, near) = (ConnectHop::Server("example.com", 443), ConnectHop::Proxy("10.0.0.1", 3128));
        let why = || io::Error::other("why");
        let refused = tunnel_io_error(TunnelError::Reply(2));
        let said = "the proxy answered with SOCKS reply 2 (connection not allowed by ruleset): its configuration forbids a \
                    tunnel to this host and port (RFC 1928 §6)";
        for (error, hop, text) in [
            (route.resolve(End::Proxy, why()), near, "DNS lookup of the proxy: why"),
            (route.resolve(End::Server, why()), server, "DNS lookup of the server: why"),
            (route.tcp(vec![(address, why())]), near, "TCP to the proxy: 10.0.0.1:3128: why"),
            (route.tls(End::Proxy, None, why()), near, "TLS to the proxy: why"),
            (route.tls(End::Server, None, why()), server, "TLS to the server: why"),
            (route.tunnel(Some(address), why()), near, "proxy: why"),
            (route.tunnel(Some(address), refused), near, said),
        ] {
            let error = connect_error(error);
            let start = "cannot connect to example.com port 443 through the proxy 10.0.0.1 port 3128: ";
            assert_eq!(error.to_string().strip_prefix(start), Some(text));
            assert_eq!((error.hop(), error.proxy()), (hop, Some(("10.0.0.1", 3128))));
            assert_eq!(error.tunnel_error().is_some(), text == said);
        }
    }

    /// A failed TLS handshake says what it usually means: what is wrong with a certificate, or that there is no TLS on the port.
    #[cfg(feature = "rustls")]
    #[test]
    fn advice_about_tls() {
        use crate::adapter::tls::rustls::{AlertDescription, CertificateError as Certificate, Error, InvalidMessage};
        let request = Request::from_uri("wss://example.com/").unwrap();
        let route = Route { request: &request, proxy: None };
        let text = |error| route.tls(End::Server, None, error).to_string();
        for (error, advice) in [
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "try ws:// instead of wss://"),
            (Error::InvalidCertificate(Certificate::UnknownIssuer), "none of the trusted authorities"),
            (Error::InvalidCertificate(Certificate::Expired), "must be renewed, unless the clock"),
            (Error::InvalidCertificate(Certificate::NotValidYet), "the clock of this computer may be wrong"),
            (Error::InvalidCertificate(Certificate::NotValidForName), "other names than the host of the URI"),
            (Error::InvalidCertificate(Certificate::Revoked), "has been revoked"),
            (
                Error::InvalidCertificate(Certificate::ApplicationVerificationFailure),
                "`TlsOptions::accept_certificate`",
            ),
            (Error::AlertReceived(AlertDescription::CertificateRequired), "requires a client certificate"),
            (Error::AlertReceived(AlertDescription::UnknownCA), "does not accept the client certificate"),
            (Error::AlertReceived(AlertDescription::NoApplicationProtocol), "does not offer HTTP/1.1"),
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

    /// The same for a proxy: its URI and its certificate are the ones to look at.
    #[cfg(feature = "rustls")]
    #[test]
    fn advice_about_tls_to_a_proxy() {
        use crate::adapter::tls::rustls::{CertificateError as Certificate, Error, InvalidMessage};
        let request = Request::from_uri("wss://example.com/").unwrap();
        let proxy = Proxy::from_uri("https://proxy.example").unwrap();
        let route = Route { request: &request, proxy: Some(&proxy) };
        for (error, advice) in [
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "try http:// instead of https://"),
            (Error::InvalidCertificate(Certificate::UnknownIssuer), "has signed the proxy's certificate"),
            (Error::InvalidCertificate(Certificate::NotValidForName), "other names than that of the proxy"),
        ] {
            let text = route.tls(End::Proxy, None, io::Error::other(error)).to_string();
            assert!(text.contains(": TLS to the proxy: ") && text.ends_with(advice), "{text}");
        }
        let text = route.tls(End::Proxy, None, io::ErrorKind::ConnectionReset.into()).to_string();
        assert!(text.ends_with("then use http://"), "{text}");
    }
}
