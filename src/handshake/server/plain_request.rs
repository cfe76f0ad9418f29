use super::{Refusal, request_head::RequestHead, rules};
use crate::{
    Config,
    handshake::{
        error::HandshakeError,
        http1::fields::{Fields, RequestLine},
        http1::grammar,
    },
};
use alloc::{borrow::Cow, string::String, sync::Arc};

/// A valid HTTP/1.1 request that does not ask for WebSocket: it has no `Upgrade: websocket`. Use it to answer a health check, or
/// to deliver a page, on the port of a WebSocket server.
///
/// Answer it with [`respond`](Self::respond), or refuse it as a failed handshake with [`into_refusal`](Self::into_refusal). The
/// adapters return such requests only from `receive_any_request`, and refuse them elsewhere.
///
/// The response ends the connection. A body of the request is not read: its beginning may be in the rest of the input. For
/// anything more, use an HTTP library and the feature `http`.
///
/// ```
/// use bowline::server::{PlainRequest, Refusal};
///
/// fn answer(request: PlainRequest) -> Refusal {
///     match (request.method(), request.path()) {
///         ("GET" | "HEAD", "/health") => request.respond(200, "ok\n"),
///         _ => request.into_refusal(),
///     }
/// }
/// # use bowline::{Config, Input, server::{Handshake, Progress}};
/// # let mut bytes = *b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// # let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
/// # let Progress::NotWebSocket(request) = progress else { panic!() };
/// # assert_eq!(answer(request).status(), 200);
/// ```
#[doc(alias("426", "health check"))]
#[derive(Debug)]
#[must_use = "the client waits for a response"]
pub struct PlainRequest {
    config: Arc<Config>,
    head: RequestHead,
    method: String,
}

impl PlainRequest {
    /// Checks a request that does not ask for WebSocket.
    pub(super) fn check(line: &RequestLine, fields: Fields, config: &Arc<Config>) -> Result<Self, HandshakeError> {
        let method = String::from(grammar::checked_str(fields.get(&line.method)));
        match RequestHead::of_http_1_1(line, fields) {
            Ok(head) => Ok(Self { config: Arc::clone(config), head, method }),
            // The method is the better explanation: others have targets of other forms, such as `OPTIONS *`.
            Err(error) => Err(rules::check_method(method.as_bytes()).err().unwrap_or(error)),
        }
    }

    /// Returns the method, such as `GET`. Methods are case-sensitive.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path without the query, as it was received. It begins with `/`, and nothing in it is decoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.path()
    }

    /// Returns the query without its `?`, as it was received. `None` if there is none.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.head.query()
    }

    /// Returns the path, and the query with its `?` if there is one, as they were received.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.head.path_and_query()
    }

    /// Returns the decoded value of a parameter in the query: see [`Request::query_param`](super::Request::query_param).
    #[must_use]
    pub fn query_param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.head.query_param(name)
    }

    /// Returns the host of the request, with the port if the client sent one, as it was received.
    #[must_use]
    pub fn host(&self) -> &str {
        self.head.host()
    }

    /// Returns the value of the first header field with this name, in any case. Values are bytes, not necessarily UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.header(name)
    }

    /// Returns all header fields in order, with upper and lower case of their names as received.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.fields.iter()
    }

    /// Returns the value of a cookie: see [`Request::cookie`](super::Request::cookie).
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.head.cookie(name)
    }

    /// Creates a response with an HTTP status from 200 to 599 and a body. Any other status is replaced by 500.
    ///
    /// `Content-Length` and `Connection: close` are set. Add a `Content-Type`, and other fields that the status needs, with
    /// [`Refusal::header`]. The body is left out of the response to a `HEAD` request, and with the statuses that have no body:
    /// 204, 205 and 304.
    ///
    /// Keep the body small: the client has at most a second to read the response (see [`Refusal::into_connection`]), and the rest
    /// is discarded. For large pages, use an HTTP library.
    pub fn respond(self, status: u16, body: impl AsRef<[u8]>) -> Refusal {
        let status = if matches!(status, 200..=599) { status } else { 500 };
        Refusal::with_status(status, body.as_ref(), self.method == "HEAD", self.config)
    }

    /// Refuses the request as a failed handshake: with status 426 (Upgrade Required), or 405 if the method is not GET. The body
    /// of the response is the text of the [`error`](Refusal::error).
    #[doc(alias("426", "Upgrade Required"))]
    pub fn into_refusal(self) -> Refusal {
        let rules = rules::check_method(self.method.as_bytes()).and_then(|()| rules::check_upgrade(&self.head.fields));
        debug_assert!(rules.is_err(), "this request would ask for WebSocket");
        Refusal::of(rules.err().unwrap_or(HandshakeError::Missing("Upgrade")), self.config)
    }
}
