//! Opening handshakes through HTTP libraries: hyper as server and as client, and h2 for tests of single frames of HTTP/2.

#[cfg(test)]
mod byte_stream;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod http1;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod kit;

/// The code of the guides is compiled, and run unless it needs the network.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/http.md")]
mod guide {}

#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/axum.md")]
mod axum_guide {}
