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
use core::fmt;

/// Waits for a client's opening handshake (RFC 6455 §4.2), and accepts it.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), ws::Error> {
/// let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
/// socket.send("welcome").await
/// # }
/// ```
///
/// To look at the request first, use [`accept_with`] or [`receive_request`]. To answer plain HTTP requests, such as health checks,
/// use [`receive_any_request`].
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule, if it is a plain HTTP request, if its Origin is refused, or if it is not
/// complete within [`Deadlines::handshake`](crate::Deadlines::handshake); the client has been sent the status for it. [`Error::Io`] if the stream
/// failed.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future closes the stream.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    accept_with(stream, config, |request| request.accept(accept)).await
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it.
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
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused; the client has been sent the answer.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future closes the stream.
pub async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(Request) -> Result<Connection, Refusal>,
) -> Result<WebSocket<S>, Error> {
    // In a box, so that the task of a connection does not stay as large as its handshake was.
    let opened = Box::pin(async move { receive_request(stream, config).await?.decide(decide).await });
    opened.await
}

/// Waits for a client's opening handshake, to be accepted or refused later.
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
/// As for [`accept()`].
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future closes the stream.
pub async fn receive_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
) -> Result<Incoming<S>, Error> {
    match receive_any_request(stream, config).await? {
        AnyIncoming::WebSocket(incoming) => Ok(incoming),
        AnyIncoming::Http(Incoming { request, opening }) => Err(opening.refuse(request.into_refusal()).await),
    }
}

/// Waits for a client's opening handshake or plain HTTP request, and returns it to be answered later.
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
/// As for [`accept()`], except that a plain HTTP request is not an error.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future closes the stream.
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

/// A client that waits for the answer to its opening handshake or to its plain HTTP request: see [`receive_any_request`]. Dropping
/// it closes the stream.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub enum AnyIncoming<S> {
    /// An opening handshake: accept or refuse it.
    WebSocket(Incoming<S>),
    /// A request without `Upgrade: websocket`: [`respond`](Incoming::respond) to it.
    Http(Incoming<S, PlainRequest>),
}

/// A client that waits for the answer to its request: see [`receive_request`]. Dropping it closes the stream.
///
/// `R` is the request: [`Request`], or [`PlainRequest`] if it does not ask for WebSocket.
#[must_use = "the client waits for an answer"]
pub struct Incoming<S, R = Request> {
    request: R,
    opening: Opening<S>,
}

impl<S, R> Incoming<S, R> {
    /// The request, to decide by its path, its header fields, its Origin or the subprotocols that it offers.
    #[must_use]
    pub fn request(&self) -> &R {
        &self.request
    }

    /// The stream, for example to decide by the peer's address.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.opening.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S> {
    /// Accepts the request, and opens the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] if `accept` does not allow the request, because of its Origin for example; the client has been sent the
    /// status for it. [`Error::Io`] if the stream failed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future closes the stream.
    pub async fn accept(self, accept: &Accept) -> Result<WebSocket<S>, Error> {
        self.decide(|request| request.accept(accept)).await
    }

    /// Refuses the request with an HTTP status such as 403, and with a text for the body of the answer.
    ///
    /// It returns when the client has received the answer and closed its half of the stream, or after a second. To add header
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
    /// Not cancel-safe: dropping the future closes the stream, and the answer may be lost.
    pub async fn refuse(self, status: u16, body: impl AsRef<[u8]>) {
        self.opening.deliver(self.request.refuse(status, body)).await;
    }

    /// Accepts or refuses the request as `decide` does.
    ///
    /// ```no_run
    /// # use bowline::{adapter::tokio as ws, server::Accept, Config};
    /// # async fn serve(incoming: ws::Incoming<tokio::net::TcpStream>) -> Result<(), ws::Error> {
    /// let is_local = incoming.get_ref().peer_addr()?.ip().is_loopback();
    /// let mut socket = incoming
    ///     .decide(|request| {
    ///         if is_local { request.accept(&Accept::any_origin()) } else { Err(request.refuse(403, "From here only.")) }
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`accept`](Self::accept), and [`Error::Refused`] if `decide` refused; the client has been sent the answer.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future closes the stream.
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
    /// Answers a plain HTTP request as `respond` does: with [`PlainRequest::respond`], or with [`PlainRequest::into_refusal`].
    ///
    /// It returns when the client has received the answer and closed its half of the stream, or after a second.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: dropping the future closes the stream, and the answer may be lost.
    pub async fn respond(self, respond: impl FnOnce(PlainRequest) -> Refusal) {
        self.opening.deliver(respond(self.request)).await;
    }
}

impl<S, R: fmt::Debug> fmt::Debug for Incoming<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}
