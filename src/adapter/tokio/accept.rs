//! The server's side of the opening handshake.

use super::{AnyIncoming, Incoming, Tokio, WebSocket};
use crate::{
    Config, Connection,
    adapter::{error::Error, task},
    server::{Accept, Refusal, Request},
};
use ::tokio::io::{AsyncRead, AsyncWrite};
use alloc::sync::Arc;
use core::future::Future;

/// Waits for a client's opening handshake (RFC 6455 §4.2), and accepts it if `accept` allows it.
///
/// Call it in the task of the connection, not in the loop that accepts TCP connections: a slow client may take as long as
/// [`Deadlines::handshake`](crate::Deadlines::handshake).
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), ws::Error> {
/// let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
/// socket.send("welcome").await
/// # }
/// ```
///
/// To choose by the path or a cookie, use [`accept_with`]. To wait for something before you decide, use [`receive_request`]. To
/// answer plain HTTP requests, such as health checks, use [`receive_any_request`].
///
/// # Errors
///
/// - [`Error::Handshake`] if the request breaks a rule, is a plain HTTP request, is not allowed by `accept` (its Origin, for
///   example), or is incomplete at the handshake deadline or at the end of the stream. The client was sent a response with the
///   status of the error.
/// - [`Error::Io`] if the stream failed, [`Error::Closed`] if the client did not read the response before a deadline expired.
///
/// There is no connection then, and the stream has been dropped.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future drops the stream, and what was read from it. It needs no timeout around it, since
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds the wait for the request.
#[doc(alias("accept_async", "accept_async_with_config"))]
pub fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    accept_with(stream, config, |request| request.accept(accept))
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it, for example by its path.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), ws::Error> {
/// let socket = ws::accept_with(stream, Config::default(), |request| match request.path() {
///     "/chat" => request.accept(&Accept::same_origin().protocols(["chat.v2", "chat.v1"])),
///     _ => Err(request.refuse(404, "There is nothing here.")),
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
///
/// If the decision has to wait for something, such as a database, use [`receive_request`].
///
/// # Errors
///
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused the request: the client was sent that response, and the stream
/// has been dropped.
///
/// # Cancel safety
///
/// As for [`accept()`].
#[doc(alias("accept_hdr", "accept_hdr_async"))]
pub fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(Request) -> Result<Connection, Refusal>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    task::accept_with(stream, config.into(), Tokio::default(), decide)
}

/// Waits for a client's opening handshake, and returns the request, to be accepted or refused later.
///
/// Use it if the answer depends on the stream, such as the peer's address, or has to wait for something, such as a database:
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn is_known(cookie: Option<&[u8]>) -> bool { cookie.is_some() }
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), ws::Error> {
/// let incoming = ws::receive_request(stream, Config::default()).await?;
/// if !is_known(incoming.request().header("Cookie")).await {
///     incoming.refuse(403, "Please log in first.").await;
///     return Ok(());
/// }
/// let mut socket = incoming.accept(&Accept::same_origin()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], except that the Origin is not checked yet.
///
/// # Cancel safety
///
/// As for [`accept()`].
pub async fn receive_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
) -> Result<Incoming<S>, Error> {
    task::receive_request(stream, config.into(), Tokio::default()).await
}

/// Waits for a client's opening handshake or plain HTTP request, and returns it, to be answered later.
///
/// Use it to answer a health check, or to deliver a page, on the port of a WebSocket server:
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), ws::Error> {
/// match ws::receive_any_request(stream, Config::default()).await? {
///     ws::AnyIncoming::WebSocket(incoming) => {
///         let mut socket = incoming.accept(&Accept::same_origin()).await?;
///         socket.send("Hello").await?;
///     }
///     ws::AnyIncoming::Http(incoming) => {
///         let answer = incoming.respond(|request| match request.path() {
///             "/health" => request.respond(200, "ok\n"),
///             _ => request.into_refusal(),
///         });
///         answer.await;
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], except that a plain HTTP request is not an error, and that the Origin is not checked yet.
///
/// # Cancel safety
///
/// As for [`accept()`].
pub async fn receive_any_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
) -> Result<AnyIncoming<S>, Error> {
    task::receive_any_request(stream, config.into(), Tokio::default()).await
}
