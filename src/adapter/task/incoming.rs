//! The server's side of the opening handshake: the request with its stream, and how it is received.

use super::{
    Tokio, WebSocket,
    clock::Clock,
    handshake::Opening,
    runtime::{Io, Runtime},
};
use crate::{
    Config, Connection,
    adapter::{error::Error, opening},
    server::{Accept, Handshake, PlainRequest, Refusal, Request},
};
use alloc::{boxed::Box, sync::Arc};
use core::{fmt, future::Future};

/// Waits for an opening handshake, and lets `decide` accept or refuse it.
pub(in crate::adapter) fn accept_with<S, T: Io<S>>(
    stream: S,
    config: Arc<Config>,
    timer: T,
    decide: impl FnOnce(Request) -> Result<Connection, Refusal>,
) -> impl Future<Output = Result<WebSocket<S, T>, Error>> {
    // In a box: a future is as large as the largest that it awaits, and the task would keep the size of the handshake to its end.
    Box::pin(async move { receive_request(stream, config, timer).await?.decide(decide).await })
}

/// Waits for an opening handshake, and refuses plain HTTP requests.
pub(in crate::adapter) async fn receive_request<S, T: Io<S>>(
    stream: S,
    config: Arc<Config>,
    timer: T,
) -> Result<Incoming<S, Request, T>, Error> {
    match receive_any_request(stream, config, timer).await? {
        AnyIncoming::WebSocket(incoming) => Ok(incoming),
        AnyIncoming::Http(Incoming { request, opening }) => Err(opening.refuse(request.into_refusal()).await),
    }
}

/// Waits for an opening handshake or a plain HTTP request.
pub(in crate::adapter) async fn receive_any_request<S, T: Io<S>>(
    stream: S,
    config: Arc<Config>,
    timer: T,
) -> Result<AnyIncoming<S, T>, Error> {
    let mut opening = Opening::new(stream, Clock::starting(timer));
    match opening.run(&mut Handshake::new(config)).await? {
        Ok(opening::Request::WebSocket(request)) => Ok(AnyIncoming::WebSocket(Incoming { request, opening })),
        Ok(opening::Request::Http(request)) => Ok(AnyIncoming::Http(Incoming { request, opening })),
        Err(refusal) => Err(opening.refuse(refusal).await),
    }
}

/// A client's opening handshake or plain HTTP request, as `receive_any_request` of an adapter returns it.
///
/// The client waits for an answer. Dropping it drops the stream without one.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub enum AnyIncoming<S, T = Tokio> {
    /// An opening handshake: accept or refuse it.
    WebSocket(Incoming<S, Request, T>),
    /// A request without `Upgrade: websocket`: [`respond`](Incoming::respond) to it.
    Http(Incoming<S, PlainRequest, T>),
}

/// A client's request together with its stream, to be accepted or refused: `receive_request` of an adapter returns it.
///
/// `R` is [`Request`] for an opening handshake, and [`PlainRequest`] for a request that does not ask for WebSocket. The client
/// waits for an answer, and no deadline runs meanwhile. Dropping it drops the stream without an answer. `T` is the runtime, as for
/// [`WebSocket`].
#[must_use = "the client waits for an answer"]
pub struct Incoming<S, R = Request, T = Tokio> {
    request: R,
    opening: Opening<S, T>,
}

impl<S, R, T> Incoming<S, R, T> {
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

impl<S, T: Runtime<S>> Incoming<S, Request, T> {
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
    pub async fn accept(self, accept: &Accept) -> Result<WebSocket<S, T>, Error> {
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
    ) -> Result<WebSocket<S, T>, Error> {
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

impl<S, T: Runtime<S>> Incoming<S, PlainRequest, T> {
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

impl<S, R: fmt::Debug, T> fmt::Debug for Incoming<S, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}
