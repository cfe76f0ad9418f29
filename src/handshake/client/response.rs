use crate::handshake::{fields::Fields, grammar, known::Known};

/// A server's answer to the opening handshake: its head (RFC 6455 §4.2.2). The body of a refusal is not read: see
/// [`body_length`](Self::body_length).
#[derive(Debug)]
pub struct Response {
    status: u16,
    is_http_1_1: bool,
    pub(super) fields: Fields,
}

impl Response {
    pub(super) fn new(status: u16, is_http_1_1: bool, fields: Fields) -> Self {
        Self { status, is_http_1_1, fields }
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

    /// How long the body of an answer that refuses is, in bytes, if it says so in a way that can be relied on. What has
    /// come of it is still in the input of [`Handshake::receive`](super::Handshake::receive); how much of the rest to
    /// read is for the caller to decide.
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
