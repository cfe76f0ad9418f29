use super::TunnelError;
use crate::handshake::http1::{address::without_zone, authority::Authority, grammar};
use core::net::{IpAddr, SocketAddr};

/// "the number of octets of name that follow" is one byte (RFC 1928 §5).
const MAX_SOCKS_NAME: usize = 255;

/// The server to which a [`Tunnel`](super::Tunnel) leads, with its port.
///
/// Use the name if [`Proxy::resolves_names`](super::Proxy::resolves_names), and one of its addresses otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A host, as [`Request::host`](crate::client::Request::host) returns it: a name or an IP address, without brackets. The zone of
    /// an IPv6 address is left out, since it has a meaning only on this computer.
    Name(&'a str, u16),
    /// An address, which the client has found by a DNS lookup.
    Address(SocketAddr),
}

/// The host of a valid [`Target`].
pub(super) enum Host<'a> {
    Name(&'a str),
    Ip(IpAddr),
}

impl<'a> Target<'a> {
    /// Returns the host and the port, if a tunnel can be asked for with them.
    pub(super) fn check(self, is_socks: bool) -> Result<(Host<'a>, u16), TunnelError> {
        let (name, port) = match self {
            Self::Name(name, port) => (without_zone(name), port),
            Self::Address(address) => return Ok((Host::Ip(address.ip()), address.port())),
        };
        if let Ok(address) = name.parse() {
            return Ok((Host::Ip(address), port));
        }
        // An address in brackets would be one, too, but not a name.
        let is_whole = |authority: Authority<'_>| authority.host.len() == name.len() && !name.starts_with('[');
        let is_name = Authority::parse(name.as_bytes()).is_ok_and(is_whole);
        if is_name && !(is_socks && name.len() > MAX_SOCKS_NAME) {
            Ok((Host::Name(name), port))
        } else {
            Err(TunnelError::Target(grammar::excerpt(name.as_bytes())))
        }
    }
}
