//! The server's side of the opening handshake.

use super::{WebSocket, handshake::Opening};
use crate::{
    Config, Connection,
    adapter::{error::Error, opening},
    server::{Accept, Handshake, PlainRequest, Refusal, Request},
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use alloc::{boxed::Box, sync::Arc};
use core::{fmt, future::Future};

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
    // In a box: a future is as large as the largest that it awaits, and the task would keep the size of the handshake to its end.
    Box::pin(async move { receive_request(stream, config).await?.decide(decide).await })
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
    match receive_any_request(stream, config).await? {
        AnyIncoming::WebSocket(incoming) => Ok(incoming),
        AnyIncoming::Http(Incoming { request, opening }) => Err(opening.refuse(request.into_refusal()).await),
    }
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
    let mut opening = Opening::since(Instant::now(), stream);
    match opening.run(&mut Handshake::new(config)).await? {
        Ok(opening::Request::WebSocket(request)) => Ok(AnyIncoming::WebSocket(Incoming { request, opening })),
        Ok(opening::Request::Http(request)) => Ok(AnyIncoming::Http(Incoming { request, opening })),
        Err(refusal) => Err(opening.refuse(refusal).await),
    }
}

/// A client's opening handshake or plain HTTP request, as [`receive_any_request`] returns it.
///
/// The client waits for an answer. Dropping it drops the stream without one.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub enum AnyIncoming<S> {
    /// An opening handshake: accept or refuse it.
    WebSocket(Incoming<S>),
    /// A request without `Upgrade: websocket`: [`respond`](Incoming::respond) to it.
    Http(Incoming<S, PlainRequest>),
}

/// A client's request together with its stream, to be accepted or refused: see [`receive_request`].
///
/// `R` is [`Request`] for an opening handshake, and [`PlainRequest`] for a request that does not ask for WebSocket. The client
/// waits for an answer, and no deadline runs meanwhile. Dropping it drops the stream without an answer.
#[must_use = "the client waits for an answer"]
pub struct Incoming<S, R = Request> {
    request: R,
    opening: Opening<S>,
}

impl<S, R> Incoming<S, R> {
    /// Returns the request, to decide by its path, cookies and other header fields, its Origin or the subprotocols that it
    /// offers.
    #[must_use]
    pub fn request(&self) -> &R {
        &self.request
    }

    /// Returns the stream, for example to decide by the peer's address.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.opening.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S> {
    /// Accepts the request if `accept` allows it, writes the response, and returns the open connection.
    ///
    /// # Errors
    ///
    /// - [`Error::Handshake`] if `accept` does not allow the request, for example because of its Origin. The client was sent a
    ///   response with the status of the error.
    /// - [`Error::Io`] if the stream failed, [`Error::Closed`] if the client did not read the response before a deadline expired.
    ///
    /// There is no connection then, and the stream has been dropped.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future drops the stream. The client may have received the response already.
    pub async fn accept(self, accept: &Accept) -> Result<WebSocket<S>, Error> {
        self.decide(|request| request.accept(accept)).await
    }

    /// Refuses the request with an HTTP status such as 403, and with `body` as the body of the response.
    ///
    /// It returns when the client has received the response and closed its half of the stream, or after a second. To add header
    /// fields, use [`decide`](Self::decide).
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio as ws, server::Accept};
    /// # async fn serve(incoming: ws::Incoming<tokio::net::TcpStream>) -> Result<(), ws::Error> {
    /// if incoming.request().cookie("session").is_none() {
    ///     incoming.refuse(401, "Please log in first.").await;
    ///     return Ok(());
    /// }
    /// let mut socket = incoming.accept(&Accept::same_origin()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future drops the stream, and the response may be lost.
    pub async fn refuse(self, status: u16, body: impl AsRef<[u8]>) {
        self.opening.deliver(self.request.refuse(status, body)).await;
    }

    /// Lets `decide` accept or refuse the request, and writes the response.
    ///
    /// Use it to refuse with header fields of your own, or to choose an [`Accept`] by the request:
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio as ws, server::Accept, Config};
    /// # async fn serve(incoming: ws::Incoming<tokio::net::TcpStream>) -> Result<(), ws::Error> {
    /// let is_local = incoming.get_ref().peer_addr()?.ip().is_loopback();
    /// let mut socket = incoming
    ///     .decide(|request| {
    ///         if is_local {
    ///             return request.accept(&Accept::any_origin());
    ///         }
    ///         let refusal = request.refuse(503, "Down for maintenance.");
    ///         Err(refusal.header("Retry-After", "120").expect("a valid header field"))
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`accept`](Self::accept), and [`Error::Refused`] if `decide` refused the request: the client was sent that
    /// response, and the stream has been dropped.
    ///
    /// # Cancel safety
    ///
    /// As for [`accept`](Self::accept).
    pub async fn decide(
        self,
        decide: impl FnOnce(Request) -> Result<Connection, Refusal>,
    ) -> Result<WebSocket<S>, Error> {
        match decide(self.request) {
            Ok(connection) => {
                let mut socket = self.opening.into_socket(connection);
                socket.flush().await?;
                Ok(socket)
            }
            Err(refusal) => Err(self.opening.refuse(refusal).await),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S, PlainRequest> {
    /// Answers a plain HTTP request with the response that `respond` returns: that of [`PlainRequest::respond`] or of
    /// [`PlainRequest::into_refusal`].
    ///
    /// It returns when the client has received the response and closed its half of the stream, or after a second.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio as ws, server::PlainRequest};
    /// # async fn health(incoming: ws::Incoming<tokio::net::TcpStream, PlainRequest>) {
    /// incoming.respond(|request| request.respond(200, "ok\n")).await;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future drops the stream, and the response may be lost.
    pub async fn respond(self, respond: impl FnOnce(PlainRequest) -> Refusal) {
        self.opening.deliver(respond(self.request)).await;
    }
}

impl<S, R: fmt::Debug> fmt::Debug for Incoming<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}
