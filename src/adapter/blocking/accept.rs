//! The server's side of the opening handshake.

use super::{Error, Transport, WebSocket, handshake::Opening};
use crate::{
    Config, Connection,
    adapter::opening,
    server::{Accept, Handshake, PlainRequest, Refusal, Request},
};
use alloc::sync::Arc;
use core::fmt;
use std::time::Instant;

/// Waits for a client's opening handshake (RFC 6455 §4.2), and accepts it if `accept` allows it.
///
/// Call it in the thread of the connection, not in the loop that accepts TCP connections: it waits for a slow client, at most
/// [`Deadlines::handshake`](crate::Deadlines::handshake).
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let mut socket = blocking::accept(stream, &Accept::same_origin(), Config::default())?;
/// socket.send("Hello")?;
/// # Ok(())
/// # }
/// ```
///
/// To choose by the path or a cookie, use [`accept_with`]. To look at the peer's address before you decide, use
/// [`receive_request`]. To answer plain HTTP requests, such as health checks, use [`receive_any_request`].
///
/// # Errors
///
/// - [`Error::Handshake`] if the request breaks a rule, is a plain HTTP request, is not allowed by `accept` (its Origin, for
///   example), or is incomplete at the handshake deadline or at the end of the stream. The client was sent a response with the
///   status of the error.
/// - [`Error::Io`] if the stream failed, or if it is in non-blocking mode. [`Error::Closed`] if the client did not read the
///   response before a deadline expired.
///
/// There is no connection then, and the stream has been dropped.
pub fn accept<S: Transport>(stream: S, accept: &Accept, config: impl Into<Arc<Config>>) -> Result<WebSocket<S>, Error> {
    receive_request(stream, config)?.accept(accept)
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it, for example by its path.
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let socket = blocking::accept_with(stream, Config::default(), |request| match request.path() {
///     "/chat" => request.accept(&Accept::same_origin()),
///     _ => Err(request.refuse(404, "Not found.\n")),
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused the request: the client was sent that response, and the stream
/// has been dropped.
#[doc(alias("accept_hdr"))]
pub fn accept_with<S: Transport>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(Request) -> Result<Connection, Refusal>,
) -> Result<WebSocket<S>, Error> {
    receive_request(stream, config)?.decide(decide)
}

/// Waits for a client's opening handshake, and returns the request, to be accepted or refused later.
///
/// Use it instead of [`accept_with`] if the answer depends on the stream, such as the peer's address, or takes some time:
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn is_known(cookie: Option<&[u8]>) -> bool { cookie.is_some() }
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let incoming = blocking::receive_request(stream, Config::default())?;
/// let address = incoming.get_ref().peer_addr()?;
/// if !is_known(incoming.request().header("Cookie")) {
///     println!("refused: {address}");
///     incoming.refuse(403, "Please log in first.\n");
///     return Ok(());
/// }
/// let mut socket = incoming.accept(&Accept::same_origin())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], except that the Origin is not checked yet.
pub fn receive_request<S: Transport>(stream: S, config: impl Into<Arc<Config>>) -> Result<Incoming<S>, Error> {
    match receive_any_request(stream, config)? {
        AnyIncoming::WebSocket(incoming) => Ok(incoming),
        AnyIncoming::Http(Incoming { request, opening }) => Err(opening.refuse(request.into_refusal())),
    }
}

/// Waits for a client's opening handshake or plain HTTP request, and returns it, to be answered later.
///
/// Use it to answer a health check, or to deliver a page, on the port of a WebSocket server:
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// use bowline::adapter::blocking::AnyIncoming;
///
/// match blocking::receive_any_request(stream, Config::default())? {
///     AnyIncoming::WebSocket(incoming) => {
///         let mut socket = incoming.accept(&Accept::same_origin())?;
///         socket.send("Hello")?;
///     }
///     AnyIncoming::Http(incoming) => incoming.respond(|request| match request.path() {
///         "/health" => request.respond(200, "ok\n"),
///         _ => request.into_refusal(),
///     }),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], except that a plain HTTP request is not an error, and that the Origin is not checked yet.
pub fn receive_any_request<S: Transport>(stream: S, config: impl Into<Arc<Config>>) -> Result<AnyIncoming<S>, Error> {
    let mut opening = Opening::since(Instant::now(), stream);
    match opening.run(&mut Handshake::new(config))? {
        Ok(opening::Request::WebSocket(request)) => Ok(AnyIncoming::WebSocket(Incoming { request, opening })),
        Ok(opening::Request::Http(request)) => Ok(AnyIncoming::Http(Incoming { request, opening })),
        Err(refusal) => Err(opening.refuse(refusal)),
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
    pub const fn request(&self) -> &R {
        &self.request
    }

    /// Returns the stream, for example to decide by the peer's address.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.opening.stream
    }
}

impl<S: Transport> Incoming<S> {
    /// Accepts the request if `accept` allows it, writes the response, and returns the open connection.
    ///
    /// # Errors
    ///
    /// - [`Error::Handshake`] if `accept` does not allow the request, for example because of its Origin. The client was sent a
    ///   response with the status of the error.
    /// - [`Error::Io`] if the stream failed, [`Error::Closed`] if the client did not read the response before a deadline expired.
    ///
    /// There is no connection then, and the stream has been dropped.
    pub fn accept(self, accept: &Accept) -> Result<WebSocket<S>, Error> {
        self.decide(|request| request.accept(accept))
    }

    /// Refuses the request with an HTTP status such as 403, and with `body` as the body of the response. There is an example at
    /// [`receive_request`].
    ///
    /// It returns when the client has received the response and closed its half of the stream, or after a second. To add header
    /// fields, use [`decide`](Self::decide).
    pub fn refuse(self, status: u16, body: impl AsRef<[u8]>) {
        let Self { request, opening } = self;
        opening.deliver(request.refuse(status, body));
    }

    /// Lets `decide` accept or refuse the request, and writes the response.
    ///
    /// Use it to refuse with header fields of your own, or to choose an [`Accept`] by the request:
    ///
    /// ```no_run
    /// # use bowline::{adapter::{Error, blocking::{Incoming, WebSocket}}, server::Accept};
    /// # use std::net::TcpStream;
    /// fn limited(incoming: Incoming<TcpStream>, is_full: bool) -> Result<WebSocket<TcpStream>, Error> {
    ///     incoming.decide(|request| {
    ///         if !is_full {
    ///             return request.accept(&Accept::same_origin());
    ///         }
    ///         let refusal = request.refuse(503, "Too many connections.\n");
    ///         Err(refusal.header("Retry-After", "10").expect("a valid header field"))
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`accept`](Self::accept), and [`Error::Refused`] if `decide` refused the request: the client was sent that
    /// response, and the stream has been dropped.
    pub fn decide(self, decide: impl FnOnce(Request) -> Result<Connection, Refusal>) -> Result<WebSocket<S>, Error> {
        let Self { request, opening } = self;
        match decide(request) {
            Ok(connection) => {
                let mut socket = opening.into_socket(connection);
                socket.flush()?;
                Ok(socket)
            }
            Err(refusal) => Err(opening.refuse(refusal)),
        }
    }
}

impl<S: Transport> Incoming<S, PlainRequest> {
    /// Answers a plain HTTP request with the response that `respond` returns: that of [`PlainRequest::respond`] or of
    /// [`PlainRequest::into_refusal`]. There is an example at [`receive_any_request`].
    ///
    /// It returns when the client has received the response and closed its half of the stream, or after a second.
    pub fn respond(self, respond: impl FnOnce(PlainRequest) -> Refusal) {
        self.opening.deliver(respond(self.request));
    }
}

impl<S, R: fmt::Debug> fmt::Debug for Incoming<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}
