use super::{RequestError, uri::Uri};
use crate::handshake::{
    http1::authority::{Authority, AuthorityError},
    http1::credentials::Credentials,
    http1::{field_line, grammar, shown},
    key::Key,
    query,
};
use alloc::{format, string::String, vec::Vec};

/// "A user agent SHOULD send a User-Agent header field in each request" (RFC 9110 §10.1.5).
pub(crate) const USER_AGENT: &str = concat!("bowline/", env!("CARGO_PKG_VERSION"));

const AUTHORIZATION: &str = "Authorization";

/// What a client asks a server for in the opening handshake: a resource, and optional subprotocols, an origin and header fields
/// such as `Cookie` or `Authorization` (RFC 6455 §4.1).
///
/// Pass it to a [`Handshake`](super::Handshake), or to `connect_with` or `connect_using` of an adapter. To connect again later,
/// clone it: each handshake draws a new key.
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
    /// For the field `Authorization`, unless one was added with [`header`](Self::header).
    credentials: Option<Credentials>,
    /// The value of the Host field, if it is not the host of the URI.
    host_header: Option<String>,
    protocols: Vec<String>,
    origin: Option<String>,
    /// Complete lines, each with its CR LF.
    headers: Vec<u8>,
    /// Whether the default `User-Agent` is sent.
    has_user_agent: bool,
}

impl Request {
    /// Creates a request for a `ws://` or `wss://` URI (§3). As in browsers, `http://` means `ws://`, and `https://` means `wss://`.
    ///
    /// Path and query may be plain text: characters that a URI does not allow, such as spaces and everything that is not ASCII,
    /// are percent-encoded (§11.1). Percent-encoded bytes stay as they are.
    ///
    /// A user name and a password before the host are sent as [`basic_auth`](Self::basic_auth) sends them, after percent-decoding.
    /// They are never part of the Host field or of the path.
    ///
    /// An IPv6 address can have a zone, which is the name or the number of a network interface: `ws://[fe80::1%25eth0]/`, or with
    /// a bare `%`.
    ///
    /// ```
    /// use bowline::client::Request;
    ///
    /// assert_eq!(Request::from_uri("ws://example.com/café?to=a b")?.path_and_query(), "/caf%C3%A9?to=a%20b");
    /// assert_eq!(Request::from_uri("ws://me:secret@example.com/")?.host(), "example.com");
    /// assert_eq!(Request::from_uri("ws://[fe80::1%25eth0]/")?.host(), "fe80::1%eth0");
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError`], with the variant for the part of the URI that is not valid: another scheme, an invalid host or port, a
    /// host that is not ASCII, invalid user information, a fragment, or control characters.
    #[doc(alias("basic auth", "zone", "scope"))]
    pub fn from_uri(uri: &str) -> Result<Self, RequestError> {
        Uri::parse(uri).map(Self::from_parts)
    }

    /// Creates a request for `path` on `host`: the same as [`from_uri`](Self::from_uri) with `ws://{host}{path}`. The host may
    /// have a port, a user name and a password, and the path a query. For `wss` use `from_uri`.
    ///
    /// ```
    /// use bowline::client::Request;
    ///
    /// let request = Request::new("localhost:8080", "/chat?room=1")?;
    /// assert_eq!((request.host(), request.port(), request.path()), ("localhost", 8080, "/chat"));
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError`], as for `from_uri`, and also for a path that begins with neither `/` nor `?`.
    pub fn new(host: &str, path: &str) -> Result<Self, RequestError> {
        Uri::new(false, host, path).map(Self::from_parts)
    }

    /// Offers a subprotocol, in the header field `Sec-WebSocket-Protocol`. Call it once for each, the preferred one first.
    ///
    /// [`Response::protocol`](super::Response::protocol) returns the one that the server chose. A server may also choose none.
    ///
    /// Do not put a token or another secret into a name: names are shown in errors and by `Debug`.
    ///
    /// # Errors
    ///
    /// [`RequestError::Protocol`] if the name is not a token, and [`RequestError::ProtocolTwice`] if it is offered already: "the
    /// elements \[...\] MUST all be unique strings" (§4.1). The request is then lost.
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
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

    /// Sets the header field `Origin`, such as `https://example.com`: the origin of the page that connects. Browsers must send
    /// it. Other clients need it only for servers that require one (§4.1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Origin`] if it is empty, or contains anything but visible ASCII. The request is then lost.
    pub fn origin(mut self, origin: &str) -> Result<Self, RequestError> {
        if origin.is_empty() || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestError::Origin(shown::uri(origin.as_bytes())));
        }
        self.origin = Some(origin.into());
        Ok(self)
    }

    /// Adds a header field, such as `Cookie`, `Authorization` or `User-Agent`. A second field of the same name is added, and does
    /// not replace the first.
    ///
    /// By default, the request has a `User-Agent` with the name and the version of this crate, such as `bowline/0.1.0`, since some
    /// servers refuse requests without one. A `User-Agent` that is added replaces it, and
    /// [`without_user_agent`](Self::without_user_agent) leaves it out.
    ///
    /// ```
    /// use bowline::{HeaderError, client::{Request, RequestError}};
    ///
    /// let request = Request::from_uri("wss://example.com/chat")?
    ///     .header("User-Agent", "chat/1.0")?
    ///     .header("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")?
    ///     .header("Cookie", "session=4711")?;
    /// let error = request.header("Host", "example.org").unwrap_err();
    /// assert_eq!(error, RequestError::Header(HeaderError::Reserved("Host".into())));
    /// # Ok::<(), RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Header`] if the name is not a token, if the value contains a control byte such as CR or LF, or if the
    /// field is [reserved](crate::HeaderError::Reserved). The request is then lost.
    #[doc(alias("cookie", "authorization", "basic auth", "bearer", "user-agent"))]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, RequestError> {
        self.headers.append(&mut field_line::line(name, value.as_ref(), &["Origin"])?);
        self.has_user_agent &= !name.eq_ignore_ascii_case("User-Agent");
        Ok(self)
    }

    /// Sets the user name and the password for Basic authentication: the header field `Authorization` (RFC 7617). They are sent as
    /// UTF-8, and replace those of the URI.
    ///
    /// An `Authorization` that is added with [`header`](Self::header), such as a bearer token, is sent instead of them.
    ///
    /// Anybody who can read the connection can read them: use them with `wss` only.
    ///
    /// ```
    /// # use bowline::client::Request;
    /// let request = Request::from_uri("wss://example.com/chat")?.basic_auth("Aladdin", "open sesame")?;
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::UserInfo`] if the user name contains a colon, or if either contains a control character. The request is
    /// then lost.
    #[doc(alias("basic auth", "authorization", "password"))]
    pub fn basic_auth(mut self, user: &str, password: &str) -> Result<Self, RequestError> {
        let credentials = Credentials::new(user, password).map_err(|_| RequestError::UserInfo)?;
        self.credentials = Some(credentials);
        Ok(self)
    }

    /// Sets the header field `Host`, with an optional port, to another value than the host of the URI. Use it to reach a virtual
    /// host at an address that is not its own, for example for a test of a server before its DNS entry exists.
    ///
    /// The URI still decides where to connect, and for which name the certificate of the server must be valid.
    ///
    /// ```
    /// # use bowline::client::Request;
    /// let request = Request::from_uri("ws://192.0.2.7/chat")?.host_header("example.com")?;
    /// assert_eq!(request.host(), "192.0.2.7");
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Host`], [`RequestError::HostNotAscii`] or [`RequestError::Port`] if it is not a host with an optional port.
    /// The request is then lost.
    #[doc(alias("virtual host"))]
    pub fn host_header(mut self, host: &str) -> Result<Self, RequestError> {
        let Authority { host, port } = Authority::parse(host.as_bytes()).map_err(|error| match error {
            AuthorityError::NotAscii => RequestError::HostNotAscii(shown::readable(host)),
            AuthorityError::Port => RequestError::Port(shown::part(host, "")),
            AuthorityError::Host | AuthorityError::UserInfo => RequestError::Host(shown::part(host, "")),
        })?;
        let host = grammar::checked_str(host);
        self.host_header = Some(port.map_or_else(|| host.into(), |port| format!("{host}:{port}")));
        Ok(self)
    }

    /// Leaves out the default `User-Agent`. One that is added with [`header`](Self::header) is sent all the same.
    ///
    /// ```
    /// # use bowline::client::Request;
    /// let request = Request::from_uri("wss://example.com/")?.without_user_agent();
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    #[doc(alias("user-agent"))]
    pub fn without_user_agent(self) -> Self {
        Self { has_user_agent: false, ..self }
    }

    /// Returns the host to connect to: a name or an address. An IPv6 address is returned without its brackets, and with its zone
    /// if it has one, as in `fe80::1%eth0`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.uri.host
    }

    /// Returns the port to connect to. If the URI has none, it is 80 for `ws` and 443 for `wss` (§3).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.uri.port
    }

    /// Returns whether the connection must use TLS, since the scheme is `wss` or `https`.
    #[doc(alias("tls", "wss"))]
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.uri.is_secure
    }

    /// Returns the path as it is sent: percent-encoded, without the query. It begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        query::split(self.path_and_query()).0
    }

    /// Returns the query as it is sent: percent-encoded, without its `?`. `None` if there is none.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        query::split(self.path_and_query()).1
    }

    /// Returns the path, and the query with its `?` if there is one, as they are sent: the resource name of RFC 6455 §3.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.uri.path_and_query
    }

    /// Returns the request as bytes (§4.1).
    pub(super) fn head(&self, key: &Key, extensions: Option<&str>) -> Vec<u8> {
        // Large enough for most requests, so that they take one allocation.
        let mut head = Vec::with_capacity(self.uri.path_and_query.len() + self.headers.len() + 384);
        head.extend_from_slice(b"GET ");
        head.extend_from_slice(self.uri.path_and_query.as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        self.push_host(&mut head);
        head.extend_from_slice(b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
        head.extend_from_slice(key);
        head.extend_from_slice(b"\r\n");
        self.push_fields(&mut head, extensions);
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Appends the value of the Host field.
    pub(super) fn push_host(&self, head: &mut Vec<u8>) {
        match &self.host_header {
            Some(host) => head.extend_from_slice(host.as_bytes()),
            // "A |Host| header field whose value contains /host/ plus optionally ':' followed by /port/ (when not using the
            // default port)" (§4.1).
            None => self.uri.push_authority(head),
        }
    }

    /// Appends the fields that do not depend on the version of HTTP.
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
        if self.has_user_agent {
            field_line::push(head, "User-Agent", USER_AGENT.as_bytes());
        }
        if let Some(credentials) =
            self.credentials.as_ref().filter(|_| !field_line::contain(&self.headers, AUTHORIZATION))
        {
            field_line::push(head, AUTHORIZATION, credentials.basic().as_bytes());
        }
        head.extend_from_slice(&self.headers);
    }

    /// Returns the request for the URI to which a server has redirected, with the user information of that URI.
    pub(super) fn redirected(&self, uri: Uri, credentials: Option<Credentials>) -> Self {
        let mut next = self.clone();
        if !uri.is_same_origin(&self.uri) {
            next.headers = field_line::without(&self.headers, &[AUTHORIZATION, "Cookie", "Proxy-Authorization"]);
            next.credentials = None;
            next.host_header = None;
        }
        next.credentials = credentials.or(next.credentials);
        next.uri = uri;
        next
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn into_protocols(self) -> Vec<String> {
        self.protocols
    }

    fn from_parts((uri, credentials): (Uri, Option<Credentials>)) -> Self {
        let (protocols, headers) = (Vec::new(), Vec::new());
        Self { uri, credentials, host_header: None, protocols, origin: None, headers, has_user_agent: true }
    }
}

/// The query, the password, and the values of the added header fields are left out, since they can contain secrets.
impl core::fmt::Debug for Request {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { uri, credentials: _, host_header, protocols, origin, headers, has_user_agent: _ } = self;
        f.debug_struct("Request")
            .field("uri", uri)
            .field("host_header", host_header)
            .field("protocols", protocols)
            .field("origin", &origin.as_ref().map(|origin| shown::uri(origin.as_bytes())))
            .field("headers", &field_line::Names(headers))
            .finish_non_exhaustive()
    }
}
