use super::grammar::{self, ByteSet};
use core::net::Ipv6Addr;

/// `host [ ":" port ]`: the part of a URI after `//`, and the value of a Host field (RFC 3986 §3.2, RFC 9110 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// As it was written, with the brackets of an IPv6 address.
    pub(crate) host: &'a str,
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
    pub(crate) fn parse(text: &'a str) -> Result<Self, AuthorityError> {
        let (host, port) = split_port(text);
        let port = if is_host(host) { parse_port(port) } else { Err(AuthorityError::Host) };
        // Neither `@` nor what is not ASCII can be in a host or a port; to name the cause is more use than "invalid host".
        let port = port.map_err(|error| match error {
            _ if text.contains('@') => AuthorityError::UserInfo,
            _ if !text.is_ascii() => AuthorityError::NotAscii,
            error => error,
        })?;
        Ok(Self { host, port })
    }

    /// The same without a check of the host: for a comparison with one that has been checked.
    pub(crate) fn split(text: &'a str) -> Result<Self, AuthorityError> {
        let (host, port) = split_port(text);
        Ok(Self { host, port: parse_port(port)? })
    }
}

/// The host, and the port with its colon or nothing.
fn split_port(text: &str) -> (&str, &str) {
    let position = |wanted: u8| text.bytes().position(|byte| byte == wanted);
    let end = if text.starts_with('[') { position(b']').map(|at| at + 1) } else { position(b':') };
    text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""))
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => is_reg_name(host),
    }
}

fn parse_port(text: &str) -> Result<Option<u16>, AuthorityError> {
    match text.strip_prefix(':') {
        None if text.is_empty() => Ok(None),
        Some("") => Ok(None),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(Some).map_err(|_| AuthorityError::Port)
        }
        _ => Err(AuthorityError::Port),
    }
}

/// `reg-name`, and with it IPv4 addresses; but not the empty one, which no http or ws URI may have (RFC 9110 §4.2.1).
fn is_reg_name(host: &str) -> bool {
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        // Behind a `%` are two hexadecimal digits.
        let is_escape = byte == b'%' && bytes.by_ref().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        if !is_name_byte(byte) && !is_escape {
            return false;
        }
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
