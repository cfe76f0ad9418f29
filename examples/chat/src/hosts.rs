//! By which names this server goes.

use std::net::{IpAddr, Ipv6Addr};

/// Why other names are not served.
pub(crate) const ELSEWHERE: &str =
    "this server does not go by the name in the Host field. If it should: chat ADDRESS NAME...\n";

/// Whoever owns a name can make it point here (DNS rebinding). A page of theirs would then be of the same origin as this
/// server, for itself and for the browser; only the name tells that it is not. Addresses cannot be pointed elsewhere, and
/// `localhost` belongs to nobody. Ports prove nothing.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(mut names: Vec<String>) -> Self {
        names.push("localhost".into());
        Self(names)
    }

    /// Whether a request with this Host field is for this server.
    pub(crate) fn contain(&self, host: &str) -> bool {
        if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        name.parse::<IpAddr>().is_ok() || self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}
