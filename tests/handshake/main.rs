//! The opening handshake (RFC 6455 §3, §4), both roles, through the public API.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod delivery;
mod errors;
#[cfg(feature = "http")]
#[cfg(test)]
mod extended_connect;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod http;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod limits;
#[cfg(feature = "http")]
#[cfg(test)]
mod messages;
#[cfg(test)]
mod origin;
#[cfg(test)]
mod own_head;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod reported;
#[cfg(test)]
mod request;
#[cfg(test)]
mod resource;
#[cfg(test)]
mod response;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod server;
#[cfg(feature = "std")]
#[cfg(test)]
mod texts;
#[cfg(test)]
mod uri;
