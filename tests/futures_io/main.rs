//! The tests of `adapter::futures_io`: what it has of its own. The driver is that of `adapter::tokio`, and is tested there.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(clippy::similar_names, reason = "senders and servers are what this is about")]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "that is how helpers of tests fail")]

#[expect(dead_code, reason = "a kit for several binaries")]
#[path = "../suite/common.rs"]
mod common;
mod kit;

mod messages;
mod opening;
mod time;
