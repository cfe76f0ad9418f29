//! The part of a text that errors and `Debug` show. Whatever may be a secret is left out: user information, query and fragment of
//! a URI, and values of header fields.

use super::grammar::{self, excerpt};
use alloc::{format, string::String};

/// Marks what was left out.
const OMITTED: &str = "...";

/// How much of a text that is not ASCII is shown, in characters.
const CHARACTERS: usize = 64;

/// Returns a URI, an origin or a request-target without its query and fragment. With an `@` that can end user information, only
/// the scheme is left, since an invalid password can contain any character.
pub(crate) fn uri(text: &[u8]) -> String {
    let is_path = text.starts_with(b"/") && !text.starts_with(b"//");
    if !is_path && text.contains(&b'@') {
        return match scheme(text) {
            Some(scheme) => format!("{}://{OMITTED}", excerpt(scheme)),
            None => OMITTED.into(),
        };
    }
    match text.iter().position(|byte| b"?#".contains(byte)).and_then(|at| text.get(..=at)) {
        Some(start) if start.len() < text.len() => format!("{}{OMITTED}", excerpt(start).trim_end_matches(OMITTED)),
        _ => excerpt(text),
    }
}

/// Returns a part of a URI that is not valid, such as its path. It is left out if there is an `@` in it or after it, since it can
/// then be a part of the user information.
pub(crate) fn part(text: &str, after: &str) -> String {
    if text.contains('@') || after.contains('@') { OMITTED.into() } else { uri(text.as_bytes()) }
}

/// Returns the scheme of a URI.
fn scheme(text: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = text.split_at_checked(text.iter().position(|&byte| byte == b':')?)?;
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    (rest.starts_with(b"://") && scheme.iter().all(is_scheme)).then_some(scheme)
}

/// Returns the first line of a head, with its target as [`uri`] shows it, and with its version.
pub(crate) fn first_line(line: &[u8]) -> String {
    if !line.iter().any(|byte| b"?#@".contains(byte)) {
        return excerpt(line);
    }
    let mut words = line.splitn(2, |&byte| byte == b' ');
    let (method, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !grammar::is_token(method) || method.contains(&b'#') {
        return uri(line);
    }
    let version = rest.rsplit(|&byte| byte == b' ').next().filter(|word| word.starts_with(b"HTTP/") && word.len() < 10);
    let version = version.map_or(String::new(), |version| format!(" {}", excerpt(version)));
    format!("{} {}{version}", excerpt(method), uri(rest))
}

/// Returns the name in a line that is not a valid header field. It is empty if the line has no colon, or begins with none of the
/// characters of a name: it can then be a value.
pub(crate) fn field(line: &[u8]) -> String {
    if line.contains(&b':') { excerpt(grammar::split_prefix(line, grammar::is_token_byte).0) } else { String::new() }
}

/// Returns a name that is not a token, up to the first character that is not allowed: a value can follow.
pub(crate) fn name(text: &str) -> String {
    let (start, rest) = grammar::split_prefix(text.as_bytes(), grammar::is_token_byte);
    format!("{}{}", excerpt(start).trim_end_matches(OMITTED), if rest.is_empty() { "" } else { OMITTED })
}

/// Returns the beginning of a text that is not ASCII, readable: only control and format characters are escaped.
pub(crate) fn readable(text: &str) -> String {
    let start: String = text.chars().take(CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS).is_some() { format!("{start}{OMITTED}") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for (text, shown) in [
            ("ws://h/p?secret", "ws://h/p?..."),
            ("ws://h/p#secret?", "ws://h/p#..."),
            ("wsss://me:secret@h/p", "wsss://..."),
            ("me:secret@h/p", "..."),
            ("ws:me:secret@h", "..."),
            ("me:secret@ws://h", "..."),
            ("ws://me:s?e#c/ret@h/", "ws://..."),
            ("/@name/p?a@b", "/@name/p?..."),
            ("ws://h/p", "ws://h/p"),
            ("ws://h/p?", "ws://h/p?"),
            ("//me:secret@h/", "..."),
        ] {
            assert_eq!(uri(text.as_bytes()), shown);
        }
        let long = "a".repeat(100);
        assert_eq!(uri(format!("/{long}?secret").as_bytes()), format!("/{}...", &long[..63]));
    }

    #[test]
    fn first_lines() {
        for (text, shown) in [
            ("GET /p?secret HTTP/1.0", "GET /p?... HTTP/1.0"),
            ("GET /p?a secret HTTP/1.1", "GET /p?... HTTP/1.1"),
            ("GET /p HTTP/1.0", "GET /p HTTP/1.0"),
            ("GET http://me:secret@h/ HTTP/1.1", "GET http://... HTTP/1.1"),
            ("GET /p?HTTP/secret", "GET /p?..."),
            ("GE?secret / HTTP/1.1", "GE?..."),
            ("me:secret@h", "..."),
            ("HTTP/1.2 101 x", "HTTP/1.2 101 x"),
        ] {
            assert_eq!(first_line(text.as_bytes()), shown);
        }
    }

    #[test]
    fn fields_and_names() {
        for (text, shown) in [("Cookie : secret", "Cookie"), (" secret: x", ""), ("secret", ""), ("a b: c", "a")] {
            assert_eq!(field(text.as_bytes()), shown);
        }
        assert_eq!((name("Cookie: secret").as_str(), name("").as_str()), ("Cookie...", ""));
        assert_eq!(readable("bücher.example\u{202E}\n"), "bücher.example\\u{202e}\\n");
        assert_eq!(readable(&"ü".repeat(65)), format!("{}...", "ü".repeat(64)));
    }
}
