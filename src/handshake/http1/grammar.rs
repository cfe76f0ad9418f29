//! What HTTP is made of: tokens, comma-separated lists, field values (RFC 9110 §5.6, RFC 6455 §4.3).

use alloc::{format, string::String};

/// How many empty elements a list may have: "enough to handle common mistakes by senders that merge values, but not
/// so much that they could be used as a denial-of-service mechanism" (RFC 9110 §5.6.1.2).
pub(crate) const MAX_EMPTY_ELEMENTS: usize = 16;

/// How much of what was received an error keeps, in bytes.
const EXCERPT: usize = 64;

/// What an error shows of what was received: its beginning, with everything escaped that is not printable ASCII.
pub(crate) fn excerpt(received: &[u8]) -> String {
    match received.get(..EXCERPT) {
        Some(start) if received.len() > EXCERPT => format!("{}...", start.escape_ascii()),
        _ => format!("{}", received.escape_ascii()),
    }
}

/// `tchar` (RFC 9110 §5.6.2). The "characters in the range U+0021 to U+007E not including separator characters" of
/// RFC 6455 §4.1 are the same set.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    static TABLE: [bool; 256] = table(b"!#$%&'*+-.^_`|~");
    is_in(&TABLE, byte)
}

/// The table of letters, digits and some other bytes.
pub(crate) const fn table(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut rest: &mut [bool] = &mut table;
    let mut byte = 0_u8;
    while let Some((entry, after)) = rest.split_first_mut() {
        *entry = byte.is_ascii_alphanumeric() || is_one_of(others, byte);
        byte = byte.wrapping_add(1);
        rest = after;
    }
    table
}

const fn is_one_of(bytes: &[u8], byte: u8) -> bool {
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if *first == byte {
            return true;
        }
        rest = after;
    }
    false
}

pub(crate) fn is_in(table: &[bool; 256], byte: u8) -> bool {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// A field value as it may be sent or received: no CR, LF, NUL or other control byte but the tab (RFC 9110 §5.5).
pub(crate) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control())
}

/// The elements in a line of a list, in order, empty ones included.
pub(crate) fn elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

/// The elements of a list that may go over several lines and has been checked: all of them tokens, so that none is lost on the way to `str`.
pub(crate) fn tokens<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a str> {
    lines.flat_map(elements).filter_map(as_token)
}

/// The same bytes as `str`, if they are a token.
pub(crate) fn as_token(text: &[u8]) -> Option<&str> {
    if is_token(text) { core::str::from_utf8(text).ok() } else { None }
}
