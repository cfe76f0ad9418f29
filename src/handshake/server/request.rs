#[cfg(feature = "http")]
use super::connect;
use super::{Accept, Refusal, rules};
use crate::{
    Config, Connection, Role,
    handshake::{
        Extension,
        error::HandshakeError,
        extensions,
        http1::fields::{Fields, RequestLine},
        http1::grammar,
        http1::known::Known,
        key,
    },
};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::ops::Range;

/// A client's opening handshake that keeps all rules of RFC 6455 §4.2.1. [`accept`](Self::accept) or
/// [`refuse`](Self::refuse) it.
///
/// Where the RFC leaves a choice: Upgrade may list other protocols besides `websocket`, and a key is accepted also if its
/// spare bits are not zero, as in the RFC's own example (erratum 3150).
///
/// ```
/// use bowline::{Connection, server::{Accept, Refusal, Request}};
///
/// fn decide(request: Request) -> Result<Connection, Refusal> {
///     match request.path().split('?').next() {
///         Some("/chat") if request.header("Cookie").is_none() => Err(request.refuse(401, "Log in first.")),
///         Some("/chat") => request.accept(&Accept::same_origin()),
///         _ => Err(request.refuse(404, "There is only /chat here.")),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Request {
    config: Arc<Config>,
    fields: Fields,
    resource: Resource,
    host: Range<usize>,
}

#[derive(Debug)]
enum Resource {
    /// In the head.
    Received(Range<usize>),
    /// With the `/` that a URI without a path lacks.
    Completed(Vec<u8>),
}

impl Resource {
    fn of(resource: Cow<'_, [u8]>, fields: &Fields) -> Self {
        match resource {
            Cow::Borrowed(received) => Self::Received(fields.place_of(received)),
            Cow::Owned(completed) => Self::Completed(completed),
        }
    }
}

impl Request {
    /// Checks what a whole head says.
    pub(super) fn check(line: &RequestLine, fields: Fields, config: Arc<Config>) -> Result<Self, HandshakeError> {
        rules::check_method(fields.get(&line.method))?;
        let target = rules::check_target(fields.get(&line.target))?;
        let host = rules::check_host(&fields)?;
        rules::check_fields(&fields)?;
        // "When an origin server receives a request with an absolute-form of request-target, the origin server MUST
        // ignore the received Host header field (if any) and instead use the host information of the request-target"
        // (RFC 9112 §3.2.2).
        let host = fields.place_of(target.host.unwrap_or(host));
        let resource = Resource::of(target.resource, &fields);
        Ok(Self { config, fields, resource, host })
    }

    /// The same over HTTP/2 and HTTP/3.
    #[cfg(feature = "http")]
    pub(super) fn check_connect(
        line: &RequestLine,
        protocol: Option<&str>,
        fields: Fields,
        config: Arc<Config>,
    ) -> Result<Self, HandshakeError> {
        connect::check_method(fields.get(&line.method))?;
        connect::check_protocol(protocol)?;
        let target = rules::check_target(fields.get(&line.target))?;
        let host = connect::check_authority(target.host, &fields)?;
        connect::check_fields(&fields)?;
        let host = fields.place_of(host);
        let resource = Resource::of(target.resource, &fields);
        Ok(Self { config, fields, resource, host })
    }

    /// The resource name: the path, and the query with its `?` if there is one, as it was received (§3, §4.2.1).
    ///
    /// It always begins with `/`. Nothing in it is decoded.
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = match &self.resource {
            Resource::Received(place) => self.fields.get(place),
            Resource::Completed(resource) => resource,
        };
        core::str::from_utf8(resource).unwrap_or_default()
    }

    /// The host that the client meant, with the port if it named one, as it was received.
    #[must_use]
    pub fn host(&self) -> &str {
        core::str::from_utf8(self.fields.get(&self.host)).unwrap_or_default()
    }

    /// The value of the first header field with this name, in whatever case. Values are bytes: they need not be UTF-8.
    ///
    /// Spaces around the value are not part of it. A field that is there several times is in
    /// [`headers`](Self::headers).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.first(name)
    }

    /// All header fields, in order, with their names as they were received.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter()
    }

    /// The subprotocols that the client offers, the one that it prefers first (§4.1). Give the one that you choose to
    /// [`Accept::protocol`].
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        grammar::tokens(self.fields.known(Known::Protocol))
    }

    /// The extensions that the client offers, the one that it prefers first (§9.1). Several lines are one list (erratum
    /// 3433). Those that this library does not know are not agreed to, which is no error.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        extensions::all(&self.fields)
    }

    /// Where the page that connects comes from. Browsers always say so; a client that does not is none (§4.2.1).
    ///
    /// To check it, choose the right constructor of [`Accept`].
    #[must_use]
    pub fn origin(&self) -> Option<&[u8]> {
        self.fields.first_known(Known::Origin)
    }

    /// Opens the connection. The answer, status 101, is the first thing in its output, and messages may be sent
    /// behind it at once (§4.2.2).
    ///
    /// # Errors
    ///
    /// A [`Refusal`], to be written before the transport is closed: if the client's origin is not one that `accept`
    /// admits (status 403), or if the client does not offer the subprotocol of `accept` (status 400).
    pub fn accept(self, accept: &Accept) -> Result<Connection, Refusal> {
        self.open(accept, |request, extensions| request.answer(accept, extensions)).map_err(Refusal::of)
    }

    /// Opens the connection, if that is what `accept` says. `answer` is told what is agreed about extensions, and returns
    /// what goes out before all else.
    pub(super) fn open(
        self,
        accept: &Accept,
        answer: impl FnOnce(&Self, Option<&str>) -> Vec<u8>,
    ) -> Result<Connection, HandshakeError> {
        self.decide(accept)?;
        #[cfg(feature = "deflate")]
        let agreement = self.deflate();
        #[cfg(feature = "deflate")]
        let extensions = agreement.map(|agreement| alloc::format!("{agreement}"));
        #[cfg(not(feature = "deflate"))]
        let extensions: Option<alloc::string::String> = None;
        let first = answer(&self, extensions.as_deref());
        let connection = Connection::opened(Role::Server, self.config, first);
        #[cfg(feature = "deflate")]
        let connection = connection.with_deflate(agreement);
        Ok(connection)
    }

    /// What is agreed about compression (RFC 7692 §5).
    #[cfg(feature = "deflate")]
    fn deflate(&self) -> Option<crate::deflate::Agreement> {
        let options = self.config.deflate.as_ref()?;
        let mut offers = self.extensions().filter(|extension| extension.name() == crate::deflate::NAME);
        offers.find_map(|offer| crate::deflate::accept(offer.params(), options))
    }

    /// Turns the client away with an HTTP status and a body (§4.2.2), such as 401, 403, 404, 429 or a redirection. An
    /// empty body is fine.
    ///
    /// The header fields that a status asks for are for [`Refusal::header`]: `WWW-Authenticate` with 401, `Location`
    /// with a redirection, `Content-Type` with a body. `Content-Length` and `Connection` are there already, and what
    /// 405 and 426 ask for.
    ///
    /// A status that cannot refuse is replaced by 500: all below 300 or above 599, and 304.
    pub fn refuse(self, status: u16, body: impl AsRef<[u8]>) -> Refusal {
        Refusal::with_status(status, body.as_ref())
    }

    /// Whether the client comes from where it may, and offers what is asked for (§4.2.2).
    fn decide(&self, accept: &Accept) -> Result<(), HandshakeError> {
        accept.origins.check(self.origin(), self.fields.get(&self.host))?;
        if let Some(protocol) = &accept.protocol
            && !self.protocols().any(|offered| offered == protocol)
        {
            return Err(HandshakeError::ProtocolRequired(grammar::excerpt(protocol.as_bytes())));
        }
        Ok(())
    }

    /// The 101 (§4.2.2), with what is agreed about extensions.
    pub(super) fn answer(&self, accept: &Accept, extensions: Option<&str>) -> Vec<u8> {
        let key = self.fields.first_known(Known::Key).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 24]);
        let protocol = accept.protocol.as_deref().unwrap_or_default();
        let mut head = Vec::with_capacity(accept.headers.len().saturating_add(protocol.len()).saturating_add(192));
        head.extend_from_slice(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        );
        head.extend_from_slice(&key::accept(key));
        head.extend_from_slice(b"\r\n");
        accept.push_fields(&mut head, extensions);
        head.extend_from_slice(b"\r\n");
        head
    }
}
