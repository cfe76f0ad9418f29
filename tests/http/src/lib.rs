//! Openings through HTTP libraries: hyper as server and as client, and h2 where the frames of HTTP/2 themselves count.

#[cfg(test)]
mod http1;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod kit;

/// The code of the guide is compiled, and run where it needs no network.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/http.md")]
mod guide {}
