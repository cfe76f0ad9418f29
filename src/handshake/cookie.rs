//! The header field `Cookie` (RFC 6265 §4.2.1): `name=value` pairs, separated by semicolons.

/// Returns the value of the first cookie with this name, without double quotes around it. Names are case-sensitive. Returns
/// `None` also if the value is not UTF-8.
pub(super) fn find<'a>(mut fields: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<&'a str> {
    let value = fields.find_map(|field| field.split(|&byte| byte == b';').find_map(|pair| value_of(pair, name)))?;
    core::str::from_utf8(value).ok()
}

/// Returns the value of a pair, if the pair has this name.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (key, value) = pair.split_at_checked(pair.iter().position(|&byte| byte == b'=')?)?;
    let value = value.strip_prefix(b"=")?.trim_ascii();
    // The grammar allows double quotes around any value (RFC 6265 §4.1.1), so they carry no meaning.
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    (key.trim_ascii() == name.as_bytes()).then(|| unquoted.unwrap_or(value))
}
