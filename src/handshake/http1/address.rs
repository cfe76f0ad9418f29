//! The authority of a URI as an address to connect to. It can have user information and the zone of an IPv6 address, which a Host
//! field cannot.

use super::{
    authority::{Authority, AuthorityError},
    credentials::Credentials,
    grammar, percent,
};
use alloc::{borrow::Cow, format, string::String};

/// `[ user [ ":" password ] "@" ] host [ ":" port ]` (RFC 3986 §3.2).
pub(crate) struct Address {
    pub(crate) credentials: Option<Credentials>,
    /// A name, or an IP address. An IPv6 address is without its brackets, and can have a zone, as in `fe80::1%eth0`.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
}

impl Address {
    /// The error is `UserInfo` if the user information is not valid.
    pub(crate) fn parse(text: &str) -> Result<Self, AuthorityError> {
        // Of several `@`, the last one ends the user information, as in browsers.
        let (user_info, server) = text.rsplit_once('@').unwrap_or(("", text));
        let credentials = Credentials::of_user_info(user_info).map_err(|_| AuthorityError::UserInfo)?;
        let (plain, zone) = match split_zone(server) {
            None => (Cow::Borrowed(server), String::new()),
            Some((plain, zone)) => (Cow::Owned(plain), decode_zone(zone).ok_or(AuthorityError::Host)?),
        };
        let Authority { host, port } = Authority::parse(plain.as_bytes())?;
        let mut host = String::from(grammar::checked_str(host).trim_matches(['[', ']']));
        if !zone.is_empty() {
            host.push('%');
            host.push_str(&zone);
        }
        Ok(Self { credentials, host, port })
    }
}

/// Splits the zone off an IPv6 address in brackets. Returns the text without it and without its `%`, and the zone.
fn split_zone(server: &str) -> Option<(String, &str)> {
    let (address, rest) = server.strip_prefix('[')?.split_once(']')?;
    let (address, zone) = address.split_once('%')?;
    Some((format!("[{address}]{rest}"), zone))
}

/// Decodes the text after the `%` of a zone. "%25" stands for the `%` itself (RFC 6874 §2), but many programs accept a bare `%`.
fn decode_zone(text: &str) -> Option<String> {
    let text = text.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(text);
    let zone = String::from_utf8(percent::decode(text.as_bytes())?).ok()?;
    let is_valid = |byte: u8| byte.is_ascii_graphic() && !b"%/[]@".contains(&byte);
    (!zone.is_empty() && zone.bytes().all(is_valid)).then_some(zone)
}

/// Returns a host without the zone of an IPv6 address. A zone has a meaning only on this computer.
pub(crate) fn without_zone(host: &str) -> &str {
    // Percent-encoded bytes of a name are not a zone.
    match host.split_once('%') {
        Some((address, _)) if address.contains(':') => address,
        _ => host,
    }
}

/// Returns a host as it is written in a Host field: an IPv6 address is in brackets and without its zone (RFC 6874 §4: "the zone
/// identifier \[...\] MUST NOT be sent").
pub(crate) fn in_host_field(host: &str) -> Cow<'_, str> {
    let host = without_zone(host);
    if host.contains(':') { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) }
}

/// Returns a host as it is written in a URI (RFC 6874 §2).
pub(crate) fn in_uri(host: &str) -> Cow<'_, str> {
    match host.split_once('%') {
        Some((address, zone)) if address.contains(':') => Cow::Owned(format!("[{address}%25{zone}]")),
        _ => in_host_field(host),
    }
}
