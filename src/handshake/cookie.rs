//! The field `Cookie` (RFC 6265 §4.2.1): `name=value` pairs with semicolons between them.

/// The value of the first cookie with this name in these fields. Names are case-sensitive. Double quotes around a value are
/// not part of it. `None` also if the value is not UTF-8.
pub(super) fn find<'a>(mut fields: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<&'a str> {
    let value = fields.find_map(|field| field.split(|&byte| byte == b';').find_map(|pair| value_of(pair, name)))?;
    core::str::from_utf8(value).ok()
}

/// The value in a pair, if the pair has this name.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (key, value) = pair.split_at_checked(pair.iter().position(|&byte| byte == b'=')?)?;
    let value = value.strip_prefix(b"=")?.trim_ascii();
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    (key.trim_ascii() == name.as_bytes()).then(|| unquoted.unwrap_or(value))
}
