//! The opening handshake of requests that an HTTP library has read.

use super::{Accept, Request, refusal, response};
use crate::{
    Config, Connection, HandshakeError,
    handshake::{http1::fields::Fields, http1::grammar, http1::http_crate},
};
use alloc::{sync::Arc, vec::Vec};
use http::{HeaderValue, Response, StatusCode, Version, header};

/// Accepts a client's opening handshake that an HTTP library has read, such as hyper. It needs the feature `http`.
///
/// The rules are those of [`Handshake`](super::Handshake), and the answer is the same: send it, and then use the connection on
/// the stream that the library hands over. Nothing of it is left to be written on the connection itself. Bytes that the client
/// has sent behind its request are in that stream, or the library hands them over for [`Connection::receive`].
///
/// Limits and deadlines for the head are those of the library: [`Limits::head_bytes`](crate::Limits::head_bytes),
/// [`Limits::head_fields`](crate::Limits::head_fields) and [`Deadlines::handshake`](crate::Deadlines::handshake) have no effect.
///
/// To look at the request before it is accepted, use [`Upgrade`]. Over HTTP/2 and HTTP/3 use [`extended_connect`].
///
/// ```
/// use bowline::{Config, Connection, server};
/// use std::sync::Arc;
///
/// fn serve<B>(request: &http::Request<B>, config: impl Into<Arc<Config>>) -> http::Response<String> {
///     match server::upgrade(request, &server::Accept::same_origin(), config) {
///         Ok((response, connection)) => {
///             // Wait for the stream, and use `connection` on it: with hyper, `hyper::upgrade::on(request).await`.
///             response.map(|()| String::new())
///         }
///         Err(refusal) => refusal.map(|error| format!("{error}\n")),
///     }
/// }
/// # let request = http::Request::new(());
/// # assert_eq!(serve(&request, Config::default()).status(), 400);
/// ```
///
/// With hyper and [`adapter::tokio`](crate::adapter), the stream is `TokioIo::new(hyper::upgrade::on(request).await?)`, and it
/// contains the early bytes: `WebSocket::new(stream, connection)` is all that is left to do. `hyper-echo.rs` and
/// `axum-echo.rs` in `examples/http/src` are whole servers.
///
/// # Errors
///
/// The answer to a client that is refused. Its body is the rule that was broken; [`Response::map`] it to a body of the HTTP
/// library. It needs no other header field: whether the stream is used for another request is decided by the library.
#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
pub fn upgrade<B>(
    request: &http::Request<B>,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
    Upgrade::new(request, config)?.accept(accept)
}

/// The same as [`upgrade`] over HTTP/2 and HTTP/3: accepts an extended CONNECT request (RFC 8441, RFC 9220). The stream of
/// the request then takes the place of the TCP connection. It needs the feature `http`.
///
/// `protocol` is the pseudo-header field `:protocol`, which HTTP libraries keep in [`http::Request::extensions`]: for example
/// as `hyper::ext::Protocol` or `h2::ext::Protocol`, which have a method `as_str`. Configure the library to announce `SETTINGS_ENABLE_CONNECT_PROTOCOL`, without which no client may send such a request (RFC 8441 §3).
///
/// Host and path come from the URI of the request, where libraries put `:scheme`, `:authority` and `:path`.
///
/// The end of the stream that [`Connection::should_shutdown`](crate::Connection::should_shutdown) asks for is `END_STREAM`, and
/// so is the one to be reported to [`Connection::receive_eof`](crate::Connection::receive_eof). A stream that is reset, with
/// CANCEL or another code, is one for [`Connection::transport_failed`](crate::Connection::transport_failed) (RFC 8441 §5).
///
/// ```
/// use bowline::{Config, HandshakeError, server::{Accept, extended_connect}};
/// use http::{Method, Request, Version};
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let request = Request::builder()
///     .method(Method::CONNECT)
///     .uri("https://server.example.com/chat")
///     .version(Version::HTTP_2)
///     .header("sec-websocket-version", "13")
///     .body(())?;
/// let (response, _connection) = extended_connect(&request, Some("websocket"), &Accept::same_origin(), config.clone()).unwrap();
/// assert_eq!(response.status(), 200);
///
/// let refusal = extended_connect(&request, Some("connect-udp"), &Accept::same_origin(), config).unwrap_err();
/// assert_eq!(refusal.status(), 501);
/// assert_eq!(refusal.body(), &HandshakeError::ConnectProtocol("connect-udp".into()));
/// # Ok::<(), http::Error>(())
/// ```
///
/// # Errors
///
/// As for [`upgrade`]. A request without a `protocol` asks for a tunnel to another host, and one with another protocol
/// for something that is not supported: the status is then 501 (RFC 9220 §3). A server with more protocols than this one
/// looks at `protocol` before it calls.
#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
pub fn extended_connect<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
    Upgrade::from_connect(request, protocol, config)?.accept(accept)
}

/// A client's opening handshake that an HTTP library has read and that keeps all rules. [`accept`](Self::accept) it, or
/// answer with any other response. It needs the feature `http`.
///
/// [`upgrade`] and [`extended_connect`] are the short way, if nothing depends on the request.
///
/// ```
/// use bowline::{Config, Connection, HandshakeError, server::{Accept, Upgrade}};
/// use http::{Request, Response};
/// use std::sync::Arc;
///
/// fn serve<B>(
///     request: &Request<B>,
///     config: impl Into<Arc<Config>>,
/// ) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
///     let upgrade = Upgrade::new(request, config)?;
///     let origins = if upgrade.request().path() == "/public" { Accept::any_origin() } else { Accept::same_origin() };
///     upgrade.accept(&origins.protocols(["chat.v2", "chat.v1"]))
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Upgrade {
    request: Request,
    form: Form,
}

/// How the handshake is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With an upgrade of HTTP/1.1.
    Upgrade,
    /// With an extended CONNECT request of HTTP/2 or HTTP/3.
    Connect,
}

#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
impl Upgrade {
    /// Checks a request of HTTP/1.1: see [`upgrade`].
    ///
    /// # Errors
    ///
    /// The answer to a request that breaks a rule.
    pub fn new<B>(
        request: &http::Request<B>,
        config: impl Into<Arc<Config>>,
    ) -> Result<Self, Response<HandshakeError>> {
        let (line, fields) = Fields::of_request_message(request);
        let checked = match request.version() {
            Version::HTTP_11 => {
                let upgrade = super::rules::check_upgrade(&fields);
                Request::check(&line, fields, upgrade, &config.into())
            }
            _ => Err(HandshakeError::HttpVersion(grammar::excerpt(fields.first_line()))),
        };
        Form::Upgrade.conclude(checked)
    }

    /// Checks an extended CONNECT request of HTTP/2 or HTTP/3: see [`extended_connect`].
    ///
    /// # Errors
    ///
    /// The answer to a request that breaks a rule.
    pub fn from_connect<B>(
        request: &http::Request<B>,
        protocol: Option<&str>,
        config: impl Into<Arc<Config>>,
    ) -> Result<Self, Response<HandshakeError>> {
        let (line, fields) = Fields::of_request_message(request);
        Form::Connect.conclude(Request::check_connect(&line, protocol, fields, config.into()))
    }

    /// The request: its path, and the offers of the client.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Opens the connection. Send the response; give it the body type of the HTTP library.
    ///
    /// # Errors
    ///
    /// The answer to a client whose origin is not one that `accept` allows (status 403), or that does not offer the
    /// subprotocol that `accept` requires (status 400).
    pub fn accept(self, accept: &Accept) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
        let Self { request, form } = self;
        let protocol = accept.choose(&request).map_err(|error| form.refuse(error))?;
        let mut response = Response::new(());
        let connection = request.open(protocol, |key, extensions| {
            let mut head = Vec::new();
            match form {
                Form::Upgrade => {
                    debug_assert!(key.is_some(), "a request of HTTP/1.1 has a key");
                    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                    head = response::switching_protocols(accept, key, protocol, extensions);
                }
                Form::Connect => accept.push_fields(&mut head, protocol, extensions),
            }
            *response.headers_mut() = http_crate::to_map(&head);
            // The connection itself sends nothing first.
            Vec::new()
        });
        Ok((response, connection))
    }
}

#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
impl Form {
    fn conclude(self, checked: Result<Request, HandshakeError>) -> Result<Upgrade, Response<HandshakeError>> {
        match checked {
            Ok(request) => Ok(Upgrade { request, form: self }),
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// The fields of [`Refusal`](super::Refusal), but for those about the transport, which are for the HTTP library to write.
    fn refuse(self, error: HandshakeError) -> Response<HandshakeError> {
        let (status, allowed) = match (self, error.status()) {
            (Self::Upgrade, status) => (status, "GET"),
            // 426 comes with an Upgrade field (RFC 9110 §15.5.22), which HTTP/2 does not have (RFC 9113 §8.2.2).
            (Self::Connect, 426) => (400, "CONNECT"),
            (Self::Connect, status) => (status, "CONNECT"),
        };
        let mut headers = http_crate::to_map(&refusal::head_of(&error, status, allowed));
        headers.remove(header::CONNECTION);
        if status == 426 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        }
        let mut response = Response::new(error);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        *response.headers_mut() = headers;
        response
    }
}
