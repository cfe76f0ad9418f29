//! Tunnels through proxies, without IO: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC 1929).

#[cfg(test)]
mod address;
#[cfg(test)]
mod http_connect;
#[cfg(test)]
mod kit;
#[cfg(feature = "std")]
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod socks5;
#[cfg(test)]
mod splits;
