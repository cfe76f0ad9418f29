//! The query of a resource name (RFC 3986 §3.4), and the parameters that HTML forms and `URLSearchParams` put into it.

use alloc::{borrow::Cow, string::String, vec::Vec};

/// The path, and the query without its `?`, if there is one.
pub(super) fn split(path_and_query: &str) -> (&str, Option<&str>) {
    match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    }
}

/// The value of the first parameter with this name, decoded. A parameter without `=` has an empty value.
pub(super) fn param<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value))
    })
}

/// Undoes `application/x-www-form-urlencoded`: `+` is a space, and `%` with two hexadecimal digits is a byte. A `%` without
/// them stays as it is, and what is not UTF-8 then is replaced by U+FFFD, as browsers do.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let encoded = if byte == b'%' { after.split_first_chunk().and_then(encoded_byte) } else { None };
        let (decoded, after) = encoded.unwrap_or((if byte == b'+' { b' ' } else { byte }, after));
        bytes.push(decoded);
        rest = after;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn encoded_byte<'a>((digits, after): (&[u8; 2], &'a [u8])) -> Option<(u8, &'a [u8])> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    let byte = u8::try_from(high? * 16 + low?).ok()?;
    Some((byte, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a form encodes is decoded, and what is not encoded well stays as it is.
    #[test]
    fn decoding() {
        for (encoded, decoded) in [
            ("", ""),
            ("plain", "plain"),
            ("a+b", "a b"),
            ("a%20b", "a b"),
            ("a%2Bb%2bc", "a+b+c"),
            ("%26%3D%25", "&=%"),
            ("%C3%BC%c3%bc", "üü"),
            ("%e2%82%ac", "€"),
            ("100%", "100%"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%4g%g4", "%zz%4g%g4"),
            ("%%41", "%A"),
            ("%ff", "\u{FFFD}"),
            ("a%c3", "a\u{FFFD}"),
            ("%00", "\0"),
        ] {
            assert_eq!(decode(encoded), decoded, "{encoded}");
        }
        assert!(matches!(decode("plain"), Cow::Borrowed(_)), "it is copied only if need be");
    }
}
