//! The server's opening handshake for HTTP libraries that read the request and send the response.

use super::{Accept, Request, refusal, response};
use crate::{
    Config, Connection, HandshakeError,
    handshake::{http1::fields::Fields, http1::http_crate, http1::shown},
};
use alloc::{sync::Arc, vec::Vec};
use http::{HeaderValue, Response, StatusCode, Version, header};

/// Accepts a client's opening handshake that an HTTP library such as hyper or axum has read. It needs the feature `http`.
///
/// Send the returned response through the library. Then use the connection on the stream that the library returns. The connection
/// itself does not write the response. Bytes that the client sent behind its request are in that stream, or the library returns
/// them separately: pass those to [`Connection::receive`].
///
/// The rules and the response are those of [`Handshake`](super::Handshake). Limits and deadlines for the head are those of the
/// library: [`Limits::head_bytes`](crate::Limits::head_bytes), [`Limits::head_fields`](crate::Limits::head_fields) and
/// [`Deadlines::handshake`](crate::Deadlines::handshake) have no effect.
///
/// To inspect the request before you accept it, use [`Upgrade`]. Over HTTP/2 and HTTP/3, use [`extended_connect`].
///
/// ```
/// use bowline::{Config, Connection, server};
/// use std::sync::Arc;
///
/// fn serve<B>(request: &http::Request<B>, config: impl Into<Arc<Config>>) -> http::Response<String> {
///     match server::upgrade(request, &server::Accept::same_origin(), config) {
///         Ok((response, connection)) => {
///             // In a task: wait for the stream, with hyper by `hyper::upgrade::on(request).await`, and use `connection` on it.
///             response.map(|()| String::new())
///         }
///         Err(refusal) => refusal.map(|error| format!("{error}\n")),
///     }
/// }
/// # let request = http::Request::new(());
/// # assert_eq!(serve(&request, Config::default()).status(), 400);
/// ```
///
/// With hyper and [`adapter::tokio`](crate::adapter), the stream is `TokioIo::new(hyper::upgrade::on(request).await?)`. It
/// contains the early bytes, so `WebSocket::new(stream, connection)` is the only step that remains. `hyper-echo.rs` in
/// `examples/http/src` is a complete server. For axum, the package `bowline-axum` has an extractor.
///
/// # Errors
///
/// The response to send, if the request broke a rule, or if `accept` refuses it. There is no connection. The body of the response
/// is the error: convert it with [`Response::map`] into a body of the HTTP library. The response has all header fields that it
/// needs, and the library decides whether the stream is used for another request.
#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
pub fn upgrade<B>(
    request: &http::Request<B>,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
    Upgrade::new(request, config)?.accept(accept)
}

/// Accepts a client's opening handshake over HTTP/2 or HTTP/3: an extended CONNECT request (RFC 8441, RFC 9220). It is
/// [`upgrade`] with the rules of those versions, and needs the feature `http`.
///
/// The stream of the request takes the place of the TCP connection.
///
/// - Configure the library to announce `SETTINGS_ENABLE_CONNECT_PROTOCOL`. Clients must not send such a request without it
///   (RFC 8441 §3).
/// - `protocol` is the pseudo-header field `:protocol`. HTTP libraries store it in [`http::Request::extensions`], for example as
///   `hyper::ext::Protocol` or `h2::ext::Protocol`, which have a method `as_str`.
/// - Host and path come from the URI of the request, where libraries store `:scheme`, `:authority` and `:path`.
/// - If you drive the connection yourself: when [`Connection::should_shutdown`] is true, send `END_STREAM`. Report a received
///   `END_STREAM` with [`Connection::receive_eof`], and a stream that is reset, with CANCEL or another code, with
///   [`Connection::transport_failed`] (RFC 8441 §5).
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
/// As for [`upgrade`]. The status is 501 if there is no `protocol`, which asks for a tunnel to another host, or if it is not
/// `websocket` (RFC 9220 §3). A server that supports other protocols checks `protocol` before it calls this function.
#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
pub fn extended_connect<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    accept: &Accept,
    config: impl Into<Arc<Config>>,
) -> Result<(Response<()>, Connection), Response<HandshakeError>> {
    Upgrade::from_connect(request, protocol, config)?.accept(accept)
}

/// A client's valid opening handshake that an HTTP library has read. Use it to inspect the request, and then to
/// [`accept`](Self::accept) it or to send any other response. It needs the feature `http`.
///
/// If the decision does not depend on the request, [`upgrade`] and [`extended_connect`] are shorter.
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

/// The form of the handshake, which depends on the version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// An upgrade of HTTP/1.1.
    Upgrade,
    /// An extended CONNECT request of HTTP/2 or HTTP/3.
    Connect,
}

#[expect(clippy::result_large_err, reason = "an answer is what both sides of the result are")]
impl Upgrade {
    /// Checks a request of HTTP/1.1: see [`upgrade`]. It borrows the request, so that the library can still use it.
    ///
    /// # Errors
    ///
    /// The response to send, if the request breaks a rule.
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
            _ => Err(HandshakeError::HttpVersion(shown::first_line(fields.first_line()))),
        };
        Form::Upgrade.conclude(checked)
    }

    /// Checks an extended CONNECT request of HTTP/2 or HTTP/3: see [`extended_connect`].
    ///
    /// # Errors
    ///
    /// The response to send, if the request breaks a rule.
    pub fn from_connect<B>(
        request: &http::Request<B>,
        protocol: Option<&str>,
        config: impl Into<Arc<Config>>,
    ) -> Result<Self, Response<HandshakeError>> {
        let (line, fields) = Fields::of_request_message(request);
        Form::Connect.conclude(Request::check_connect(&line, protocol, fields, config.into()))
    }

    /// Returns the request, to decide by its path, its origin, its cookies, or the subprotocols that the client offers.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Replaces the configuration, for a server that chooses it by the request: smaller messages for guests, for example, or
    /// compression for one path only.
    ///
    /// ```
    /// use bowline::{Config, server::Upgrade};
    ///
    /// fn choose(upgrade: &mut Upgrade) {
    ///     if upgrade.request().cookie("session").is_none() {
    ///         upgrade.set_config(Config::default().with(|config| config.limits.message = 1024));
    ///     }
    /// }
    /// ```
    pub fn set_config(&mut self, config: impl Into<Arc<Config>>) {
        self.request.config = config.into();
    }

    /// Opens the connection, and returns the response to send. Convert its body to the type of the HTTP library with
    /// [`Response::map`].
    ///
    /// # Errors
    ///
    /// The response to send, if `accept` does not allow the client's origin (status 403), or if the client does not offer the
    /// subprotocol that `accept` requires (status 400). There is no connection.
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
            // The library sends the response, so the connection begins with no output.
            Vec::new()
        });
        Ok((
            response,
            match form {
                Form::Upgrade => connection,
                Form::Connect => connection.over_multiplexed_stream(),
            },
        ))
    }
}

/// For a driver that has read the request with a [`Handshake`](super::Handshake), and sends the response itself: `accept` returns it
/// as a message of the crate `http`, to which header fields can be added.
///
/// ```
/// use bowline::{Config, Input, server::{Accept, Handshake, Progress, Upgrade}};
///
/// let mut bytes = *b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
/// let Progress::Request(request) = progress else { panic!() };
/// let (response, _connection) = Upgrade::from(request).accept(&Accept::same_origin()).unwrap();
/// assert_eq!(response.headers()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
impl From<Request> for Upgrade {
    fn from(request: Request) -> Self {
        let form = if request.key.is_some() { Form::Upgrade } else { Form::Connect };
        Self { request, form }
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

    /// Creates the response with the fields of a [`Refusal`](super::Refusal), except for those about the transport, which the
    /// HTTP library writes.
    fn refuse(self, error: HandshakeError) -> Response<HandshakeError> {
        let (status, allowed) = match (self, error.status()) {
            (Self::Upgrade, status) => (status, "GET"),
            // 426 requires an Upgrade field (RFC 9110 §15.5.22), which HTTP/2 does not allow (RFC 9113 §8.2.2).
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
