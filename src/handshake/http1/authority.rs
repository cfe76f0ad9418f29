use super::{
    grammar::{self, ByteSet},
    percent,
};
use core::net::Ipv6Addr;

/// `host [ ":" port ]`: the part of a URI after `//`, and the value of a Host field (RFC 3986 §3.2, RFC 9110 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// As it was written, with the brackets of an IPv6 address. It is ASCII.
    pub(crate) host: &'a [u8],
    /// `None` if there is none. An empty port means the same (RFC 3986 §3.2.3).
    pub(crate) port: Option<u16>,
}

/// Why a text is not a valid [`Authority`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityError {
    UserInfo,
    NotAscii,
    Host,
    Port,
}

impl<'a> Authority<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, AuthorityError> {
        // An `@`, or a character that is not ASCII, is never valid in a host or a port. An error that names it helps more than
        // "invalid host".
        Self::split(text).map_err(|error| match error {
            _ if text.contains(&b'@') => AuthorityError::UserInfo,
            _ if !text.is_ascii() => AuthorityError::NotAscii,
            error => error,
        })
    }

    fn split(text: &'a [u8]) -> Result<Self, AuthorityError> {
        let is_address = text.starts_with(b"[");
        let end = if is_address { address_len(text) } else { reg_name_len(text) };
        let (host, port) = end.and_then(|end| text.split_at_checked(end)).ok_or(AuthorityError::Host)?;
        // A name ends at the first byte that it cannot contain. Only the colon of a port may follow.
        if !is_address && !matches!(port, [] | [b':', ..]) {
            return Err(AuthorityError::Host);
        }
        Ok(Self { host, port: parse_port(port)? })
    }
}

/// Returns the length of the IPv6 address in brackets with which a text begins.
fn address_len(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|&byte| byte == b']')?;
    let address = core::str::from_utf8(text.get(1..end)?).ok()?;
    address.parse::<Ipv6Addr>().is_ok().then_some(end + 1)
}

/// Returns the length of the `reg-name` with which a text begins. IPv4 addresses are names, too. `None` if it is empty, which
/// `http` and `ws` URIs do not allow (RFC 9110 §4.2.1).
fn reg_name_len(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    loop {
        rest = grammar::split_prefix(rest, is_name_byte).1;
        match percent::split_encoded(rest) {
            Some((_, after)) => rest = after,
            None => break,
        }
    }
    Some(text.len() - rest.len()).filter(|&len| len > 0)
}

fn parse_port(text: &[u8]) -> Result<Option<u16>, AuthorityError> {
    match text {
        [] | [b':'] => Ok(None),
        [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            grammar::checked_str(digits).parse().map(Some).map_err(|_| AuthorityError::Port)
        }
        _ => Err(AuthorityError::Port),
    }
}

/// `unreserved` and `sub-delims` (RFC 3986 §2.2, §2.3).
fn is_name_byte(byte: u8) -> bool {
    static SET: ByteSet = grammar::alphanumeric_and(b"-._~!$&'()*+,;=");
    grammar::is_in(&SET, byte)
}
