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

/// Connects to a `ws://` URI over TCP, or to a `wss://` URI over TLS, and makes the opening handshake (RFC 6455 §4.1).
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
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds the DNS lookup, TCP, TLS and the opening handshake together. If
/// the host has several addresses, each is attempted 250 ms after the previous one, or as soon as one has failed, and the first
/// TCP connection is used (Happy Eyeballs, RFC 8305). `TCP_NODELAY` is set. Redirections are not followed, and proxies are not
/// used: open a tunnel through the proxy, and pass its stream to [`client_handshake`](super::client_handshake).
///
/// `wss://` needs the feature `rustls`. The platform verifies the server's certificate, with the root certificates that it
/// trusts. For another TLS configuration use `connect_tls`. For another TLS library, pass its stream to `client_handshake`.
///
/// # Errors
///
/// - [`Error::Request`] if the URI is not valid. Nothing was sent.
/// - [`Error::Connect`] if the DNS lookup, TCP or TLS failed, or did not finish before the handshake deadline.
/// - [`Error::Handshake`] if the server refused the request, broke a rule, or did not answer before the handshake deadline.
/// - [`Error::Io`] if the stream failed during the opening handshake. If it failed because of TLS, for example because the server
///   refused the client's certificate, that is [`Error::Connect`], with every version of TLS.
///
/// There is no connection then, and the stream has been dropped. Whether to try again is in the table at
/// [`Error`](Error#whether-to-try-again).
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future gives up all attempts, and drops the stream. The server may have accepted the connection
/// already, and then sees its end. A DNS lookup that has begun continues in a thread of the runtime, and its result is discarded.
#[doc(alias("connect_async", "connect_async_with_config", "wss"))]
pub async fn connect(uri: &str, config: impl Into<Arc<Config>>) -> Result<(WebSocket<ClientStream>, Response), Error> {
    connect_with(Request::from_uri(uri)?, config).await
}

/// Connects as [`connect`] does, with a request that can offer subprotocols and have header fields such as `Authorization` or
/// `Cookie`.
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

/// Connects as [`connect_with`] does, with a TLS configuration of your own.
///
/// Use it for other root certificates, such as those of the crate `webpki-roots` where the platform has none, for a client
/// certificate, or for another cryptography provider:
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
#[doc(alias("connect_async_tls_with_config", "client_async_tls", "TLS", "wss"))]
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

/// Makes all stages within one deadline.
async fn open(
    request: Request,
    config: impl Into<Arc<Config>>,
    secure: impl AsyncFnOnce(TcpStream, &str) -> std::io::Result<ClientStream>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let (begun, config) = (Instant::now(), config.into());
    // In a box: a future is as large as the largest that it awaits, and the task would keep this size to its end.
    let opened = Box::pin(async {
        // A deadline beyond what `Instant` can represent never expires.
        let due = config.deadlines.handshake.and_then(|deadline| begun.checked_add(deadline));
        let stream = dial(&request, due).await?;
        let address = stream.peer_addr().ok();
        let secured = with_deadline(due, secure(stream, request.host())).await;
        let stream = secured.map_err(|error| ConnectError::tls(&request, address, error))?;
        let opened = client_handshake_since(begun, stream, request.clone(), config).await;
        #[cfg(feature = "rustls")]
        let opened = opened.map_err(|error| crate::adapter::tls::opening_error(&request, address, error));
        opened
    });
    opened.await
}
