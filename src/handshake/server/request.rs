#[cfg(feature = "http")]
use super::http2_rules;
use super::{Refusal, request_head::RequestHead, rules};
use crate::{
    Config,
    handshake::{
        Extension,
        error::HandshakeError,
        extensions,
        http1::field_name::FieldName,
        http1::fields::{Fields, RequestLine},
        http1::grammar,
        key::Key,
    },
};
use alloc::{borrow::Cow, sync::Arc};

/// A client's valid opening handshake, which keeps all rules of RFC 6455 §4.2.1. Decide by its path, origin, cookies or
/// subprotocols whether to [`accept`](Self::accept) or to [`refuse`](Self::refuse) it.
///
/// Where the RFC leaves a choice, the header field Upgrade may list other protocols besides `websocket`, and a key is accepted
/// also if its spare bits are not zero, as in the RFC's own example (erratum 3150). An empty `Sec-WebSocket-Extensions` or
/// `Sec-WebSocket-Protocol` is the same as none (RFC 9110 §5.6.1.2).
///
/// ```
/// use bowline::{Connection, server::{Accept, Refusal, Request}};
///
/// fn decide(request: Request) -> Result<Connection, Refusal> {
///     match request.path() {
///         "/chat" if request.cookie("session").is_none() => Err(request.refuse(401, "Log in first.")),
///         "/chat" => request.accept(&Accept::same_origin().protocols(["chat.v2", "chat.v1"])),
///         _ => Err(request.refuse(404, "There is only /chat here.")),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "the client waits for a response"]
pub struct Request {
    pub(super) config: Arc<Config>,
    head: RequestHead,
    /// `None` over HTTP/2 and HTTP/3, which do not use the field.
    pub(super) key: Option<Key>,
}

impl Request {
    /// Checks a request of HTTP/1.1. `upgrade` is the result of the check of its Upgrade field. An error in method, target or
    /// host comes first.
    pub(super) fn check(
        line: &RequestLine,
        fields: Fields,
        upgrade: Result<(), HandshakeError>,
        config: &Arc<Config>,
    ) -> Result<Self, HandshakeError> {
        rules::check_method(fields.get(&line.method))?;
        let head = RequestHead::of_http_1_1(line, fields)?;
        upgrade?;
        let key = rules::check_fields(&head.fields)?;
        Ok(Self { config: Arc::clone(config), head, key: Some(key) })
    }

    /// Checks a request of HTTP/2 or HTTP/3.
    #[cfg(feature = "http")]
    pub(super) fn check_connect(
        line: &RequestLine,
        protocol: Option<&str>,
        fields: Fields,
        config: Arc<Config>,
    ) -> Result<Self, HandshakeError> {
        http2_rules::check_method(fields.get(&line.method))?;
        http2_rules::check_protocol(protocol)?;
        let head = RequestHead::of_connect(line, fields)?;
        http2_rules::check_fields(&head.fields)?;
        Ok(Self { config, head, key: None })
    }

    /// Returns the path without the query, as it was received. It begins with `/`, and nothing in it is decoded (§3).
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.path()
    }

    /// Returns the query without its `?`, as it was received. `None` if there is none.
    ///
    /// For the value of one parameter, use [`query_param`](Self::query_param).
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.head.query()
    }

    /// Returns the path, and the query with its `?` if there is one, as they were received: the resource name of RFC 6455 §3.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.head.path_and_query()
    }

    /// Returns the value of the first parameter with this name in the query. It is decoded as browsers encode it: `+` is a space,
    /// and `%` with two hexadecimal digits is a byte.
    ///
    /// A parameter without `=` has an empty value. Invalid UTF-8 is replaced by U+FFFD, as by
    /// [`String::from_utf8_lossy`](alloc::string::String::from_utf8_lossy).
    ///
    /// ```
    /// # fn f(request: &bowline::server::Request) {
    /// // Of a request for /chat?room=caf%C3%A9+2
    /// assert_eq!(request.query_param("room").as_deref(), Some("café 2"));
    /// # }
    /// # use bowline::{Config, server::{Handshake, Progress}};
    /// # let mut bytes = *b"GET /chat?room=caf%C3%A9+2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// # let progress = Handshake::new(Config::default()).receive(&mut bowline::Input::from(&mut bytes));
    /// # let Progress::Request(request) = progress else { panic!() };
    /// # f(&request);
    /// ```
    #[must_use]
    pub fn query_param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.head.query_param(name)
    }

    /// Returns the host of the request, with the port if the client sent one, as it was received.
    ///
    /// It is for the client to choose. Compare it with your own names where DNS rebinding is a danger: see
    /// [`Accept::same_origin`](super::Accept::same_origin).
    #[must_use]
    pub fn host(&self) -> &str {
        self.head.host()
    }

    pub(super) fn host_bytes(&self) -> &[u8] {
        self.head.host_bytes()
    }

    /// Returns the value of the first header field with this name, such as `Authorization`, in any case. Values are bytes, not
    /// necessarily UTF-8.
    ///
    /// Whitespace around the value is not part of it. For fields that can appear several times, use [`headers`](Self::headers).
    #[doc(alias("authorization", "basic auth", "bearer", "user-agent", "X-Forwarded-For"))]
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.header(name)
    }

    /// Returns all header fields in order, with upper and lower case of their names as received.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.fields.iter()
    }

    /// Returns the value of a cookie, such as that of a session (RFC 6265 §5.4). Names are case-sensitive.
    ///
    /// If several cookies have the name, in one `Cookie` field or in several, it is the first. Browsers send the one with the
    /// longest path first. Double quotes around the value are not part of it, and nothing else is decoded. The result is `None`
    /// also if the value is not UTF-8.
    ///
    /// Browsers may send cookies also with the requests of other sites' pages. So check the origin as well: see
    /// [`Accept`](super::Accept).
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.head.cookie(name)
    }

    /// Returns the subprotocols that the client offers in `Sec-WebSocket-Protocol`, the preferred one first (§4.1).
    ///
    /// To use one of them, list those that you support in [`Accept::protocols`](super::Accept::protocols).
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        grammar::tokens(self.head.fields.values(FieldName::Protocol))
    }

    /// Returns the extensions that the client offers in `Sec-WebSocket-Extensions`, the preferred one first (§9.1). Several lines
    /// are one list (erratum 3433).
    ///
    /// [`accept`](Self::accept) declines those that this crate does not support, which is not an error.
    #[doc(alias("Sec-WebSocket-Extensions", "permessage-deflate"))]
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        extensions::all(&self.head.fields)
    }

    /// Returns the origin of the page that connects, such as `https://example.com`. Browsers always send it. `None` means that
    /// the client is not a browser (§4.2.1).
    ///
    /// [`Accept`](super::Accept) checks the origin, according to its constructor.
    #[doc(alias("CORS", "CSWSH"))]
    #[must_use]
    pub fn origin(&self) -> Option<&[u8]> {
        self.head.fields.value(FieldName::Origin)
    }

    /// Refuses the request with an HTTP status and a body (§4.2.2), such as 401, 403, 404, 429 or a redirect. The body may be
    /// empty. Deliver the [`Refusal`] as its documentation describes.
    ///
    /// Add the header fields that a status needs with [`Refusal::header`]: `WWW-Authenticate` with 401, `Location` with a
    /// redirect, `Content-Type` with a body. `Content-Length`, `Connection`, and the fields that 405 and 426 need are there
    /// already.
    ///
    /// A status that does not refuse is replaced by 500. These are all below 300 or above 599, and 304.
    ///
    /// ```
    /// use bowline::{HeaderError, server::{Refusal, Request}};
    ///
    /// fn moved(request: Request) -> Result<Refusal, HeaderError> {
    ///     request.refuse(307, "").header("Location", "wss://example.com/chat")
    /// }
    /// ```
    #[doc(alias("redirect", "401", "403", "404", "429"))]
    pub fn refuse(self, status: u16, body: impl AsRef<[u8]>) -> Refusal {
        let status = if matches!(status, 300..=303 | 305..=599) { status } else { 500 };
        Refusal::with_status(status, body.as_ref(), false, self.config)
    }
}
