//! Clients that connect by a URI.

use super::{
    ClientStream, ConnectError, Error, WebSocket,
    dial::{dial, with_deadline},
    handshake::client_handshake_since,
};
use crate::{
    Config,
    client::{Request, Response},
};
use ::tokio::{net::TcpStream, time::Instant};
use alloc::{boxed::Box, sync::Arc};

/// Connects to a `ws://` URI over TCP, or to a `wss://` URI over TLS, and makes the opening handshake.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, Config};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut socket, _response) = ws::connect("ws://127.0.0.1:9001/", Config::default()).await?;
/// socket.send("Hello").await?;
/// println!("{:?}", socket.recv().await?);
/// # Ok(())
/// # }
/// ```
///
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds the DNS lookup, TCP, TLS and the opening handshake together. Several
/// addresses of a host are attempted as browsers do, each 250 ms after the one before (Happy Eyeballs, RFC 8305). `TCP_NODELAY` is
/// set.
///
/// `wss://` needs the feature `rustls`. The server's certificate is checked by the platform's verifier, with the roots that the
/// platform trusts. For another TLS configuration use `connect_tls`; for another TLS library, or a proxy, pass a stream to
/// [`client_handshake`](super::client_handshake).
///
/// # Errors
///
/// [`Error::Request`] if the URI is not valid. [`Error::Connect`] if the DNS lookup, TCP or TLS failed. [`Error::Handshake`] if the
/// server does not agree, or not in time. [`Error::Io`] if the stream failed during the opening handshake.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future closes the stream.
pub async fn connect(uri: &str, config: impl Into<Arc<Config>>) -> Result<(WebSocket<ClientStream>, Response), Error> {
    connect_with(Request::from_uri(uri)?, config).await
}

/// Connects as [`connect`] does, with a request that may offer subprotocols and have further header fields, such as a cookie.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, client::Request, Config};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let request = Request::from_uri("wss://example.com/chat")?
///     .protocol("chat.v2")?
///     .header("Authorization", "Bearer 123")?;
/// let (socket, response) = ws::connect_with(request, Config::default()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`connect`].
///
/// # Cancel safety
///
/// As for [`connect`].
pub async fn connect_with(
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    if !request.is_secure() {
        return open(request, config, async |stream, _| Ok(ClientStream::plain(stream))).await;
    }
    #[cfg(feature = "rustls")]
    match crate::adapter::tls::platform() {
        Ok(tls) => connect_tls(request, config, tls).await,
        Err(error) => Err(ConnectError::tls(&request, None, error).into()),
    }
    #[cfg(not(feature = "rustls"))]
    return Err(ConnectError::no_tls(
        &request,
        "wss:// needs the feature `rustls`, or a TLS stream that is passed to bowline::adapter::tokio::client_handshake",
    )
    .into());
}

/// Connects as [`connect_with`] does, with another TLS configuration: other roots, such as those of `webpki-roots`
/// where the platform has none, a client certificate, or another provider of cryptography.
///
/// ```no_run
/// # use bowline::{adapter::tokio::{self as ws, rustls}, client::Request, Config};
/// # use std::sync::Arc;
/// # async fn run(own_roots: rustls::RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
/// let provider = Arc::new(rustls::crypto::ring::default_provider());
/// let tls = rustls::ClientConfig::builder_with_provider(provider)
///     .with_safe_default_protocol_versions()?
///     .with_root_certificates(own_roots)
///     .with_no_client_auth();
/// let request = Request::from_uri("wss://intranet.example/")?;
/// let (socket, response) = ws::connect_tls(request, Config::default(), tls).await?;
/// # Ok(())
/// # }
/// ```
///
/// With a `ws://` URI, TLS is not used.
///
/// # Errors
///
/// As for [`connect`].
///
/// # Cancel safety
///
/// As for [`connect`].
#[cfg(feature = "rustls")]
pub async fn connect_tls(
    request: Request,
    config: impl Into<Arc<Config>>,
    tls: impl Into<Arc<super::rustls::ClientConfig>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let (is_secure, tls) = (request.is_secure(), tls.into());
    open(request, config, async |stream, host| {
        if is_secure { super::tls::client(stream, host, tls).await } else { Ok(ClientStream::plain(stream)) }
    })
    .await
}

/// All stages within one deadline, in a box, so that the task of a connection does not stay as large as this was.
async fn open(
    request: Request,
    config: impl Into<Arc<Config>>,
    secure: impl AsyncFnOnce(TcpStream, &str) -> std::io::Result<ClientStream>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let (begun, config) = (Instant::now(), config.into());
    let opened = Box::pin(async {
        // A deadline beyond what `Instant` can represent never expires.
        let due = config.deadlines.handshake.and_then(|deadline| begun.checked_add(deadline));
        let stream = dial(&request, due).await?;
        let address = stream.peer_addr().ok();
        let secured = with_deadline(due, secure(stream, request.host())).await;
        let stream = secured.map_err(|error| ConnectError::tls(&request, address, error))?;
        client_handshake_since(begun, stream, request, config).await
    });
    opened.await
}
