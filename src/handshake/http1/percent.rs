//! Percent-encoding (RFC 3986 §2.1).

use super::grammar::{self, ByteSet};
use alloc::{string::String, vec::Vec};

/// Splits a percent-encoded byte off the front: `%` and two hexadecimal digits. Returns the byte and the rest.
pub(crate) fn split_encoded(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = text else { return None };
    let [high, low] = [*high, *low].map(|digit| char::from(digit).to_digit(16));
    Some((u8::try_from(high? * 16 + low?).ok()?, rest))
}

/// Decodes all percent-encoded bytes. Returns `None` if a `%` is not followed by two hexadecimal digits.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let (decoded, after) = if byte == b'%' { split_encoded(rest)? } else { (byte, after) };
        bytes.push(decoded);
        rest = after;
    }
    Some(bytes)
}

/// Appends a path or a query, with each byte that neither may contain as `%` and two digits (RFC 6455 §11.1). Percent-encoded
/// bytes stay as they are, so that a URI which is valid already does not change.
pub(crate) fn push_encoded(encoded: &mut String, text: &[u8]) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if may_stay(byte) || split_encoded(rest).is_some() {
            encoded.push(char::from(byte));
        } else {
            push_byte(encoded, byte);
        }
        rest = after;
    }
}

/// Appends a byte as `%` and two digits.
pub(crate) fn push_byte(encoded: &mut String, byte: u8) {
    // A nibble is always a digit in base 16, so the `0` is never used.
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    encoded.extend(['%', digit(byte >> 4), digit(byte & 0xF)]);
}

/// The bytes that are allowed in a path or a query (RFC 3986 §3.3, §3.4).
fn may_stay(byte: u8) -> bool {
    static SET: ByteSet = grammar::alphanumeric_and(b"-._~!$&'()*+,;=:@/?");
    grammar::is_in(&SET, byte)
}
