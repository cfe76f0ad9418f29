//! The names of this server.

use std::net::{IpAddr, Ipv6Addr};

/// The answer to a request for another name.
pub(crate) const MISDIRECTED: &str =
    "the Host field does not have a name of this server. To add a name: bowline-chat ADDRESS NAME...\n";

/// The owner of any name can point it at this server (DNS rebinding). A page from that name would then have the same origin
/// as this server, for itself and for the browser; only the name shows that it does not. An address cannot be pointed
/// elsewhere, and nobody owns `localhost`. The port is not compared.
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
