//! The query of a resource name (RFC 3986 §3.4), and its parameters as HTML forms and `URLSearchParams` encode them.

use super::http1::percent;
use alloc::{borrow::Cow, string::String, vec::Vec};

/// Splits a resource name into the path and the query. The `?` between them belongs to neither.
pub(super) fn split(path_and_query: &str) -> (&str, Option<&str>) {
    match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    }
}

/// Returns the decoded value of the first parameter with this name. The value of a parameter without `=` is empty.
pub(super) fn param<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value))
    })
}

/// Decodes `application/x-www-form-urlencoded`: `+` is a space, and `%` with two hexadecimal digits is a byte.
///
/// Nothing is an error, as in browsers: a `%` without two digits stays as it is, and invalid UTF-8 is replaced by U+FFFD.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let plain = (if byte == b'+' { b' ' } else { byte }, after);
        let (decoded, after) = percent::split_encoded(rest).unwrap_or(plain);
        bytes.push(decoded);
        rest = after;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that a form has encoded is decoded, and invalid encodings stay as they are.
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
        assert!(matches!(decode("plain"), Cow::Borrowed(_)), "text without encoded bytes is not copied");
    }
}
