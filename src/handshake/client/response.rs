use super::body::{Body, Chunk, Framing};
use crate::Input;
use crate::handshake::{http1::fields::Fields, http1::grammar, http1::known::Known};
use alloc::boxed::Box;

/// A server's answer to the opening handshake: its head (RFC 6455 §4.2.2), and of an answer that refuses the beginning of its
/// [`body`](Self::body).
#[derive(Debug)]
pub struct Response {
    status: u16,
    is_http_1_1: bool,
    pub(super) fields: Fields,
    /// What was received of it, once there was something.
    body: Option<Box<Body>>,
}

impl Response {
    pub(super) fn new(status: u16, is_http_1_1: bool, fields: Fields) -> Self {
        Self { status, is_http_1_1, fields, body: None }
    }

    pub(super) fn is_http_1_1(&self) -> bool {
        self.is_http_1_1
    }

    /// The HTTP status: 101 if the server agreed.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of the first header field with this name, in whatever case. Values are bytes: they need not be UTF-8.
    ///
    /// Spaces around the value are not part of it. A field that is there several times, as `Set-Cookie` may be, is in
    /// [`headers`](Self::headers).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.first(name)
    }

    /// All header fields, in order, with their names as they were received.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter()
    }

    /// The subprotocol that the server chose. It is in use if the connection is open, and is then one of those that
    /// were offered (RFC 6455 §4.1); `None` means that there is none.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.fields.first_known(Known::Protocol).and_then(grammar::as_token)
    }

    /// The versions of the protocol that the server speaks, as it lists them when it does not speak 13 (§4.4). Several
    /// lines are one list (§11.3.5).
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        grammar::tokens(self.fields.known(Known::Version)).filter_map(|version| version.parse().ok())
    }

    /// The beginning of the body of an answer that refuses, up to 1 KiB of it: it often says why, for people.
    ///
    /// The adapters read what comes of it within a second and before the deadline for the handshake. Those who drive by hand pass
    /// it to [`receive_body`](Self::receive_body); until then it is empty. It is what the server sent, but that the marks
    /// between the chunks of a chunked body are taken out (RFC 9112 §7.1): it need not be UTF-8, or fit for a terminal.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| body.bytes())
    }

    /// Takes the beginning of the [`body`](Self::body) off the front of `input`, which is what was left of it when
    /// [`Handshake::receive`](super::Handshake::receive) refused, and then what the transport brings. True if more is wanted:
    /// it is for the caller to decide how long to wait for it. Once it is false, nothing is taken any more.
    ///
    /// ```
    /// # use bowline::{Config, client::{Handshake, Progress, Request}};
    /// # let mut handshake = Handshake::new(Request::from_uri("ws://localhost/")?, Config::default());
    /// let mut bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\nOnly on ".to_vec();
    /// let mut input = &mut bytes[..];
    /// if let Progress::Refused(error, Some(mut response)) = handshake.receive(&mut input) {
    ///     assert!(response.receive_body(&mut input));
    ///     // read more, with a time limit
    ///     assert!(!response.receive_body(&mut &mut b"VPN"[..].to_vec()[..]), "all is there");
    ///     println!("{error}: {}", response.body().escape_ascii());
    /// #   assert_eq!(response.body(), b"Only on VPN");
    /// }
    /// # Ok::<(), bowline::client::InvalidRequest>(())
    /// ```
    pub fn receive_body(&mut self, input: &mut Input<'_>) -> bool {
        if self.body.is_none() {
            let framing = self.framing();
            self.body = Some(Box::new(Body::new(framing)));
        }
        self.body.as_mut().is_some_and(|body| body.receive(input))
    }

    fn framing(&self) -> Framing {
        let mut codings = self.fields.known(Known::TransferEncoding).flat_map(grammar::elements);
        match self.body_length() {
            Some(length) => Framing::Length(length),
            None if codings.any(|coding| coding.eq_ignore_ascii_case(b"chunked")) => Framing::Chunked(Chunk::Size(0)),
            None => Framing::ToTheEnd,
        }
    }

    /// How long the body of an answer that refuses is, in bytes, if it says so in a way that can be relied on.
    ///
    /// `None` if there is no `Content-Length`, or one that is invalid or contradicts another, or a
    /// `Transfer-Encoding`: close the transport then (RFC 9112 §6.3). A 101 has no body, whatever it says.
    #[must_use]
    pub fn body_length(&self) -> Option<u64> {
        if matches!(self.status, 101 | 204 | 304) {
            return Some(0);
        }
        if self.fields.first_known(Known::TransferEncoding).is_some() {
            return None;
        }
        let mut lengths = self.fields.known(Known::ContentLength).flat_map(grammar::elements).map(parse_length);
        let first = lengths.next()??;
        lengths.all(|length| length == Some(first)).then_some(first)
    }
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit).then_some(value)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}
