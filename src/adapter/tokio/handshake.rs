//! The client's side of the opening handshake.

use super::{Tokio, WebSocket};
use crate::{
    Config,
    adapter::{
        error::Error,
        task::{self, Clock},
    },
    client::{Request, Response},
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use alloc::sync::Arc;

/// Makes the client's opening handshake (RFC 6455 §4.1) over a stream that is connected already.
///
/// Use it for streams that [`connect_using`](super::connect_using()) does not open, such as those of another TLS library. TCP, Unix
/// sockets, proxies and TLS with rustls need only `connect_using`.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, client::Request, Config};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = tokio::net::TcpStream::connect("127.0.0.1:9001").await?;
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = ws::client_handshake(stream, request, Config::default()).await?;
/// assert_eq!(response.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// The host of the URI is for the header field `Host`. The function does not resolve it or connect to it, and does not use TLS
/// for `wss://`: the stream must do so.
///
/// # Errors
///
/// - [`Error::Handshake`] if the server refused the request, broke a rule, or did not answer within
///   [`Deadlines::handshake`](crate::Deadlines::handshake).
/// - [`Error::Io`] if the stream failed.
///
/// There is no connection then, and the stream has been dropped.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future drops the stream. A part of the request may have been written, so that the stream cannot
/// be used again, even if it was passed as `&mut`.
#[doc(alias("client_async", "client_async_with_config", "tunnel"))]
pub async fn client_handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, Response), Error> {
    client_handshake_since(Instant::now(), stream, request, config).await
}

/// Makes the handshake with a deadline that counts from `begun`, when connecting began.
pub(super) async fn client_handshake_since<S: AsyncRead + AsyncWrite + Unpin>(
    begun: Instant,
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, Response), Error> {
    let clock = Clock::since(begun.into_std(), Tokio::default());
    task::client_handshake(clock, stream, request, config.into()).await
}
