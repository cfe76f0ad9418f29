//! The host names of this server.

use std::net::{IpAddr, Ipv6Addr};

/// The answer to a request for another host.
pub(crate) const MISDIRECTED: &str = "this server does not have the host name of this request. To add a name, start it as: bowline-chat ADDRESS NAME...\n";

/// The host names in requests that this server accepts. The owner of any other name can point it at this server (DNS
/// rebinding). For the browser, a page from that name then has the same origin as this server; only the name in the request
/// reveals the attack. Addresses and `localhost` are always accepted, since an attacker cannot redirect them. Ports are not
/// compared.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(mut names: Vec<String>) -> Self {
        names.push("localhost".into());
        Self(names)
    }

    /// Returns whether this Host header field names this server.
    pub(crate) fn contain(&self, host: &str) -> bool {
        if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        name.parse::<IpAddr>().is_ok() || self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}
