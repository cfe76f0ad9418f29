use super::grammar::{self, ByteSet};
use core::net::Ipv6Addr;

/// `host [ ":" port ]`: the part of a URI after `//`, and the value of a Host field (RFC 3986 §3.2, RFC 9110 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// As it was written, with the brackets of an IPv6 address. All of it is ASCII if it was checked.
    pub(crate) host: &'a [u8],
    /// `None` if there is none, or an empty one, which is the same (RFC 3986 §3.2.3).
    pub(crate) port: Option<u16>,
}

/// Why something is not an [`Authority`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityError {
    UserInfo,
    NotAscii,
    Host,
    Port,
}

impl<'a> Authority<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, AuthorityError> {
        let (host, port) = split_port(text);
        let port = if is_host(host) { parse_port(port) } else { Err(AuthorityError::Host) };
        // Neither `@` nor what is not ASCII can be in a host or a port; to name the cause is more use than "invalid host".
        let port = port.map_err(|error| match error {
            _ if text.contains(&b'@') => AuthorityError::UserInfo,
            _ if !text.is_ascii() => AuthorityError::NotAscii,
            error => error,
        })?;
        Ok(Self { host, port })
    }

    /// The same without a check of the host: for a comparison with one that has been checked.
    pub(crate) fn split(text: &'a [u8]) -> Result<Self, AuthorityError> {
        let (host, port) = split_port(text);
        Ok(Self { host, port: parse_port(port)? })
    }
}

/// The host, and the port with its colon or nothing.
fn split_port(text: &[u8]) -> (&[u8], &[u8]) {
    let position = |wanted: u8| text.iter().position(|&byte| byte == wanted);
    let end = if text.starts_with(b"[") { position(b']').map(|at| at + 1) } else { position(b':') };
    text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, b""))
}

fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', address @ .., b']'] => {
            core::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok())
        }
        _ => is_reg_name(host),
    }
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

/// `reg-name`, and with it IPv4 addresses; but not the empty one, which no http or ws URI may have (RFC 9110 §4.2.1).
fn is_reg_name(host: &[u8]) -> bool {
    let mut rest = host;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match after {
            _ if is_name_byte(byte) => after,
            [high, low, after @ ..] if byte == b'%' && is_hex_pair([*high, *low]) => after,
            _ => return false,
        };
    }
    !host.is_empty()
}

/// `unreserved` and `sub-delims` (RFC 3986 §2.2, §2.3).
fn is_name_byte(byte: u8) -> bool {
    static SET: ByteSet = grammar::alphanumeric_and(b"-._~!$&'()*+,;=");
    grammar::is_in(&SET, byte)
}

pub(crate) fn is_hex_pair(digits: [u8; 2]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}
