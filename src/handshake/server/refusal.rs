use crate::handshake::{
    error::HandshakeError,
    http1::field_line::{self, InvalidHeader},
};
use alloc::{format, vec::Vec};
use bytes::Buf;
use core::fmt;

/// The answer to a request that is turned away: an HTTP response, as bytes to write. Then close the transport.
///
/// Read the bytes with [`bytes::Buf`]. They are length-delimited and say `Connection: close`.
///
/// ```
/// use bowline::server::{Handshake, Progress};
/// use bytes::Buf;
/// use std::{io::Write, sync::Arc};
///
/// let mut transport = Vec::new();
/// let mut handshake = Handshake::new(&Arc::new(bowline::Config::default()));
/// let mut bytes = *b"POST / HTTP/1.1\r\n\r\n";
/// if let Progress::Refused(mut refusal) = handshake.receive(&mut (&mut bytes[..]).into()) {
///     while refusal.has_remaining() {
///         let n = transport.write(refusal.chunk())?;
///         refusal.advance(n);
///     }
/// }
/// assert!(transport.starts_with(b"HTTP/1.1 405 Method Not Allowed\r\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub struct Refusal {
    status: u16,
    error: Option<HandshakeError>,
    bytes: Vec<u8>,
    /// Where in `bytes` a further field goes: before the empty line.
    fields_end: usize,
    sent: usize,
}

impl Refusal {
    /// For a broken rule. "The server MUST stop processing the client's handshake and return an HTTP response with an
    /// appropriate error code" (RFC 6455 §4.2.1); the body says which rule it is.
    pub(super) fn of(error: HandshakeError) -> Self {
        let status = error.status();
        let head = head_of(&error, status, "GET");
        let body = format!("{error}\n");
        // An answer to HEAD has the length of the body, and no body (RFC 9110 §9.3.2).
        let is_head = matches!(&error, HandshakeError::Method(method) if method == "HEAD");
        let sent_body = if is_head { "" } else { &body };
        Self::assemble(status, Some(error), head, body.len(), sent_body.as_bytes())
    }

    /// For a decision of the application.
    pub(super) fn with_status(status: u16, body: &[u8]) -> Self {
        let status = if matches!(status, 300..=303 | 305..=599) { status } else { 500 };
        Self::assemble(status, None, head(status, false, "GET"), body.len(), body)
    }

    fn assemble(status: u16, error: Option<HandshakeError>, head: Vec<u8>, length: usize, body: &[u8]) -> Self {
        let mut bytes = head;
        field_line::push(&mut bytes, "Content-Length", format!("{length}").as_bytes());
        let fields_end = bytes.len();
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        Self { status, error, bytes, fields_end, sent: 0 }
    }

    /// The HTTP status, such as 403.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Which rule the request broke; `None` if the application refused it.
    #[must_use]
    pub fn error(&self) -> Option<&HandshakeError> {
        self.error.as_ref()
    }

    /// Adds a header field, such as `WWW-Authenticate` or `Location` (RFC 6455 §4.2.2). Fields of the same name are
    /// added one after the other.
    ///
    /// # Errors
    ///
    /// [`InvalidHeader`] if the name is not a token, if the value has a control byte in it, such as CR or LF, if the
    /// field is there already, or once the head has been written. The refusal is then gone: its name and value are
    /// the program's, not the client's.
    ///
    /// ```
    /// # fn login(request: bowline::server::Request) -> Result<bowline::server::Refusal, bowline::InvalidHeader> {
    /// request.refuse(401, "who are you?\n").header("WWW-Authenticate", "Basic realm=\"chat\"")
    /// # }
    /// ```
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        let line = field_line::line(name, value.as_ref(), self.written())?;
        if self.sent > self.fields_end {
            return Err(InvalidHeader::TooLate(name.into()));
        }
        let end = self.fields_end;
        self.fields_end = end.saturating_add(line.len());
        self.bytes.splice(end..end, line);
        Ok(self)
    }

    /// Fields that are in it and must not come twice.
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

/// The bytes to write.
impl Buf for Refusal {
    fn remaining(&self) -> usize {
        self.chunk().len()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Bytes that have been written. More than remain count as all of them.
    fn advance(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n);
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

/// The status line, and the fields of an answer whose body says which rule was broken.
pub(super) fn head_of(error: &HandshakeError, status: u16, allowed: &str) -> Vec<u8> {
    let mut head = head(status, asks_for_version(error), allowed);
    field_line::push(&mut head, "Content-Type", b"text/plain; charset=utf-8");
    field_line::push(&mut head, "X-Content-Type-Options", b"nosniff");
    head
}

/// The status line, and the fields that the status asks for. `allowed` is the method that begins a handshake.
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

/// What the status is called (RFC 9110 §15, RFC 6585). A phrase may be empty.
fn phrase(status: u16) -> &'static str {
    match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
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
