//! The opening handshake (RFC 6455 §3, §4), both roles, through the public API.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod cuts;
mod errors;
#[cfg(all(test, feature = "http"))]
mod extended_connect;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod http;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod limits;
#[cfg(all(test, feature = "http"))]
mod messages;
#[cfg(test)]
mod origin;
#[cfg(test)]
mod request;
#[cfg(test)]
mod response;
#[cfg(test)]
mod server;
#[cfg(test)]
mod uri;
