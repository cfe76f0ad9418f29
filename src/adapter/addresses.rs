//! The order in which the addresses of a host are attempted: Happy Eyeballs (RFC 8305).

use super::route::no_address;
use alloc::{collections::VecDeque, format, vec::Vec};
use core::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use std::io;

/// How long one address is attempted alone before the next one is attempted, too. "One recommended value for a default delay is
/// 250 milliseconds" (RFC 8305 §5).
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// Returns the addresses that were found for a host, in the order in which to attempt them. There is at least one.
pub(super) fn found(addresses: impl IntoIterator<Item = SocketAddr>) -> io::Result<VecDeque<SocketAddr>> {
    let addresses = alternating(addresses.into_iter());
    if addresses.is_empty() { Err(no_address()) } else { Ok(addresses) }
}

/// Returns the addresses that can be reached from a local address. There is at least one.
pub(super) fn reachable(
    mut addresses: VecDeque<SocketAddr>,
    local: Option<IpAddr>,
) -> io::Result<VecDeque<SocketAddr>> {
    let Some(local) = local else { return Ok(addresses) };
    addresses.retain(|address| address.is_ipv4() == local.is_ipv4());
    if addresses.is_empty() {
        let family = if local.is_ipv4() { "IPv4" } else { "IPv6" };
        let text = format!("the host has no {family} address, and the local address {local} needs one");
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, text));
    }
    Ok(addresses)
}

/// Sorts the addresses so that the two families alternate, beginning with the family of the first (RFC 8305 §4). The resolver has
/// sorted them by preference. If one family has no route, the second attempt is with the other one.
fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut addresses = addresses.peekable();
    let is_v6_first = addresses.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.partition(|address| address.is_ipv6() == is_v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut in_turn = VecDeque::new();
    loop {
        let pair = (first.next(), second.next());
        in_turn.extend(pair.0.into_iter().chain(pair.1));
        if pair == (None, None) {
            return in_turn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{string::ToString, vec};

    #[test]
    fn families_in_turn() {
        let six = ["[::1]:1", "[::2]:1", "[::3]:1"].map(|text| text.parse().unwrap());
        let four = ["127.0.0.1:1", "127.0.0.2:1"].map(|text| text.parse().unwrap());
        let [first, second, third] = six;
        assert_eq!(alternating([first, second, third, four[0]].into_iter()), [first, four[0], second, third]);
        assert_eq!(alternating([four[0], four[1], first].into_iter()), [four[0], first, four[1]]);
        assert_eq!(alternating(vec![].into_iter()), []);
    }

    /// A socket with a local address reaches only addresses of its family.
    #[test]
    fn the_family_of_the_local_address() {
        let addresses = ["[::1]:1", "127.0.0.1:1"].map(|text| text.parse().unwrap());
        let [six, four] = addresses;
        let from = |local: &str, addresses: &[SocketAddr]| {
            reachable(addresses.iter().copied().collect(), Some(local.parse().unwrap()))
        };
        assert_eq!(from("127.0.0.1", &addresses).unwrap(), [four]);
        assert_eq!(from("::1", &addresses).unwrap(), [six]);
        assert_eq!(reachable(addresses.into(), None).unwrap(), addresses);
        let error = from("::1", &[four]).unwrap_err();
        assert_eq!(error.to_string(), "the host has no IPv6 address, and the local address ::1 needs one");
        assert_eq!(found([]).unwrap_err().to_string(), "the host has no address");
    }
}
