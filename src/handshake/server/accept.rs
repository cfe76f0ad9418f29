//! How a request is accepted, and which subprotocol is chosen.

use super::{OriginError, Request, origins::Origins};
use crate::handshake::{
    error::HandshakeError,
    http1::{
        field_line::{self, HeaderError},
        grammar,
    },
};
use alloc::{string::String, vec::Vec};

/// How to accept a request: from which origins, with which subprotocol and header fields (RFC 6455 §4.2.2).
///
/// Every page on the web can connect to every server, with the cookies that the browser has for that server. Only the Origin
/// field shows that it is not one of the server's own pages (§10.2). So there is no `new`: each constructor names the origins
/// that may connect.
///
/// | constructor | no Origin (not a browser) | the server's own pages | other pages |
/// |---|---|---|---|
/// | [`same_origin`](Self::same_origin) | accepted | accepted | refused |
/// | [`origins`](Self::origins) | accepted | if listed | if listed |
/// | [`any_origin`](Self::any_origin) | accepted | accepted | accepted |
///
/// With [`require_origin`](Self::require_origin), requests without an Origin are refused, too.
///
/// Subprotocols are negotiated with [`protocols`](Self::protocols): the first one in your list that the client offers is used.
///
/// An `Accept` is reusable: one can answer any number of requests.
///
/// ```
/// use bowline::server::Accept;
///
/// let accept = Accept::origins(["https://example.com", "http://localhost:8080"])?
///     .protocols(["chat.v2", "chat.v1"])
///     .header("Set-Cookie", "seen=1")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Accept {
    origins: Origins,
    /// In order of preference.
    protocols: Vec<String>,
    is_protocol_required: bool,
    /// As lines.
    pub(super) headers: Vec<u8>,
}

impl Accept {
    /// Accepts pages that this server delivered itself: host and port of the origin are those that the request is for. The
    /// ports that `http` and `https` imply are taken into account.
    ///
    /// The scheme is not compared, since the server cannot know whether there is TLS in front of it. Nor does this stop an
    /// attacker who points a name of their own at this server (DNS rebinding), since origin and host are then both that name.
    /// Where that is a danger, such as on a private network, use [`origins`](Self::origins), or check
    /// [`Request::host`](super::Request::host).
    pub fn same_origin() -> Self {
        Self::from_origins(Origins::same())
    }

    /// Accepts pages of these origins: a scheme, a host, and a port unless it is the one that the scheme implies, such as
    /// `https://example.com` or `http://localhost:8080`. There is no slash at the end, and there are no patterns.
    ///
    /// All three must match, in any case. `null`, which pages without an origin send, can be listed as well.
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
    /// [`OriginError`] for the first one that is not a valid origin, and would never match.
    pub fn origins(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, OriginError> {
        Origins::listed(origins).map(Self::from_origins)
    }

    /// Accepts pages of any origin, with the cookies that the browser has for this server. Use it for a public service that
    /// ignores cookies, or if the application checks [`Request::origin`](super::Request::origin) itself.
    pub fn any_origin() -> Self {
        Self::from_origins(Origins::any())
    }

    /// Refuses requests without an Origin. The constructors accept them, since they do not come from a browser (§4.2.1).
    ///
    /// This is not access control: a client other than a browser can send any Origin it likes.
    pub fn require_origin(mut self) -> Self {
        self.origins.require();
        self
    }

    /// The subprotocols that this server supports, the preferred one first. The first of them that the client offers is used;
    /// if it offers none of them, the connection has no subprotocol. Names are case-sensitive. A name that is not a token, such as
    /// one with a space, is never used, since no client can offer it.
    ///
    /// [`protocol_for`](Self::protocol_for) returns the one that is used. Without this method, or
    /// [`require_protocol`](Self::require_protocol), no subprotocol is used. The last call of the two replaces those before.
    ///
    /// ```
    /// use bowline::server::{Accept, Request};
    ///
    /// fn decide(request: &Request) {
    ///     let accept = Accept::same_origin().protocols(["chat.v2", "chat.v1"]);
    ///     match accept.protocol_for(request) {
    ///         Some("chat.v2") => { /* with all features */ }
    ///         _ => { /* as ever */ }
    ///     }
    /// }
    /// ```
    pub fn protocols<S: Into<String>>(mut self, protocols: impl IntoIterator<Item = S>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self.is_protocol_required = false;
        self
    }

    /// The one subprotocol that this server supports: a request that does not offer it, in the same case, is refused with
    /// status 400. To accept such requests, without a subprotocol, use [`protocols`](Self::protocols).
    ///
    /// A name that is not a token refuses every request.
    ///
    /// ```
    /// use bowline::server::Accept;
    ///
    /// let accept = Accept::same_origin().require_protocol("mqtt");
    /// ```
    pub fn require_protocol(self, protocol: impl Into<String>) -> Self {
        Self { is_protocol_required: true, ..self.protocols([protocol]) }
    }

    /// The subprotocol that a request gets: `None` if the client offers none of [`protocols`](Self::protocols).
    #[must_use]
    pub fn protocol_for(&self, request: &Request) -> Option<&str> {
        self.protocols.iter().map(String::as_str).find(|own| request.protocols().any(|offered| offered == *own))
    }

    /// Adds a header field to the answer, such as a cookie. Fields of the same name are added one after the other.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the name is not a token, if the value contains a control byte, such as CR or LF, or if the field is
    /// one that the handshake writes itself.
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

    /// The fields that do not depend on the version of HTTP.
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
