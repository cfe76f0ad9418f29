//! The fast path for a head that lies whole in the slice: it is parsed where it lies, and copied once.
//!
//! It judges nothing: unless every line is as plain as can be, there is no result, and the head goes through
//! [`Head`](super::head::Head) and the parser again, which have the last word. The parser alone would not do, as it
//! lets lines end in LF alone.

use super::{
    fields::{Fields, RequestLine, range},
    places::Places,
};
use core::mem::MaybeUninit;
use httparse::{Header, Status};

/// How many fields a head may have here. Browsers send about 15.
const FIELDS: usize = 32;

/// Room for the parser that costs nothing to make.
type Slots<'a> = [MaybeUninit<Header<'a>>; FIELDS];

impl Fields {
    /// A request at the front of `bytes`: its length, its first line, and its fields.
    pub(super) fn of_whole_request(bytes: &[u8], limit: usize) -> Option<(usize, (RequestLine, Self))> {
        let mut slots: Slots<'_> = [const { MaybeUninit::uninit() }; FIELDS];
        let mut request = httparse::Request::new(&mut []);
        let Ok(Status::Complete(len)) = request.parse_with_uninit_headers(bytes, &mut slots) else { return None };
        let head = bytes.get(..len)?;
        let line = RequestLine {
            method: range(head, request.method?.as_bytes()),
            target: range(head, request.path?.as_bytes()),
        };
        let is_plain = line.method.start == 0 && follows(head, line.target.end, b" HTTP/1.1\r\n");
        let fields = if is_plain { plain(head, request.headers, limit)? } else { return None };
        Some((len, (line, fields)))
    }

    /// A response at the front of `bytes`: its length, its status, whether it is HTTP/1.1, and its fields.
    pub(super) fn of_whole_response(bytes: &[u8], limit: usize) -> Option<(usize, (u16, bool, Self))> {
        let mut slots: Slots<'_> = [const { MaybeUninit::uninit() }; FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed =
            httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, &mut slots);
        let Ok(Status::Complete(len)) = parsed else { return None };
        let head = bytes.get(..len)?;
        let reason = range(head, response.reason?.as_bytes());
        let is_plain = head.starts_with(b"HTTP/1.1 ") && follows(head, reason.end, b"\r\n");
        let fields = if is_plain { plain(head, response.headers, limit)? } else { return None };
        Some((len, (response.code?, true, fields)))
    }
}

/// The fields, if nothing but CR LF ends a line. Whitespace behind a value is for the slow path, too.
#[inline]
fn plain(head: &[u8], headers: &[Header<'_>], limit: usize) -> Option<Fields> {
    let is_plain = headers.len() <= limit
        && head.ends_with(b"\r\n\r\n")
        && headers.iter().all(|header| follows(head, range(head, header.value).end, b"\r\n"));
    is_plain.then(|| Fields::new(head.to_vec(), Places::of(head, headers)))
}

fn follows(head: &[u8], at: usize, expected: &[u8]) -> bool {
    head.get(at..).is_some_and(|rest| rest.starts_with(expected))
}
