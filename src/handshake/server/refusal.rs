use crate::{
    Config, Connection,
    handshake::{
        error::HandshakeError,
        http1::field_line::{self, HeaderError},
    },
};
use alloc::{format, sync::Arc, vec::Vec};
use core::fmt;

/// An answer that does not open a connection: a complete HTTP response, after which the stream ends.
///
/// The simplest way to send it is [`into_connection`](Self::into_connection), with the code that drives all connections. To
/// write it yourself, take the bytes with [`into_bytes`](Self::into_bytes); then shut the write half of the transport, and read until the client
/// has closed its half, for a second at most. To close the transport at once could destroy the answer on its way.
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
#[must_use = "the client waits for an answer"]
pub struct Refusal {
    config: Arc<Config>,
    status: u16,
    error: Option<HandshakeError>,
    bytes: Vec<u8>,
    /// Where in `bytes` a further field goes: before the empty line.
    fields_end: usize,
}

impl Refusal {
    /// For a broken rule. "The server MUST stop processing the client's handshake and return an HTTP response with an
    /// appropriate error code" (RFC 6455 §4.2.1); the body says which rule it is.
    pub(super) fn of(error: HandshakeError, config: Arc<Config>) -> Self {
        let status = error.status();
        let head = head_of(&error, status, "GET");
        let body = format!("{error}\n");
        let is_head = matches!(&error, HandshakeError::Method(method) if method == "HEAD");
        let (bytes, fields_end) = assemble(status, head, body.as_bytes(), is_head);
        Self { config, status, error: Some(error), bytes, fields_end }
    }

    /// For a decision of the application. `is_head` if the method of the request is HEAD.
    pub(super) fn with_status(status: u16, body: &[u8], is_head: bool, config: Arc<Config>) -> Self {
        let (bytes, fields_end) = assemble(status, head(status, false, "GET"), body, is_head);
        Self { config, status, error: None, bytes, fields_end }
    }

    /// A connection that only delivers this answer, so that one loop can drive it like every other connection.
    ///
    /// Its [`output`](Connection::output) is the answer, and all input is discarded. It
    /// [should be shut down](Connection::should_shutdown) once the answer is written, and
    /// [is closed](Connection::is_closed) when the client has ended its stream, or when the time for closing has passed:
    /// [`Deadlines::close`](crate::Deadlines::close), at most a second. Until then the client can read the answer. There is
    /// no [`closure`](Connection::closure), since there was no WebSocket connection.
    #[must_use = "the client waits for the answer"]
    pub fn into_connection(self) -> Connection {
        Connection::delivering(self.config, self.bytes)
    }

    /// The complete answer, for a driver that writes it without a [`Connection`].
    #[must_use = "the client waits for the answer"]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The HTTP status, such as 403.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The rule that the request broke; `None` if the answer is the application's own.
    #[must_use]
    pub fn error(&self) -> Option<&HandshakeError> {
        self.error.as_ref()
    }

    /// Adds a header field, such as `WWW-Authenticate` or `Location` (RFC 6455 §4.2.2). Fields of the same name are
    /// added one after the other.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the name is not a token, if the value contains a control byte, such as CR or LF, or if the field is
    /// there already. The refusal is then lost.
    ///
    /// ```
    /// # fn login(request: bowline::server::Request) -> Result<bowline::server::Refusal, bowline::HeaderError> {
    /// request.refuse(401, "who are you?\n").header("WWW-Authenticate", "Basic realm=\"chat\"")
    /// # }
    /// ```
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, HeaderError> {
        let line = field_line::line(name, value.as_ref(), self.written())?;
        let end = self.fields_end;
        self.fields_end += line.len();
        self.bytes.splice(end..end, line);
        Ok(self)
    }

    /// Fields that are in it and must not appear twice.
    fn written(&self) -> &'static [&'static str] {
        if self.error.is_some() { &["Content-Type", "X-Content-Type-Options", "Allow"] } else { &["Allow"] }
    }
}

/// Without the bytes: there may be secrets in them.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, error, .. } = self;
        f.debug_struct("Refusal").field("status", status).field("error", error).finish_non_exhaustive()
    }
}

/// "If this version does not match a version understood by the server, the server MUST \[...\] send an appropriate
/// HTTP error code \[...\] and a |Sec-WebSocket-Version| header field indicating the version(s) the server is capable of
/// understanding" (RFC 6455 §4.2.2).
fn asks_for_version(error: &HandshakeError) -> bool {
    matches!(
        error,
        HandshakeError::Version(_)
            | HandshakeError::Missing("Sec-WebSocket-Version")
            | HandshakeError::Repeated("Sec-WebSocket-Version")
            | HandshakeError::Invalid { name: "Sec-WebSocket-Version", .. }
    )
}

/// Appends the end of the head and the body. Also returns where further fields are inserted: before the empty line.
fn assemble(status: u16, head: Vec<u8>, body: &[u8], is_head: bool) -> (Vec<u8>, usize) {
    let mut bytes = head;
    // RFC 9110 §15.3.6: a 205 has no content, and neither have a 204 and a 304, which have no length either (§6.4.1, §8.6).
    let body = if matches!(status, 204 | 205 | 304) { &[] } else { body };
    if !matches!(status, 204 | 304) {
        field_line::push(&mut bytes, "Content-Length", format!("{}", body.len()).as_bytes());
    }
    let fields_end = bytes.len();
    bytes.extend_from_slice(b"\r\n");
    // An answer to HEAD has the length of the body, and no body (RFC 9110 §9.3.2).
    if !is_head {
        bytes.extend_from_slice(body);
    }
    (bytes, fields_end)
}

/// The status line, and the fields of an answer whose body is the rule that was broken.
pub(super) fn head_of(error: &HandshakeError, status: u16, allowed: &str) -> Vec<u8> {
    let mut head = head(status, asks_for_version(error), allowed);
    field_line::push(&mut head, "Content-Type", b"text/plain; charset=utf-8");
    field_line::push(&mut head, "X-Content-Type-Options", b"nosniff");
    head
}

/// The status line, and the fields that the status needs. `allowed` is the method of a handshake.
fn head(status: u16, asks_for_version: bool, allowed: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", phrase(status)).into_bytes();
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

/// The reason phrase (RFC 9110 §15, RFC 6585). It may be empty.
fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
