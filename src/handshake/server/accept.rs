//! How to accept a request: the allowed origins, the subprotocol, and further header fields.

use super::{OriginError, Request, origins::Origins};
use crate::handshake::{
    error::HandshakeError,
    http1::{
        field_line::{self, HeaderError},
        grammar,
    },
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// How a server accepts requests: from which origins, with which subprotocol and header fields (RFC 6455 §4.2.2).
///
/// # Origins
///
/// Browsers do not apply CORS to WebSocket. Any page on the web can connect to any server, with the cookies that the browser
/// sends to that server. An attack with such a page is known as cross-site WebSocket hijacking (CSWSH). The server can only
/// detect it by the Origin field of the request (§10.2). So there is no `new`: each constructor states which origins may connect.
///
/// | constructor | no Origin (not a browser) | the server's own pages | other pages |
/// |---|---|---|---|
/// | [`same_origin`](Self::same_origin) | accepted | accepted | refused |
/// | [`origins`](Self::origins) | accepted | if listed | if listed |
/// | [`any_origin`](Self::any_origin) | accepted | accepted | accepted |
///
/// With [`require_origin`](Self::require_origin), requests without an Origin are refused, too.
///
/// # Subprotocols
///
/// List the ones that the server supports with [`protocols`](Self::protocols). The first one in the list that the client offers
/// is used.
///
/// # Example
///
/// An `Accept` is reusable: one can accept any number of requests.
///
/// ```
/// use bowline::server::Accept;
///
/// let accept = Accept::origins(["https://example.com", "http://localhost:8080"])?
///     .protocols(["chat.v2", "chat.v1"])
///     .header("Set-Cookie", "seen=1")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias("origin", "CORS", "CSWSH", "cross-site WebSocket hijacking", "subprotocol"))]
#[must_use]
pub struct Accept {
    origins: Origins,
    /// In order of preference.
    protocols: Vec<String>,
    is_protocol_required: bool,
    /// Complete lines, each with its CR LF.
    pub(super) headers: Vec<u8>,
}

impl Accept {
    /// Accepts pages that this server delivered itself: host and port of the origin must be those of the request. A missing port
    /// is the default of the scheme, 80 or 443.
    ///
    /// The request's host is its Host field, so a reverse proxy must forward the original one. The scheme is not compared, since
    /// the server cannot find out whether there is TLS in front of it.
    ///
    /// This does not protect from DNS rebinding, where an attacker's own host name points to this server: origin and host are
    /// then both that name. Where this is a danger, such as on a private network, use [`origins`](Self::origins), or check
    /// [`Request::host`](super::Request::host).
    ///
    /// ```
    /// use bowline::server::{Accept, Request};
    ///
    /// # fn f(request: Request) {
    /// // Of a request with `Host: example.com` and `Origin: https://evil.example`
    /// let refusal = request.accept(&Accept::same_origin()).unwrap_err();
    /// assert_eq!(refusal.status(), 403);
    /// # }
    /// # let mut bytes = *b"GET / HTTP/1.1\r\nHost: example.com\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// # let mut handshake = bowline::server::Handshake::new(bowline::Config::default());
    /// # let progress = handshake.receive(&mut bowline::Input::from(&mut bytes));
    /// # let bowline::server::Progress::Request(request) = progress else { panic!() };
    /// # f(request);
    /// ```
    pub fn same_origin() -> Self {
        Self::from_origins(Origins::same())
    }

    /// Accepts pages of these origins, such as `https://example.com` or `http://localhost:8080`: a scheme, a host, and a port
    /// unless it is the default of the scheme. There is no slash at the end, and there are no patterns.
    ///
    /// All three must match, in any case. `null`, which browsers send for pages without an origin, can be listed as well.
    ///
    /// ```
    /// use bowline::server::{Accept, OriginError};
    ///
    /// assert!(Accept::origins(["https://example.com", "https://example.com:8443"]).is_ok());
    /// assert_eq!(Accept::origins(["example.com"]).unwrap_err(), OriginError::Scheme("example.com".into()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`OriginError`] for the first one that is not a valid origin.
    pub fn origins(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, OriginError> {
        Origins::listed(origins).map(Self::from_origins)
    }

    /// Accepts pages of any origin. Use it for a public service that ignores cookies, or if the application checks
    /// [`Request::origin`](super::Request::origin) itself.
    pub fn any_origin() -> Self {
        Self::from_origins(Origins::any())
    }

    /// Refuses requests without an Origin, with status 403. By default they are accepted, since they do not come from a browser
    /// (§4.2.1).
    ///
    /// This is not access control: a client other than a browser can send any Origin it likes.
    pub fn require_origin(mut self) -> Self {
        self.origins.require();
        self
    }

    /// Sets the subprotocols that this server supports, the preferred one first. The first one that the client offers in
    /// `Sec-WebSocket-Protocol` is used. If it offers none of them, the connection has no subprotocol.
    ///
    /// [`protocol_for`](Self::protocol_for) returns the one that is used for a request. Names are case-sensitive. A name that is
    /// not a token, such as one with a space, is never used, since no client can offer it.
    ///
    /// Without this method and [`require_protocol`](Self::require_protocol), no subprotocol is used. A later call of either
    /// replaces the earlier ones.
    ///
    /// ```
    /// use bowline::server::{Accept, Request};
    ///
    /// fn decide(request: &Request) {
    ///     let accept = Accept::same_origin().protocols(["chat.v2", "chat.v1"]);
    ///     match accept.protocol_for(request) {
    ///         Some("chat.v2") => { /* with all features */ }
    ///         _ => { /* without them */ }
    ///     }
    /// }
    /// ```
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
    pub fn protocols<S: Into<String>>(mut self, protocols: impl IntoIterator<Item = S>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self.is_protocol_required = false;
        self
    }

    /// Sets the only subprotocol that this server supports. A request that does not offer it, in the same case, is refused with
    /// the status 400. To accept such requests without a subprotocol, use [`protocols`](Self::protocols).
    ///
    /// With a name that is not a token, every request is refused.
    ///
    /// ```
    /// use bowline::server::Accept;
    ///
    /// let accept = Accept::same_origin().require_protocol("mqtt");
    /// ```
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
    pub fn require_protocol(self, protocol: impl Into<String>) -> Self {
        Self { is_protocol_required: true, ..self.protocols([protocol]) }
    }

    /// Returns the subprotocol with which a request is accepted. `None` if the client offers none of
    /// [`protocols`](Self::protocols).
    #[must_use]
    pub fn protocol_for(&self, request: &Request) -> Option<&str> {
        self.protocols.iter().map(String::as_str).find(|own| request.protocols().any(|offered| offered == *own))
    }

    /// Adds a header field to the response, such as `Set-Cookie`. A second field of the same name is added, and does not replace
    /// the first.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the name is not a token, if the value contains a control byte such as CR or LF, or if the field is
    /// [reserved](HeaderError::Reserved). The `Accept` is then lost.
    #[doc(alias("cookie", "Set-Cookie"))]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, HeaderError> {
        self.headers.append(&mut field_line::line(name, value.as_ref(), &[])?);
        Ok(self)
    }

    /// Checks that the client's origin may connect, and chooses the subprotocol (§4.2.2).
    pub(super) fn choose(&self, request: &Request) -> Result<Option<&str>, HandshakeError> {
        self.origins.check(request.origin(), request.host_bytes())?;
        match (self.protocol_for(request), self.protocols.first()) {
            (None, Some(required)) if self.is_protocol_required => {
                Err(HandshakeError::ProtocolRequired(grammar::excerpt(required.as_bytes())))
            }
            (chosen, _) => Ok(chosen),
        }
    }

    /// Appends the fields that do not depend on the version of HTTP.
    pub(super) fn push_fields(&self, head: &mut Vec<u8>, protocol: Option<&str>, extensions: Option<&str>) {
        if let Some(protocol) = protocol {
            field_line::push(head, "Sec-WebSocket-Protocol", protocol.as_bytes());
        }
        if let Some(extensions) = extensions {
            field_line::push(head, "Sec-WebSocket-Extensions", extensions.as_bytes());
        }
        head.extend_from_slice(&self.headers);
    }

    fn from_origins(origins: Origins) -> Self {
        Self { origins, protocols: Vec::new(), is_protocol_required: false, headers: Vec::new() }
    }
}

/// The values of the added header fields are left out, since they can be secrets.
impl fmt::Debug for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origins, protocols, is_protocol_required, headers } = self;
        f.debug_struct("Accept")
            .field("origins", origins)
            .field("protocols", protocols)
            .field("is_protocol_required", is_protocol_required)
            .field("headers", &field_line::Names(headers))
            .finish()
    }
}
