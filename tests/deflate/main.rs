//! The tests of permessage-deflate (RFC 7692), a file for each topic.
//!
//! What is received is made, and what is sent is read, by others than zlib-rs: by miniz, and by a DEFLATE decoder written down
//! here as plainly as RFC 1951 has it, which knows how far back each match reaches.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "that is how helpers of tests fail"
)]

#[path = "../suite/common.rs"]
#[expect(dead_code, reason = "it is made for the tests of the whole protocol")]
mod common;
#[path = "../suite/miniz.rs"]
mod miniz;
#[path = "../suite/wire.rs"]
#[expect(dead_code, reason = "as above")]
mod wire;

mod kit;
mod oracle;
mod raw;

mod as_client;
mod as_server;
mod chunks;
mod limits;
mod prepared;
mod properties;
mod received;
mod reported;
mod sent;
mod windows;
