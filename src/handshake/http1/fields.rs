use super::{
    grammar,
    known::Known,
    places::{Place, Places, range},
};
use crate::handshake::error::HandshakeError;
use alloc::{vec, vec::Vec};
use core::{fmt, ops::Range};
use httparse::Status;

/// The header fields of a head: the bytes as they were received, and where in them the names and the values are.
pub(crate) struct Fields {
    head: Vec<u8>,
    places: Places,
}

/// What a request line says.
pub(crate) struct RequestLine {
    pub(crate) method: Range<usize>,
    pub(crate) target: Range<usize>,
}

impl Fields {
    /// Takes a whole request apart.
    pub(crate) fn of_request(head: Vec<u8>, limit: usize) -> Result<(RequestLine, Self), HandshakeError> {
        let mut slots = slots(&head, limit)?;
        let mut request = httparse::Request::new(&mut slots);
        match request.parse(&head) {
            Ok(Status::Complete(_)) => {}
            Ok(Status::Partial) => return Err(start_line(&head)),
            Err(error) => return Err(explain(error, &head)),
        }
        // "The HTTP version MUST be at least 1.1" (RFC 6455 §4.1), and "a server MUST ignore an Upgrade header field
        // that is received in an HTTP/1.0 request" (RFC 9110 §7.8).
        if request.version != Some(1) {
            return Err(HandshakeError::HttpVersion(grammar::excerpt(first_line(&head))));
        }
        let place = |text: Option<&str>| range(&head, text.unwrap_or_default().as_bytes());
        let line = RequestLine { method: place(request.method), target: place(request.path) };
        let places = Places::of(&head, request.headers);
        Ok((line, Self::new(head, places)))
    }

    /// Takes a whole response apart. Returns its status and whether it is HTTP/1.1.
    pub(crate) fn of_response(mut head: Vec<u8>, limit: usize) -> Result<(u16, bool, Self), HandshakeError> {
        unfold(&mut head);
        let mut slots = slots(&head, limit)?;
        let mut response = httparse::Response::new(&mut slots);
        match response.parse(&head) {
            Ok(Status::Complete(_)) => {}
            Ok(Status::Partial) => return Err(start_line(&head)),
            Err(error) => return Err(explain(error, &head)),
        }
        let (status, is_http_1_1) = (response.code.unwrap_or_default(), response.version == Some(1));
        let places = Places::of(&head, response.headers);
        Ok((status, is_http_1_1, Self::new(head, places)))
    }

    /// A head, and where in it the fields are.
    pub(crate) fn new(head: Vec<u8>, places: Places) -> Self {
        Self { head, places }
    }

    /// What stands in a place: offsets that came from this head.
    pub(crate) fn get(&self, place: &Range<usize>) -> &[u8] {
        self.head.get(place.clone()).unwrap_or_default()
    }

    /// Where in the head `part`, which must be a part of it, stands.
    pub(crate) fn place_of(&self, part: &[u8]) -> Range<usize> {
        range(&self.head, part)
    }

    /// The request line or the status line.
    pub(crate) fn first_line(&self) -> &[u8] {
        first_line(&self.head)
    }

    /// All fields, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.places
            .iter()
            .map(|place| (core::str::from_utf8(self.get(&place.name)).unwrap_or_default(), self.get(&place.value)))
    }

    /// The value of the first field with this name.
    pub(crate) fn first(&self, name: &str) -> Option<&[u8]> {
        let is_it = |place: &&Place| self.get(&place.name).eq_ignore_ascii_case(name.as_bytes());
        self.places.iter().find(is_it).map(|place| self.get(&place.value))
    }

    /// The values of all fields of a kind, in order.
    pub(crate) fn known(&self, field: Known) -> impl Iterator<Item = &[u8]> {
        self.places.known(field).map(|place| self.get(&place.value))
    }

    /// The value of the first field of a kind.
    pub(crate) fn first_known(&self, field: Known) -> Option<&[u8]> {
        self.known(field).next()
    }

    /// The value of a field that must not be there more than once.
    pub(crate) fn at_most_one(&self, field: Known) -> Result<Option<&[u8]>, HandshakeError> {
        if self.places.is_repeated(field) {
            Err(HandshakeError::Repeated(field.name()))
        } else {
            Ok(self.first_known(field))
        }
    }

    /// The value of a field that must be there once.
    pub(crate) fn exactly_one(&self, field: Known) -> Result<&[u8], HandshakeError> {
        self.at_most_one(field)?.ok_or_else(|| HandshakeError::Missing(field.name()))
    }

    /// Checks a list that may go over several lines: `1#element` (RFC 9110 §5.6.1). True if an element is `wanted`, which
    /// must be one without a comma.
    pub(crate) fn check_list(
        &self,
        field: Known,
        is_element: impl Fn(&[u8]) -> bool,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, HandshakeError> {
        let (mut empty, mut found) = (0_usize, false);
        for line in self.known(field) {
            // Mostly there is nothing else in the line.
            if wanted(line) {
                found = true;
                continue;
            }
            for element in grammar::elements(line) {
                // "A recipient MUST parse and ignore a reasonable number of empty list elements" (RFC 9110 §5.6.1.2).
                if element.is_empty() {
                    empty = empty.saturating_add(1);
                }
                if empty > grammar::MAX_EMPTY_ELEMENTS || !(element.is_empty() || is_element(element)) {
                    return Err(invalid(field, element));
                }
                found |= wanted(element);
            }
        }
        Ok(found)
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

pub(crate) fn invalid(field: Known, received: &[u8]) -> HandshakeError {
    HandshakeError::Invalid { name: field.name(), received: grammar::excerpt(received) }
}

/// Room for as many fields as the head has lines, if those are not too many.
fn slots<'a>(head: &[u8], limit: usize) -> Result<Vec<httparse::Header<'a>>, HandshakeError> {
    // Every LF ends a line, as all others have been refused; the first line and the last, the empty one, are no field.
    // Counted in bytes, which is what the compiler vectorises well, of pieces in which a byte does not overflow.
    let count = |piece: &[u8]| piece.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>();
    let lines: usize = head.chunks(255).map(|piece| usize::from(count(piece))).sum();
    let fields = lines.saturating_sub(2);
    if fields > limit { Err(HandshakeError::TooManyFields { limit }) } else { Ok(vec![httparse::EMPTY_HEADER; fields]) }
}

/// "A user agent that receives an obs-fold in a response message that is not within a 'message/http' container MUST
/// replace each received obs-fold with one or more SP octets prior to interpreting the field value" (RFC 9112 §5.2).
///
/// The first line cannot be folded: whitespace after it is refused with the line that it begins (§2.2).
fn unfold(head: &mut [u8]) {
    let mut rest = head;
    let mut is_first = true;
    while let Some(lf) = rest.iter().position(|&byte| byte == b'\n') {
        let next = lf.saturating_add(1);
        if !is_first
            && matches!(rest.get(next), Some(b' ' | b'\t'))
            && let Some(line_end) = rest.get_mut(lf.saturating_sub(1)..next)
        {
            line_end.fill(b' ');
        }
        is_first = false;
        rest = rest.get_mut(next..).unwrap_or_default();
    }
}

fn first_line(head: &[u8]) -> &[u8] {
    lines(head).next().unwrap_or_default()
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn start_line(head: &[u8]) -> HandshakeError {
    HandshakeError::StartLine(grammar::excerpt(first_line(head)))
}

/// What the parser found, with the line in which it found it.
fn explain(error: httparse::Error, head: &[u8]) -> HandshakeError {
    match error {
        httparse::Error::Version => HandshakeError::HttpVersion(grammar::excerpt(first_line(head))),
        httparse::Error::HeaderName => {
            let line = lines(head).skip(1).find(|line| field_name(line).is_none());
            HandshakeError::FieldLine(grammar::excerpt(line.unwrap_or_default()))
        }
        httparse::Error::HeaderValue => {
            let line = lines(head).skip(1).find(|line| !grammar::is_field_value(line));
            HandshakeError::FieldValue(grammar::excerpt(line.and_then(field_name).unwrap_or_default()))
        }
        _ => start_line(head),
    }
}

/// "A server MUST reject, with a response status code of 400 (Bad Request), any received request message that
/// contains whitespace between a header field name and colon" (RFC 9112 §5.1): only a token is a name.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    line.split(|&byte| byte == b':').next().filter(|name| name.len() < line.len() && grammar::is_token(name))
}
