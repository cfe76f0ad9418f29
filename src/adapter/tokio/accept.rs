//! The server's side of the opening handshake.

use super::{WebSocket, handshake::Opening};
use crate::{
    Config, Connection,
    adapter::error::Error,
    server::{Accept, Handshake, Progress, Refusal, Request},
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
/// To look at the request first, use [`accept_with`] or [`receive_request`].
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule, if its Origin is refused, or if it is not complete within
/// [`Deadlines::handshake`](crate::Deadlines::handshake); the client has been sent the status for it. [`Error::Io`] if the stream
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
    let mut opening = Opening::since(Instant::now(), stream);
    let mut handshake = Handshake::new(config);
    loop {
        let progress = opening.advance(|input| match input {
            Some(input) => handshake.receive(input),
            None => handshake.receive_eof(),
        });
        match progress {
            Progress::Request(request) => return Ok(Incoming { opening, request }),
            Progress::Refused(refusal) => return Err(opening.refuse(refusal).await),
            Progress::NotWebSocket(request) => return Err(opening.refuse(request.into_refusal()).await),
            Progress::Incomplete => {
                let wait = handshake.tick(opening.clock.timestamp(Instant::now()));
                opening.read(wait).await?;
            }
        }
    }
}

/// A client that waits for the answer to its request: see [`receive_request`]. Dropping it closes the stream.
#[must_use = "the client waits for an answer"]
pub struct Incoming<S> {
    opening: Opening<S>,
    request: Request,
}

impl<S> Incoming<S> {
    /// The request, to decide by its path, its header fields, its Origin or the subprotocols that it offers.
    pub fn request(&self) -> &Request {
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

impl<S> fmt::Debug for Incoming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}
