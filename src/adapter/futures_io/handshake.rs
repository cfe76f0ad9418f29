//! The client's side of the opening handshake.

use super::{Timer, WebSocket};
use crate::{
    Config,
    adapter::{
        error::Error,
        task::{self, Clock},
    },
    client::{Request, Response},
};
use ::futures_io::{AsyncRead, AsyncWrite};
use alloc::sync::Arc;

/// Makes the client's opening handshake (RFC 6455 §4.1) over a stream that is connected already.
///
/// ```no_run
/// # use bowline::{Config, adapter::futures_io::{self as ws, Timer}, client::Request};
/// # use futures_io::{AsyncRead, AsyncWrite};
/// # async fn run<S: AsyncRead + AsyncWrite + Unpin>(
/// #     stream: S,
/// #     timer: impl Timer,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = ws::client_handshake(stream, request, Config::default(), timer).await?;
/// assert_eq!(response.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// The host of the URI is for the header field `Host`. The function does not resolve it or connect to it, and does not use TLS
/// for `wss://`: the stream must do so. [`Deadlines::handshake`](crate::Deadlines::handshake) counts from the call.
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
#[doc(alias("client_async", "client_async_with_config", "connect", "proxy", "SOCKS", "wss"))]
pub async fn client_handshake<S: AsyncRead + AsyncWrite + Unpin, T: Timer>(
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
    timer: T,
) -> Result<(WebSocket<S, T>, Response), Error> {
    task::client_handshake(Clock::starting(timer), stream, request, config.into()).await
}
