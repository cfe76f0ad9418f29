//! Tokens, comma-separated lists and field values (RFC 9110 §5.5, §5.6, RFC 6455 §4.3).

use crate::bug::OrBug;
use alloc::{format, string::String};

/// The number of empty elements that a list may have: "enough to handle common mistakes by senders that merge values, but not
/// so much that they could be used as a denial-of-service mechanism" (RFC 9110 §5.6.1.2).
pub(crate) const MAX_EMPTY_ELEMENTS: usize = 16;

/// How much of a received value an error keeps, in bytes: enough to recognise it, and little for a log to hold.
const EXCERPT: usize = 64;

/// Returns the part of a received value that an error shows: its beginning, with everything escaped that is not printable ASCII.
pub(crate) fn excerpt(received: &[u8]) -> String {
    match received.get(..EXCERPT) {
        Some(start) if received.len() > EXCERPT => format!("{}...", start.escape_ascii()),
        _ => format!("{}", received.escape_ascii()),
    }
}

/// A set of bytes: whether each byte is in it.
pub(crate) type ByteSet = [bool; 256];

/// Returns the set of letters, digits and `others`.
#[expect(clippy::indexing_slicing, reason = "every byte is an index of 256 entries, and it runs at compile time only")]
pub(crate) const fn alphanumeric_and(others: &[u8]) -> ByteSet {
    let mut set = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        set[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        set[others[at] as usize] = true;
        at += 1;
    }
    set
}

#[expect(clippy::indexing_slicing, reason = "every byte is an index of 256 entries")]
pub(crate) fn is_in(set: &ByteSet, byte: u8) -> bool {
    set[usize::from(byte)]
}

/// Whether a byte is a `tchar` (RFC 9110 §5.6.2). The "characters in the range U+0021 to U+007E not including separator
/// characters" of RFC 6455 §4.1 are the same set.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    static TCHAR: ByteSet = alphanumeric_and(b"!#$%&'*+-.^_`|~");
    is_in(&TCHAR, byte)
}

/// Splits off the longest prefix whose bytes are all `wanted`.
pub(crate) fn split_prefix(text: &[u8], wanted: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let len = text.iter().take_while(|&&byte| wanted(byte)).count();
    text.split_at_checked(len).or_bug()
}

pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// Whether a field value may be sent or received: it has no CR, LF, NUL or other control byte, except for tabs (RFC 9110 §5.5).
pub(crate) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control())
}

/// Returns the elements of one line of a list in order, empty ones included.
pub(crate) fn elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

/// Returns the tokens of a list that may have several lines. In a list that was checked, these are all elements but the empty
/// ones.
pub(crate) fn tokens<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a str> {
    lines.flat_map(elements).filter_map(as_token)
}

/// Returns the elements of a list that may have several lines, apart from those that are empty or not UTF-8. They need not be
/// tokens.
pub(crate) fn strings<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a str> {
    lines
        .flat_map(elements)
        .filter_map(|element| core::str::from_utf8(element).ok())
        .filter(|element| !element.is_empty())
}

/// Returns the bytes as `str`, if they are a token.
pub(crate) fn as_token(text: &[u8]) -> Option<&str> {
    is_token(text).then(|| checked_str(text))
}

/// Returns bytes as `str` that are known to be ASCII, since they were checked when the head was parsed.
pub(crate) fn checked_str(ascii: &[u8]) -> &str {
    debug_assert!(ascii.is_ascii(), "this was checked before: {}", ascii.escape_ascii());
    core::str::from_utf8(ascii).or_bug()
}
