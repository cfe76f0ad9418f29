use crate::{
    Config, Connection,
    handshake::{
        error::HandshakeError,
        http1::field_line::{self, HeaderError},
        status,
    },
};
use alloc::{format, sync::Arc, vec::Vec};
use core::fmt;

/// A complete HTTP response that does not open a WebSocket connection: a refusal, or the answer to a plain request. The stream
/// ends after it.
///
/// It still has to be sent. The simplest way is [`into_connection`](Self::into_connection), which makes a connection for the code
/// that drives all others. To write it yourself, use [`into_bytes`](Self::into_bytes): write the bytes, shut down the write half
/// of the transport, and read until the client has closed its half, for at most a second. If you close the transport at once, TCP
/// can discard the response before the client has read it.
///
/// ```
/// use bowline::{Config, Input, server::{Handshake, Progress}};
/// use bytes::Buf;
///
/// let mut bytes = *b"POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
/// let progress = Handshake::new(Config::default()).receive(&mut Input::from(&mut bytes));
/// let Progress::Refused(refusal) = progress else { panic!() };
/// assert_eq!(refusal.status(), 405);
///
/// let mut connection = refusal.into_connection();
/// assert!(connection.output().chunk().starts_with(b"HTTP/1.1 405 Method Not Allowed\r\n"));
/// ```
#[must_use = "the client waits for the response"]
pub struct Refusal {
    config: Arc<Config>,
    status: u16,
    error: Option<HandshakeError>,
    bytes: Vec<u8>,
    /// The offset in `bytes` at which a further field is inserted: before the empty line.
    fields_end: usize,
}

impl Refusal {
    /// Creates the response for a broken rule. "The server MUST stop processing the client's handshake and return an HTTP
    /// response with an appropriate error code" (RFC 6455 §4.2.1). The body names the rule.
    pub(super) fn of(error: HandshakeError, config: Arc<Config>) -> Self {
        let status = error.status();
        let head = head_of(&error, status, "GET");
        let body = format!("{}\n", error.for_client());
        let is_head = matches!(&error, HandshakeError::Method(method) if method == "HEAD");
        let (bytes, fields_end) = assemble(status, head, body.as_bytes(), is_head);
        Self { config, status, error: Some(error), bytes, fields_end }
    }

    /// Creates the response for a decision of the application. `is_head` is whether the method of the request is HEAD.
    pub(super) fn with_status(status: u16, body: &[u8], is_head: bool, config: Arc<Config>) -> Self {
        let (bytes, fields_end) = assemble(status, head(status, false, "GET"), body, is_head);
        Self { config, status, error: None, bytes, fields_end }
    }

    /// Converts this response into a connection that only delivers it, so that the code which drives all connections can also
    /// send refusals.
    ///
    /// - [`output`](Connection::output) is the response. All input is discarded.
    /// - [`should_shutdown`](Connection::should_shutdown) is true once the response is written.
    /// - [`is_closed`](Connection::is_closed) is true when the client has ended its stream, and at the latest after
    ///   [`Deadlines::close`](crate::Deadlines::close) or a second, whichever is shorter. Until then the client can read the
    ///   response.
    /// - [`closure`](Connection::closure) is always `None`, since there was no WebSocket connection.
    #[must_use = "the client waits for the response"]
    pub fn into_connection(self) -> Connection {
        Connection::delivering(self.config, self.bytes)
    }

    /// Returns the complete response as bytes, for a driver that writes it without a [`Connection`].
    #[must_use = "the client waits for the response"]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the HTTP status, such as 403.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the error for the rule that the request broke, for example to log it. `None` if the application decided: with
    /// [`Request::refuse`](super::Request::refuse) or [`PlainRequest::respond`](super::PlainRequest::respond).
    #[must_use]
    pub fn error(&self) -> Option<&HandshakeError> {
        self.error.as_ref()
    }

    /// Adds a header field, such as `WWW-Authenticate` with status 401, or `Location` with a redirect (RFC 6455 §4.2.2). A second
    /// field of the same name is added, and does not replace the first.
    ///
    /// ```
    /// use bowline::{HeaderError, server::{Refusal, Request}};
    ///
    /// fn login(request: Request) -> Result<Refusal, HeaderError> {
    ///     request.refuse(401, "Log in first.\n").header("WWW-Authenticate", "Basic realm=\"chat\"")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the name is not a token, if the value contains a control byte such as CR or LF, or if the field is
    /// [reserved](HeaderError::Reserved). The refusal is then lost, and the client gets no response.
    #[doc(alias("WWW-Authenticate", "basic auth", "redirect", "Location", "cookie", "Set-Cookie"))]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, HeaderError> {
        let line = field_line::line(name, value.as_ref(), self.written())?;
        let end = self.fields_end;
        self.fields_end += line.len();
        self.bytes.splice(end..end, line);
        Ok(self)
    }

    /// Returns the names of fields that this module writes, besides those that are always reserved.
    fn written(&self) -> &'static [&'static str] {
        if self.error.is_some() { &["Content-Type", "X-Content-Type-Options", "Allow"] } else { &["Allow"] }
    }
}

/// The bytes are left out, since they can contain secrets.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, error, .. } = self;
        f.debug_struct("Refusal").field("status", status).field("error", error).finish_non_exhaustive()
    }
}

/// Whether the response must list the supported version. "If this version does not match a version understood by the server, the
/// server MUST \[...\] send an appropriate HTTP error code \[...\] and a |Sec-WebSocket-Version| header field indicating the
/// version(s) the server is capable of understanding" (RFC 6455 §4.2.2).
fn asks_for_version(error: &HandshakeError) -> bool {
    matches!(
        error,
        HandshakeError::Version(_)
            | HandshakeError::Missing("Sec-WebSocket-Version")
            | HandshakeError::Repeated("Sec-WebSocket-Version")
            | HandshakeError::Invalid { name: "Sec-WebSocket-Version", .. }
    )
}

/// Appends the end of the head and the body. Also returns the offset at which further fields are inserted: before the empty line.
fn assemble(status: u16, head: Vec<u8>, body: &[u8], is_head: bool) -> (Vec<u8>, usize) {
    let mut bytes = head;
    // A 205 has no content (RFC 9110 §15.3.6). A 204 and a 304 have none either, and no length (§6.4.1, §8.6).
    let body = if matches!(status, 204 | 205 | 304) { &[] } else { body };
    if !matches!(status, 204 | 304) {
        field_line::push(&mut bytes, "Content-Length", format!("{}", body.len()).as_bytes());
    }
    let fields_end = bytes.len();
    bytes.extend_from_slice(b"\r\n");
    // A response to HEAD has the length of the body that a GET would get, and no body (RFC 9110 §9.3.2).
    if !is_head {
        bytes.extend_from_slice(body);
    }
    (bytes, fields_end)
}

/// Returns the status line, and the fields of a response whose body is the text of an error. That text contains received bytes,
/// so browsers must not guess that it is HTML.
pub(super) fn head_of(error: &HandshakeError, status: u16, allowed: &str) -> Vec<u8> {
    let mut head = head(status, asks_for_version(error), allowed);
    field_line::push(&mut head, "Content-Type", b"text/plain; charset=utf-8");
    field_line::push(&mut head, "X-Content-Type-Options", b"nosniff");
    head
}

/// Returns the status line, and the fields that the status needs. `allowed` is the method of a handshake.
fn head(status: u16, asks_for_version: bool, allowed: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", status::phrase(status)).into_bytes();
    if status == 426 {
        // "The server MUST send an Upgrade header field in a 426 response" (RFC 9110 §15.5.22), and "a sender of
        // Upgrade MUST also send an 'Upgrade' connection option" (§7.8).
        field_line::push(&mut head, "Upgrade", b"websocket");
        field_line::push(&mut head, "Connection", b"Upgrade, close");
    } else {
        field_line::push(&mut head, "Connection", b"close");
    }
    if status == 426 || asks_for_version {
        field_line::push(&mut head, "Sec-WebSocket-Version", b"13");
    }
    if status == 405 {
        // "The origin server MUST generate an Allow header field in a 405 response" (RFC 9110 §15.5.6).
        field_line::push(&mut head, "Allow", allowed.as_bytes());
    }
    head
}
