//! The order in which the addresses of a host are attempted: Happy Eyeballs (RFC 8305).

use alloc::{collections::VecDeque, vec::Vec};
use core::{net::SocketAddr, time::Duration};

/// How long one address is attempted alone before the next one is attempted, too. "One recommended value for a default delay is
/// 250 milliseconds" (RFC 8305 §5).
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// Sorts the addresses so that the two families alternate, beginning with the family of the first (RFC 8305 §4). The resolver has
/// sorted them by preference. If one family has no route, the second attempt is with the other one.
pub(super) fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
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
    use std::vec;

    #[test]
    fn families_in_turn() {
        let six = ["[::1]:1", "[::2]:1", "[::3]:1"].map(|text| text.parse().unwrap());
        let four = ["127.0.0.1:1", "127.0.0.2:1"].map(|text| text.parse().unwrap());
        let [first, second, third] = six;
        assert_eq!(alternating([first, second, third, four[0]].into_iter()), [first, four[0], second, third]);
        assert_eq!(alternating([four[0], four[1], first].into_iter()), [four[0], first, four[1]]);
        assert_eq!(alternating(vec![].into_iter()), []);
    }
}
