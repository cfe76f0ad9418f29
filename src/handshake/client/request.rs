use super::{RequestError, uri::Uri};
use crate::handshake::{http1::field_line, http1::grammar, key::Key, query};
use alloc::{string::String, vec::Vec};

/// A client's opening handshake: the resource of a server that it asks for, and optional subprotocols, an origin and
/// further header fields, such as cookies (RFC 6455 §4.1).
///
/// Clone it to connect again: each [`Handshake`](super::Handshake) draws a nonce of its own.
///
/// ```
/// use bowline::client::Request;
///
/// let request = Request::from_uri("wss://example.com/chat?room=1")?
///     .protocol("chat.v2")?
///     .protocol("chat.v1")?
///     .header("Authorization", "Bearer 123")?;
/// assert_eq!((request.host(), request.port(), request.is_secure()), ("example.com", 443, true));
/// assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
/// # Ok::<(), bowline::client::RequestError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Request {
    uri: Uri,
    protocols: Vec<String>,
    origin: Option<String>,
    /// As lines.
    headers: Vec<u8>,
}

impl Request {
    /// A request for the resource of a `ws` or `wss` URI (§3).
    ///
    /// Characters of path and query that are not allowed in a URI, such as spaces and everything that is not ASCII, are
    /// percent-encoded (§11.1).
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the scheme is another one, if host or port are not valid, if the URI has a user name or a
    /// fragment, if the host is not ASCII, or if it contains control characters.
    pub fn from_uri(uri: &str) -> Result<Self, RequestError> {
        Uri::parse(uri).map(Self::from_parts)
    }

    /// A request for `path`, with an optional query, from `host`, with an optional port: the same as `ws://{host}{path}`. For
    /// `wss` use [`from_uri`](Self::from_uri).
    ///
    /// # Errors
    ///
    /// Those of [`from_uri`](Self::from_uri), and a path that begins with neither `/` nor `?`.
    pub fn new(host: &str, path: &str) -> Result<Self, RequestError> {
        Uri::new(false, host, path).map(Self::from_parts)
    }

    /// Offers a subprotocol (`Sec-WebSocket-Protocol`), the preferred one first.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if it is not a token, or is offered already: "the elements \[...\] MUST all be unique
    /// strings" (§4.1).
    pub fn protocol(mut self, protocol: &str) -> Result<Self, RequestError> {
        if !grammar::is_token(protocol.as_bytes()) {
            return Err(RequestError::Protocol(grammar::excerpt(protocol.as_bytes())));
        }
        if self.protocols.iter().any(|offered| offered == protocol) {
            return Err(RequestError::ProtocolTwice(grammar::excerpt(protocol.as_bytes())));
        }
        self.protocols.push(protocol.into());
        Ok(self)
    }

    /// Sets the Origin field: the origin of the page that connects, such as `https://example.com`. Browsers must send it; other
    /// clients need it only for servers that require one (§4.1).
    ///
    /// # Errors
    ///
    /// [`RequestError`] if it is empty, or contains something other than visible ASCII.
    pub fn origin(mut self, origin: &str) -> Result<Self, RequestError> {
        if origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestError::Origin(grammar::excerpt(origin.as_bytes())));
        }
        self.origin = Some(origin.into());
        Ok(self)
    }

    /// Adds a header field, such as `Cookie` or `Authorization`. Fields of the same name are added one after the other.
    ///
    /// # Errors
    ///
    /// [`RequestError::Header`] if the name is not a token, if the value contains a control byte, such as CR or LF,
    /// or if the field is one that the handshake writes itself.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, RequestError> {
        self.headers.append(&mut field_line::line(name, value.as_ref(), &["Origin"])?);
        Ok(self)
    }

    /// The host to connect to: a name or an address. An IPv6 address comes without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host.trim_matches(['[', ']'])
    }

    /// The port to connect to: that of the URI, or else 80, or 443 with `wss`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.uri.port
    }

    /// Whether the connection must go through TLS: the scheme was `wss`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.uri.is_secure
    }

    /// The path as it is sent, percent-encoded, without the query. It begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        query::split(self.path_and_query()).0
    }

    /// The query as it is sent, percent-encoded, without its `?`. `None` if there is none.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        query::split(self.path_and_query()).1
    }

    /// The path, and the query with its `?` if there is one, as they are sent: the resource name of RFC 6455 §3.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.uri.path_and_query
    }

    /// The request as bytes (§4.1).
    pub(super) fn head(&self, key: &Key, extensions: Option<&str>) -> Vec<u8> {
        // Enough for most requests, so that it need not grow.
        let mut head = Vec::with_capacity(self.uri.path_and_query.len() + self.headers.len() + 384);
        head.extend_from_slice(b"GET ");
        head.extend_from_slice(self.uri.path_and_query.as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        // "A |Host| header field whose value contains /host/ plus optionally ':' followed by /port/ (when not using the
        // default port)" (§4.1).
        self.uri.push_authority(&mut head);
        head.extend_from_slice(b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
        head.extend_from_slice(key);
        head.extend_from_slice(b"\r\n");
        self.push_fields(&mut head, extensions);
        head.extend_from_slice(b"\r\n");
        head
    }

    /// The fields that do not depend on the version of HTTP.
    pub(super) fn push_fields(&self, head: &mut Vec<u8>, extensions: Option<&str>) {
        head.extend_from_slice(b"Sec-WebSocket-Version: 13\r\n");
        if let Some(origin) = &self.origin {
            field_line::push(head, "Origin", origin.as_bytes());
        }
        if let Some((first, rest)) = self.protocols.split_first() {
            head.extend_from_slice(b"Sec-WebSocket-Protocol: ");
            head.extend_from_slice(first.as_bytes());
            for protocol in rest {
                head.extend_from_slice(b", ");
                head.extend_from_slice(protocol.as_bytes());
            }
            head.extend_from_slice(b"\r\n");
        }
        if let Some(extensions) = extensions {
            field_line::push(head, "Sec-WebSocket-Extensions", extensions.as_bytes());
        }
        head.extend_from_slice(&self.headers);
    }

    #[cfg(feature = "http")]
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn into_protocols(self) -> Vec<String> {
        self.protocols
    }

    fn from_parts(uri: Uri) -> Self {
        Self { uri, protocols: Vec::new(), origin: None, headers: Vec::new() }
    }
}

/// Without the header fields that were added: they may be secrets.
impl core::fmt::Debug for Request {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { uri, protocols, origin, headers: _ } = self;
        f.debug_struct("Request")
            .field("uri", uri)
            .field("protocols", protocols)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}
