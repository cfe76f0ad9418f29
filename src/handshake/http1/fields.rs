//! The header fields of a head: parsing them, finding one by its name, and checking lists.

use super::{field_name::FieldName, grammar, shown};
use crate::{bug::OrBug, handshake::error::HandshakeError};
use alloc::{vec, vec::Vec};
use core::{fmt, mem::MaybeUninit, ops::Range};
use httparse::Status;

/// For a limit of up to this many fields, the parser needs no allocation. It is the default of
/// [`Limits::head_fields`](crate::Limits::head_fields).
const FEW_FIELDS: usize = 100;

/// The header fields of a head: the bytes as they were received, and the spans of the names and values in them. Nothing is
/// copied.
pub(crate) struct Fields {
    head: Vec<u8>,
    spans: Spans,
}

/// The spans of the fields in a head.
struct Spans {
    all: Vec<FieldSpan>,
    /// The set of the known fields that appear in the head.
    present: u16,
    /// The set of the known fields that appear more than once.
    repeated: u16,
}

/// The spans of one field in a head.
struct FieldSpan {
    /// `Some` if the field has a meaning for the handshake.
    field: Option<FieldName>,
    name: Range<usize>,
    value: Range<usize>,
}

/// The spans of the parts of a request line.
pub(crate) struct RequestLine {
    pub(crate) method: Range<usize>,
    pub(crate) target: Range<usize>,
}

impl Fields {
    /// Parses a complete request head.
    pub(crate) fn of_request(head: Vec<u8>, limit: usize) -> Result<(RequestLine, Self), HandshakeError> {
        let mut request = httparse::Request::new(&mut []);
        let mut few = [const { MaybeUninit::uninit() }; FEW_FIELDS];
        let mut many = Vec::new();
        let slots = slots(&head, limit, &mut few, &mut many);
        match request.parse_with_uninit_headers(&head, slots) {
            Ok(Status::Complete(_)) => {}
            Ok(Status::Partial) => return Err(start_line(&head)),
            Err(error) => return Err(explain(error, &head, limit)),
        }
        // "The HTTP version MUST be at least 1.1" (RFC 6455 §4.1), and "a server MUST ignore an Upgrade header field
        // that is received in an HTTP/1.0 request" (RFC 9110 §7.8).
        if request.version != Some(1) {
            return Err(HandshakeError::HttpVersion(shown::first_line(first_line(&head))));
        }
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        debug_assert!(!method.is_empty() && !target.is_empty(), "a complete request line has both");
        let line = RequestLine { method: span(&head, method.as_bytes()), target: span(&head, target.as_bytes()) };
        let spans = spans(&head, request.headers);
        Ok((line, Self { head, spans }))
    }

    /// Parses a complete response head. Also returns its status, and whether it is HTTP/1.1.
    pub(crate) fn of_response(mut head: Vec<u8>, limit: usize) -> Result<(u16, bool, Self), HandshakeError> {
        // Folded lines are rare, so they are looked for only if the parser, which does not accept them, has refused the head.
        let parsed = match parse_response(&head, limit) {
            Err(HandshakeError::FieldLine(_)) if unfold(&mut head) => parse_response(&head, limit),
            parsed => parsed,
        };
        let (status, is_http_1_1, spans) = parsed?;
        Ok((status, is_http_1_1, Self { head, spans }))
    }

    /// Creates a head that has only its first line, with capacity for this many fields.
    #[cfg(feature = "http")]
    pub(crate) fn of_first_line(line: Vec<u8>, fields: usize) -> Self {
        Self { head: line, spans: Spans::with_capacity(fields) }
    }

    /// Appends a field. Name and value must be valid.
    #[cfg(feature = "http")]
    pub(crate) fn push(&mut self, name: &[u8], value: &[u8]) {
        let name_at = self.head.len();
        self.head.extend_from_slice(name);
        self.head.extend_from_slice(b": ");
        let value_at = self.head.len();
        self.head.extend_from_slice(value);
        self.spans.push(name, name_at..name_at + name.len(), value_at..self.head.len());
        self.head.extend_from_slice(b"\r\n");
    }

    /// Returns the span of a part of this head.
    pub(crate) fn span(&self, part: &[u8]) -> Range<usize> {
        span(&self.head, part)
    }

    /// Appends bytes that were not received, so that they have a span like those that were. Returns the span.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.head.len();
        self.head.extend_from_slice(bytes);
        start..self.head.len()
    }

    /// Returns the bytes of a span.
    pub(crate) fn get(&self, span: &Range<usize>) -> &[u8] {
        let bytes = self.head.get(span.clone());
        debug_assert!(bytes.is_some(), "the span belongs to another head");
        bytes.or_bug()
    }

    /// Returns the request line or the status line.
    pub(crate) fn first_line(&self) -> &[u8] {
        first_line(&self.head)
    }

    /// Returns the names and values of all fields in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.spans.all.iter().map(|span| (grammar::checked_str(self.get(&span.name)), self.get(&span.value)))
    }

    /// Returns the values of all fields with this name, in any case, in order.
    pub(crate) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let is_it = |span: &&FieldSpan| self.get(&span.name).eq_ignore_ascii_case(name.as_bytes());
        self.spans.all.iter().filter(is_it).map(|span| self.get(&span.value))
    }

    /// Returns the values of all fields of a kind, in order.
    pub(crate) fn values(&self, field: FieldName) -> impl Iterator<Item = &[u8]> {
        // The sets save the search for a field that is absent, and the rest of the search for a field that appears once.
        let most = if self.has_several(field) { usize::MAX } else { usize::from(self.has(field)) };
        self.spans.all.iter().filter(move |span| span.field == Some(field)).take(most).map(|span| self.get(&span.value))
    }

    /// Whether the head has a field of a kind.
    pub(crate) fn has(&self, field: FieldName) -> bool {
        self.spans.present & field.bit() != 0
    }

    fn has_several(&self, field: FieldName) -> bool {
        self.spans.repeated & field.bit() != 0
    }

    /// Returns the value of the first field of a kind.
    pub(crate) fn value(&self, field: FieldName) -> Option<&[u8]> {
        self.values(field).next()
    }

    /// Returns the value of a field that must not appear more than once.
    pub(crate) fn at_most_one(&self, field: FieldName) -> Result<Option<&[u8]>, HandshakeError> {
        if self.has_several(field) {
            return Err(HandshakeError::Repeated(field.name()));
        }
        Ok(self.value(field))
    }

    /// Returns the value of a field that must appear exactly once.
    pub(crate) fn exactly_one(&self, field: FieldName) -> Result<&[u8], HandshakeError> {
        self.at_most_one(field)?.ok_or_else(|| HandshakeError::Missing(field.name()))
    }

    /// Checks a list that may have several lines: `1#element` (RFC 9110 §5.6.1). Returns whether an element is `wanted`, in any
    /// case. `wanted` must be a valid element itself, or empty.
    pub(crate) fn check_list(
        &self,
        field: FieldName,
        is_element: impl Fn(&[u8]) -> bool,
        wanted: &[u8],
    ) -> Result<bool, HandshakeError> {
        let (mut empty, mut found) = (0, false);
        for line in self.values(field) {
            for element in grammar::elements(line) {
                if !element.is_empty() && element.eq_ignore_ascii_case(wanted) {
                    found = true;
                    continue;
                }
                // "A recipient MUST parse and ignore a reasonable number of empty list elements" (RFC 9110 §5.6.1.2).
                if element.is_empty() {
                    empty += 1;
                }
                if empty > grammar::MAX_EMPTY_ELEMENTS || !(element.is_empty() || is_element(element)) {
                    return Err(invalid(field, element));
                }
            }
        }
        Ok(found)
    }
}

impl Spans {
    fn with_capacity(fields: usize) -> Self {
        Self { all: Vec::with_capacity(fields), present: 0, repeated: 0 }
    }

    fn push(&mut self, token: &[u8], name: Range<usize>, value: Range<usize>) {
        let field = FieldName::of(token);
        if let Some(field) = field {
            self.repeated |= self.present & field.bit();
            self.present |= field.bit();
        }
        self.all.push(FieldSpan { field, name, value });
    }
}

/// Shows the names only, since values can be secrets.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

pub(crate) fn invalid(field: FieldName, received: &[u8]) -> HandshakeError {
    let received = if field == FieldName::Host { shown::uri(received) } else { grammar::excerpt(received) };
    HandshakeError::Invalid { name: field.name(), received }
}

fn parse_response(head: &[u8], limit: usize) -> Result<(u16, bool, Spans), HandshakeError> {
    let mut response = httparse::Response::new(&mut []);
    let mut few = [const { MaybeUninit::uninit() }; FEW_FIELDS];
    let mut many = Vec::new();
    let slots = slots(head, limit, &mut few, &mut many);
    match httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, head, slots) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err(start_line(head)),
        Err(error) => return Err(explain(error, head, limit)),
    }
    debug_assert!(response.code.is_some(), "a complete status line has a status");
    Ok((response.code.or_bug(), response.version == Some(1), spans(head, response.headers)))
}

/// Returns one slot for the parser for each field that the limit allows: in `few` if that is enough, and otherwise in `many`.
fn slots<'s, 'h>(
    head: &[u8],
    limit: usize,
    few: &'s mut [MaybeUninit<httparse::Header<'h>>],
    many: &'s mut Vec<MaybeUninit<httparse::Header<'h>>>,
) -> &'s mut [MaybeUninit<httparse::Header<'h>>] {
    match few.get_mut(..limit) {
        Some(few) => few,
        None => {
            // A head has no more fields than lines. So a large limit costs no memory for a small head.
            let lines = lines(head).count();
            *many = vec![MaybeUninit::uninit(); lines.min(limit)];
            many
        }
    }
}

/// Returns the spans of the parsed fields. Their names are tokens.
fn spans(head: &[u8], headers: &[httparse::Header<'_>]) -> Spans {
    let mut spans = Spans::with_capacity(headers.len());
    for header in headers {
        let name = header.name.as_bytes();
        spans.push(name, span(head, name), span(head, header.value));
    }
    spans
}

/// Returns the span of `part` in `head`.
fn span(head: &[u8], part: &[u8]) -> Range<usize> {
    // An empty part need not lie in `head`, and any empty span stands for it.
    if part.is_empty() {
        return 0..0;
    }
    debug_assert!(head.as_ptr_range().contains(&part.as_ptr()), "the parser returns parts of the head");
    // The parser returns slices and no offsets. Nothing wraps here; other operators would panic if it did, in builds that check.
    let start = part.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
    start..start.wrapping_add(part.len())
}

/// "A user agent that receives an obs-fold in a response message that is not within a 'message/http' container MUST
/// replace each received obs-fold with one or more SP octets prior to interpreting the field value" (RFC 9112 §5.2).
///
/// Whitespace after the first line is not a fold, and is refused later (§2.2). Returns whether there was a fold.
fn unfold(head: &mut [u8]) -> bool {
    let mut rest = head;
    let (mut is_first, mut found) = (true, false);
    while let Some(lf) = rest.iter().position(|&byte| byte == b'\n') {
        if !is_first
            && matches!(rest.get(lf + 1), Some(b' ' | b'\t'))
            // The CR before the LF is there, since `Head` has refused lines that end in LF alone.
            && let Some(line_end) = rest.get_mut(lf - 1..=lf)
        {
            line_end.fill(b' ');
            found = true;
        }
        is_first = false;
        rest = rest.get_mut(lf + 1..).or_bug();
    }
    found
}

fn first_line(head: &[u8]) -> &[u8] {
    lines(head).next().or_bug()
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn start_line(head: &[u8]) -> HandshakeError {
    HandshakeError::StartLine(shown::first_line(first_line(head)))
}

/// Converts the parser's error, and finds the line that caused it, which the parser does not report.
fn explain(error: httparse::Error, head: &[u8], limit: usize) -> HandshakeError {
    match error {
        httparse::Error::TooManyHeaders => HandshakeError::TooManyFields { limit },
        httparse::Error::Version => HandshakeError::HttpVersion(shown::first_line(first_line(head))),
        httparse::Error::HeaderName => {
            let line = lines(head).skip(1).find(|line| field_name(line).is_none());
            HandshakeError::FieldLine(shown::field(line.unwrap_or_default()))
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
