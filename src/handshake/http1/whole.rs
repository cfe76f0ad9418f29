//! The fast path for a head that lies whole in the slice: it is read in one pass where it lies, and copied once.
//!
//! It judges nothing: unless every line is as plain as can be (`name: value`, CR LF), there is no result, and the head
//! goes through [`Head`](super::head::Head) and the parser of [`Fields`], which have the last word.

use super::{
    fields::{Fields, RequestLine},
    grammar,
    known::Known,
    places::{Places, range},
};

/// For how many fields there is room from the start. Browsers send about 15.
const FIELDS: usize = 16;

impl Fields {
    /// A GET request at the front of `bytes`: its length, its first line, and its fields.
    pub(crate) fn of_whole_request(bytes: &[u8], limit: usize) -> Option<(usize, (RequestLine, Self))> {
        let rest = bytes.strip_prefix(b"GET ")?;
        let (target, rest) = rest.split_at_checked(rest.iter().position(|byte| !byte.is_ascii_graphic())?)?;
        let (len, fields) = fields(bytes, rest.strip_prefix(b" HTTP/1.1\r\n")?, limit)?;
        let line = RequestLine { method: 0..3, target: range(bytes, target) };
        (!target.is_empty()).then_some((len, (line, fields)))
    }

    /// A response at the front of `bytes`: its length, its status, whether it is HTTP/1.1, and its fields.
    pub(crate) fn of_whole_response(bytes: &[u8], limit: usize) -> Option<(usize, (u16, bool, Self))> {
        let (digits, rest) = bytes.strip_prefix(b"HTTP/1.1 ")?.split_first_chunk::<3>()?;
        let (_, rest) = text(rest.strip_prefix(b" ")?)?;
        let status = digits.iter().try_fold(0, |number: u16, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            number.checked_mul(10)?.checked_add(u16::try_from(digit).ok()?)
        })?;
        let (len, fields) = fields(bytes, rest, limit)?;
        Some((len, (status, true, fields)))
    }
}

/// The fields in `lines`, the end of `bytes`, up to the empty line, and where after that the head ends.
fn fields(bytes: &[u8], lines: &[u8], limit: usize) -> Option<(usize, Fields)> {
    let mut places = Places::with_room(FIELDS.min(limit));
    let mut rest = lines;
    // Once more than there may be fields, for the empty line.
    for _ in 0..=limit {
        if let Some(after) = rest.strip_prefix(b"\r\n") {
            let len = bytes.len().saturating_sub(after.len());
            return Some((len, Fields::new(bytes.get(..len)?.to_vec(), places)));
        }
        let (name, value, after) = field(rest)?;
        places.push(range(bytes, name), range(bytes, value), Known::of(name));
        rest = after;
    }
    None
}

/// The name and the value in the first of `lines`, and the other lines.
#[inline]
fn field(lines: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, rest) = lines.split_at_checked(lines.iter().position(|&byte| !grammar::is_token_byte(byte))?)?;
    let (value, rest) = text(rest.strip_prefix(b": ")?)?;
    // What is not part of a value is left to the slow path, and so are values that are empty.
    let is_plain = !name.is_empty() && !matches!(value, [] | [b' ', ..] | [.., b' ']);
    is_plain.then_some((name, value, rest))
}

/// Text without control bytes up to CR LF, and what follows that.
#[inline]
fn text(lines: &[u8]) -> Option<(&[u8], &[u8])> {
    let (text, rest) = lines.split_at_checked(control(lines)?)?;
    Some((text, rest.strip_prefix(b"\r\n")?))
}

/// The offset of the first control byte, eight bytes at a time.
#[inline]
fn control(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_le_bytes([0x01; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let del = word ^ (EACH * 0x7F);
        // The high bit of each byte that is below 0x20, or 0x7F. Borrows can set others, but only above the first.
        let low = word.wrapping_sub(EACH * 0x20) & !word;
        let hits = (low | (del.wrapping_sub(EACH) & !del)) & (EACH * 0x80);
        if hits != 0 {
            return at.checked_add(usize::try_from(hits.trailing_zeros() / 8).ok()?);
        }
        at = at.saturating_add(8);
    }
    rest.iter().position(u8::is_ascii_control)?.checked_add(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn request(head: &str, limit: usize) -> Option<usize> {
        Fields::of_whole_request(head.as_bytes(), limit).map(|(len, _)| len)
    }

    fn response(head: &str) -> Option<(usize, u16)> {
        Fields::of_whole_response(head.as_bytes(), 9).map(|(len, (status, _, _))| (len, status))
    }

    /// What is plain goes this way, up to the end of the head, and as many fields as there may be.
    #[test]
    fn plain_heads() {
        assert_eq!(request("GET /a?b HTTP/1.1\r\nA: b\r\nC: d, e\r\n\r\n\x01\x02", 2), Some(36));
        assert_eq!(request("GET / HTTP/1.1\r\n\r\n", 0), Some(18));
        assert_eq!(request("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n", 1), None);
        assert_eq!(response("HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n\x01"), Some((42, 101)));
        assert_eq!(response("HTTP/1.1 999 \r\n\r\n"), Some((17, 999)));
    }

    /// All else does not: it may be right, or wrong, or not all there.
    #[test]
    fn other_heads() {
        for field in
            ["A:b", "A:  b", "A: b ", "A: b\t", "A: b\tc", "A: ", "A : b", ": b", " A: b", "A", "A: b\n", "A: \x7F"]
        {
            assert_eq!(request(&format!("GET / HTTP/1.1\r\n{field}\r\n\r\n"), 9), None, "{field:?}");
            assert_eq!(response(&format!("HTTP/1.1 101 x\r\n{field}\r\n\r\n")), None, "{field:?}");
        }
        for line in [
            "get / HTTP/1.1",
            "GET  HTTP/1.1",
            "GET / HTTP/1.0",
            "GET /\u{e4} HTTP/1.1",
            "\r\nGET / HTTP/1.1",
            "GET / HTTP/1.1\n",
        ] {
            assert_eq!(request(&format!("{line}\r\nA: b\r\n\r\n"), 9), None, "{line:?}");
        }
        for line in [
            "HTTP/1.0 101 x",
            "HTTP/1.1 101",
            "HTTP/1.1 10 x",
            "HTTP/1.1 1x1 x",
            "HTTP/1.1 101 \t",
            "\r\nHTTP/1.1 101 x",
        ] {
            assert_eq!(response(&format!("{line}\r\nA: b\r\n\r\n")), None, "{line:?}");
        }
        assert_eq!(request("GET / HTTP/1.1\r\nA: b\r\n\n\r\n\r\n", 9), None);
        let whole = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
        assert!((0..whole.len()).all(|end| request(&whole[..end], 9).is_none()));
    }

    /// Every byte, in every place of a word and beyond the last one, with what may mislead before and behind it.
    #[test]
    fn the_first_control_byte() {
        for byte in 0..=u8::MAX {
            for other in [0x20, 0x7E, 0x80, 0x9F, 0xA0, 0xFF, 0x00, 0x7F] {
                for len in 1..20 {
                    for at in 0..len {
                        let mut bytes = [b'x'; 20];
                        bytes[at] = byte;
                        bytes[at + 1] = other;
                        let bytes = &bytes[..len];
                        assert_eq!(control(bytes), bytes.iter().position(u8::is_ascii_control), "{bytes:?}");
                    }
                }
            }
        }
    }
}
