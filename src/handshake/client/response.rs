use crate::Input;
use crate::handshake::http1::{field_name::FieldName, fields::Fields, grammar};
use alloc::vec::Vec;
use core::fmt;

/// How much of a body is kept, in bytes: enough for a reason, and little for a server that sends without end.
const MAX_BODY: usize = 1024;

/// A server's response to the opening handshake (RFC 6455 §4.2.2). Use it to find out which subprotocol the server chose, to read
/// header fields such as cookies, or to learn why it refused.
///
/// If the server refused, the [`status`](Self::status) and the beginning of the [`body`](Self::body) often have the reason.
///
/// ```
/// use bowline::client::Response;
///
/// /// Returns the URI to connect to instead, if the server redirects.
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
#[doc(alias("redirect"))]
pub struct Response {
    status: u16,
    is_http_1_1: bool,
    pub(super) fields: Fields,
    /// The part of the body that was received, up to [`MAX_BODY`].
    body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, is_http_1_1: bool, fields: Fields) -> Self {
        Self { status, is_http_1_1, fields, body: Vec::new() }
    }

    pub(super) fn is_http_1_1(&self) -> bool {
        self.is_http_1_1
    }

    /// Returns the HTTP status. If the server accepted, it is 101, or 2xx over HTTP/2 and HTTP/3.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the first header field with this name, in any case. Values are bytes, not necessarily UTF-8.
    ///
    /// Whitespace around the value is not part of it. For fields that can appear several times, such as `Set-Cookie`, use
    /// [`headers`](Self::headers).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.named(name).next()
    }

    /// Returns all header fields in order, with upper and lower case of their names as received.
    #[doc(alias("cookie", "Set-Cookie"))]
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter()
    }

    /// Returns the subprotocol that the server chose, from the header field `Sec-WebSocket-Protocol`. `None` if it chose none.
    ///
    /// If the connection is open, this is the subprotocol in use, and one of those that were offered (RFC 6455 §4.1). In a response
    /// that refuses, the value is not checked.
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        let chosen = self.fields.value(FieldName::Protocol).filter(|chosen| !chosen.is_empty())?;
        core::str::from_utf8(chosen).ok()
    }

    /// Returns the versions of the WebSocket protocol that the server supports, from the header field `Sec-WebSocket-Version`.
    /// Servers send it if they do not support the version of the request, 13 (§4.4). Several lines are one list (§11.3.5).
    // `headers` has the same data, but then each application would have to write a parser for lists.
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        grammar::tokens(self.fields.values(FieldName::Version)).filter_map(|version| version.parse().ok())
    }

    /// Returns the beginning of the body of a response that refuses, up to 1 KiB. It often has the reason in plain text.
    ///
    /// The adapters read as much of it as arrives within a second and before the deadline for the handshake. Of a redirect, they
    /// take only what arrives with the head. With a driver of your own, it is empty until you pass the body to
    /// [`receive_body`](Self::receive_body).
    ///
    /// The bytes are as the server sent them: not necessarily UTF-8, and not safe to print to a terminal. A body with
    /// `Transfer-Encoding: chunked` is not kept.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Consumes the beginning of the [`body`](Self::body) from the front of `input`. Call it with the rest of the input that
    /// [`Handshake::receive`](super::Handshake::receive) left when it returned [`Progress::Refused`](super::Progress::Refused),
    /// and then with further reads.
    ///
    /// Returns true if more can follow. It is for the caller to limit how long to wait. Once it returns false, further calls
    /// consume nothing.
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
    ///     assert!(!response.receive_body(&mut Input::from(&mut bytes)), "this was the rest");
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

    /// Returns how much of the body is kept if all of it arrives.
    fn kept_length(&self) -> usize {
        let mut codings = self.fields.values(FieldName::TransferEncoding).flat_map(grammar::elements);
        match self.body_length() {
            Some(length) => usize::try_from(length).map_or(MAX_BODY, |length| length.min(MAX_BODY)),
            // The sizes of the chunks are in between. A decoder is not worth it for a text of up to 1 KiB.
            None if codings.any(|coding| coding.eq_ignore_ascii_case(b"chunked")) => 0,
            // The body extends to the end of the stream (RFC 9112 §6.3).
            None => MAX_BODY,
        }
    }

    /// Returns the length of the whole body, in bytes, if the response declares it reliably. Use it to read the body yourself.
    ///
    /// It is `None` if there is no `Content-Length`, if there are contradictory or invalid ones, or if there is a
    /// `Transfer-Encoding`. The end of the body is then not known from the head, so close the transport (RFC 9112 §6.3). With
    /// status 101, 204 and 304 it is zero.
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

/// Values and body are left out, since they can contain secrets.
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
