//! Clients that connect by a URI.

use super::{ClientStream, ConnectError, Error, WebSocket, dial::dial, handshake::client_since};
use crate::{
    Config,
    client::{Request, Response},
};
use alloc::sync::Arc;
use std::{io, net::TcpStream, time::Instant};

/// Connects to a `ws://` URI over TCP, or to a `wss://` URI over TLS, and makes the opening handshake (RFC 6455 §4.1).
///
/// ```no_run
/// # use bowline::{adapter::blocking, Config};
/// # fn run() -> Result<(), bowline::adapter::Error> {
/// let (mut socket, _response) = blocking::connect("ws://127.0.0.1:9001/", Config::default())?;
/// socket.send("Hello")?;
/// println!("{:?}", socket.recv()?);
/// # Ok(())
/// # }
/// ```
///
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds TCP, TLS and the opening handshake together. The time of the DNS
/// lookup counts, but only the operating system can end it. If a host has several addresses, the next one
/// is attempted after 250 ms, in a thread of its own, while the previous attempt continues (RFC 8305). The first that accepts is used. `TCP_NODELAY` is set. Redirections are not followed, and proxies are not used: open a
/// tunnel through the proxy, and pass its stream to [`client_handshake`](super::client_handshake).
///
/// `wss://` needs the feature `rustls`. The platform verifies the server's certificate, with the root certificates that it
/// trusts. For another TLS configuration use `connect_tls`. For another TLS library, pass its stream to `client_handshake`.
///
/// # Errors
///
/// - [`Error::Request`] if the URI is not valid. Nothing was sent.
/// - [`Error::Connect`] if the DNS lookup, TCP or TLS failed, or did not finish before the handshake deadline.
/// - [`Error::Handshake`] if the server refused the request, broke a rule, or did not answer before the handshake deadline.
/// - [`Error::Io`] if the stream failed during the opening handshake.
///
/// There is no connection then, and the stream has been dropped. Whether to try again is in the table at
/// [`Error`](Error#whether-to-try-again).
#[doc(alias("wss"))]
pub fn connect(uri: &str, config: impl Into<Arc<Config>>) -> Result<(WebSocket<ClientStream>, Response), Error> {
    connect_with(Request::from_uri(uri)?, config)
}

/// Connects as [`connect`] does, with a request that can offer subprotocols and have header fields such as `Authorization` or
/// `Cookie`.
///
/// ```no_run
/// # use bowline::{adapter::blocking, client::Request, Config};
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let request = Request::from_uri("wss://example.com/chat")?
///     .protocol("chat.v2")?
///     .header("Authorization", "Bearer 123")?;
/// let (socket, response) = blocking::connect_with(request, Config::default())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`connect`].
pub fn connect_with(
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    if !request.is_secure() {
        return open(request, config.into(), |stream, _, _| Ok(ClientStream::plain(stream)));
    }
    #[cfg(feature = "rustls")]
    match crate::adapter::tls::platform() {
        Ok(tls) => connect_tls(request, config, tls),
        Err(error) => Err(ConnectError::tls(&request, None, error).into()),
    }
    #[cfg(not(feature = "rustls"))]
    Err(ConnectError::no_tls(
        &request,
        "wss:// needs the feature `rustls`, or a TLS stream that is passed to bowline::adapter::blocking::client_handshake",
    )
    .into())
}

/// Connects as [`connect_with`] does, with a TLS configuration of your own.
///
/// Use it for other root certificates, such as those of the crate `webpki-roots` where the platform has none, for a client
/// certificate, or for another cryptography provider:
///
/// ```no_run
/// # use bowline::{adapter::blocking::{self, rustls}, client::Request, Config};
/// # use std::sync::Arc;
/// # fn run(own_roots: rustls::RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
/// let provider = Arc::new(rustls::crypto::ring::default_provider());
/// let tls = rustls::ClientConfig::builder_with_provider(provider)
///     .with_safe_default_protocol_versions()?
///     .with_root_certificates(own_roots)
///     .with_no_client_auth();
/// let request = Request::from_uri("wss://intranet.example/")?;
/// let (socket, response) = blocking::connect_tls(request, Config::default(), tls)?;
/// # Ok(())
/// # }
/// ```
///
/// With a `ws://` URI, TLS is not used.
///
/// # Errors
///
/// As for [`connect`].
#[doc(alias("client_tls_with_config", "TLS", "wss"))]
#[cfg(feature = "rustls")]
pub fn connect_tls(
    request: Request,
    config: impl Into<Arc<Config>>,
    tls: impl Into<Arc<super::rustls::ClientConfig>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let (is_secure, config, tls) = (request.is_secure(), config.into(), tls.into());
    let deadline = config.deadlines.handshake;
    open(request, config, |stream, host, begun| {
        if !is_secure {
            return Ok(ClientStream::plain(stream));
        }
        super::tls::TlsStream::client(stream, host, tls, begun, deadline).map(ClientStream::tls)
    })
}

/// Makes all stages within one deadline: TCP, `secure` for TLS, and the opening handshake.
fn open(
    request: Request,
    config: Arc<Config>,
    secure: impl FnOnce(TcpStream, &str, Instant) -> io::Result<ClientStream>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let begun = Instant::now();
    let stream = dial(&request, begun, config.deadlines.handshake)?;
    let address = stream.peer_addr().ok();
    let stream = secure(stream, request.host(), begun).map_err(|error| ConnectError::tls(&request, address, error))?;
    #[cfg(feature = "rustls")]
    let asked = request.clone();
    let opened = client_since(begun, stream, request, config);
    #[cfg(feature = "rustls")]
    let opened = opened.map_err(|error| crate::adapter::tls::opening_error(&asked, address, error));
    opened
}
