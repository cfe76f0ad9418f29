//! The hosts that are reached without a proxy, by the rules of curl's `--noproxy`.

use crate::handshake::http1::address::without_zone;
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;

/// A list as in the variable `no_proxy`.
#[derive(Clone, Debug)]
pub(super) struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    All,
    /// A domain with its subdomains, in lower case.
    Domain(String, Option<u16>),
    /// The addresses whose first `prefix` bits are those of `address`.
    Network {
        address: IpAddr,
        prefix: u32,
        port: Option<u16>,
    },
}

impl NoProxy {
    /// Parses a list, separated by commas or blanks. Entries that match nothing are left out.
    pub(super) fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).filter_map(Entry::parse);
        Self { entries: entries.collect() }
    }

    /// Whether a host, which is a name or an address, is in the list.
    pub(super) fn contains(&self, host: &str, port: u16) -> bool {
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let address = without_zone(host).parse().ok();
        self.entries.iter().any(|entry| match entry {
            Entry::All => true,
            Entry::Domain(domain, only) => {
                address.is_none() && is_within(&name, domain) && only.is_none_or(|only| only == port)
            }
            Entry::Network { address: network, prefix, port: only } => {
                address.is_some_and(|address| is_in_network(address, *network, *prefix))
                    && only.is_none_or(|only| only == port)
            }
        })
    }
}

impl Entry {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::All);
        }
        let (text, port) = split_port(entry);
        if let Some((address, prefix)) = text.split_once('/') {
            let address: IpAddr = unbracketed(address).parse().ok()?;
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= bits(address))?;
            return Some(Self::Network { address, prefix, port });
        }
        if let Ok(address) = unbracketed(text).parse() {
            return Some(Self::Network { address, prefix: bits(address), port });
        }
        // As browsers and Go, and unlike curl, `*.example.com` is accepted.
        let domain = text.strip_prefix('*').unwrap_or(text);
        let domain = domain.strip_prefix('.').unwrap_or(domain);
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        (!domain.is_empty()).then(|| Self::Domain(domain.to_ascii_lowercase(), port))
    }
}

/// Splits off a port. An IPv6 address with a port is in brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let is_address = entry.parse::<IpAddr>().is_ok() || entry.contains('/');
    match entry.rsplit_once(':').filter(|_| !is_address) {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
        _ => (entry, None),
    }
}

fn unbracketed(address: &str) -> &str {
    address.strip_prefix('[').and_then(|address| address.strip_suffix(']')).unwrap_or(address)
}

/// Whether a name is a domain or one of its subdomains.
fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

const fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_in_network(address: IpAddr, network: IpAddr, prefix: u32) -> bool {
    let differing = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (address.to_bits() ^ network.to_bits()).leading_zeros(),
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits() ^ network.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= prefix
}
