use crate::Input;
use crate::handshake::{http1::field_name::FieldName, http1::fields::Fields, http1::grammar};
use alloc::vec::Vec;
use core::fmt;

/// How much of a body is kept, in bytes.
const MAX_BODY: usize = 1024;

/// A server's answer to the opening handshake: its head (RFC 6455 §4.2.2) and, if the server refused, the beginning of its
/// [`body`](Self::body).
///
/// ```
/// use bowline::client::Response;
///
/// /// Where to connect instead, if the server redirects.
/// fn redirection(response: &Response) -> Option<&str> {
///     let location = response.header("Location").filter(|_| (300..400).contains(&response.status()))?;
///     core::str::from_utf8(location).ok()
/// }
/// # use bowline::{Config, Input, client::{Handshake, Progress, Request}};
/// # let mut bytes = *b"HTTP/1.1 301 Moved Permanently\r\nLocation: wss://example.com/\r\n\r\n";
/// # let mut handshake = Handshake::new(Request::from_uri("ws://localhost/").unwrap(), Config::default());
/// # let Progress::Refused(_, Some(response)) = handshake.receive(&mut Input::from(&mut bytes)) else { panic!() };
/// # assert_eq!(redirection(&response), Some("wss://example.com/"));
/// ```
pub struct Response {
    status: u16,
    is_http_1_1: bool,
    pub(super) fields: Fields,
    /// The part of the body that was received, up to [`MAX_BODY`].
    body: Vec<u8>,
}

impl Response {
    pub(super) fn new(status: u16, is_http_1_1: bool, fields: Fields) -> Self {
        Self { status, is_http_1_1, fields, body: Vec::new() }
    }

    pub(super) fn is_http_1_1(&self) -> bool {
        self.is_http_1_1
    }

    /// The HTTP status: 101 if the server agreed.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of the first header field with this name, in any case. Values are bytes, not necessarily UTF-8.
    ///
    /// Whitespace around the value is not part of it. If a field may appear several times, such as `Set-Cookie`, use
    /// [`headers`](Self::headers).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.named(name).next()
    }

    /// All header fields, in order, with their names as they were received.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter()
    }

    /// The subprotocol that the server chose; `None` if it chose none. If the connection is open, it is in use, and one of
    /// those that were offered (RFC 6455 §4.1).
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.fields.value(FieldName::Protocol).and_then(grammar::as_token)
    }

    /// The versions of the protocol that the server supports, as it lists them if 13 is not among them (§4.4). Several lines
    /// are one list (§11.3.5).
    // Merging the lines by hand takes a list parser, which applications should not have to write.
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        grammar::tokens(self.fields.values(FieldName::Version)).filter_map(|version| version.parse().ok())
    }

    /// The beginning of the body of an answer that refuses, up to 1 KiB. It often has the reason, for people.
    ///
    /// The adapters read as much of it as arrives within a second and before the deadline for the handshake. With a driver of
    /// your own it is empty until you pass it to [`receive_body`](Self::receive_body). The bytes are as the server sent them:
    /// not necessarily UTF-8, and not safe to print to a terminal. The body of an answer with a `Transfer-Encoding: chunked` is
    /// not kept.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes the beginning of the [`body`](Self::body) off the front of `input`: first off the input that was left when
    /// [`Handshake::receive`](super::Handshake::receive) refused, then off further reads. Returns true if more is
    /// wanted; the caller decides how long to wait for it. Once it is false, nothing is taken any more.
    ///
    /// ```
    /// # use bowline::{Config, Input, client::{Handshake, Progress, Request}};
    /// # let mut handshake = Handshake::new(Request::from_uri("ws://localhost/")?, Config::default());
    /// let mut bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\nOnly on ".to_vec();
    /// let mut input = Input::from(&mut bytes);
    /// if let Progress::Refused(error, Some(mut response)) = handshake.receive(&mut input) {
    ///     assert!(response.receive_body(&mut input));
    ///     // read more, with a time limit
    ///     let mut bytes = *b"VPN";
    ///     assert!(!response.receive_body(&mut Input::from(&mut bytes)), "this was all of it");
    ///     println!("{error}: {}", response.body().escape_ascii());
    /// #   assert_eq!(response.body(), b"Only on VPN");
    /// }
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    pub fn receive_body(&mut self, input: &mut Input<'_>) -> bool {
        let wanted = self.kept_length() - self.body.len();
        self.body.extend_from_slice(input.take(wanted));
        self.body.len() < self.kept_length()
    }

    /// How much of the body is kept if all of it arrives.
    fn kept_length(&self) -> usize {
        let mut codings = self.fields.values(FieldName::TransferEncoding).flat_map(grammar::elements);
        match self.body_length() {
            Some(length) => usize::try_from(length).map_or(MAX_BODY, |length| length.min(MAX_BODY)),
            // The sizes of the chunks are in between, which nobody wants to read.
            None if codings.any(|coding| coding.eq_ignore_ascii_case(b"chunked")) => 0,
            // It extends to the end of the stream.
            None => MAX_BODY,
        }
    }

    /// The length of the body of an answer that refuses, in bytes, if the server gave it in a reliable way.
    ///
    /// `None` if there is no `Content-Length`, or one that is invalid or contradicts another, or a
    /// `Transfer-Encoding`: close the transport then (RFC 9112 §6.3). A 101 never has a body.
    #[must_use]
    pub fn body_length(&self) -> Option<u64> {
        if matches!(self.status, 101 | 204 | 304) {
            return Some(0);
        }
        if self.fields.value(FieldName::TransferEncoding).is_some() {
            return None;
        }
        let mut lengths = self.fields.values(FieldName::ContentLength).flat_map(grammar::elements).map(parse_length);
        let first = lengths.next()??;
        lengths.all(|length| length == Some(first)).then_some(first)
    }
}

/// Without values and body: they may be secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("fields", &self.fields)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit).then_some(value)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}
