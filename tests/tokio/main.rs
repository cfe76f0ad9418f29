//! The tests of `adapter::tokio`, a file for each topic.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(clippy::similar_names, reason = "senders and servers are what this is about")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "that is how helpers of tests fail"
)]

#[expect(dead_code, reason = "a kit for several binaries")]
#[path = "../suite/common.rs"]
mod common;
mod dial;
#[path = "../suite/far_ends.rs"]
mod far_ends;
mod kit;
#[expect(dead_code, reason = "a kit for several binaries")]
#[path = "../suite/wire.rs"]
mod wire;

mod apis;
mod back_pressure;
mod batches;
mod behind_messages;
mod byte_stream;
mod byte_stream_ends;
mod cancel;
mod closing;
#[path = "../suite/connecting.rs"]
mod connecting;
mod early_answers;
mod ends;
mod events;
mod many;
mod memory;
mod opening;
mod pace;
mod parts;
mod reasons;
mod reconnecting;
mod reconnecting_messages;
mod reported;
mod senders;
mod split;
mod time;
mod traits;
mod two_tasks;
mod without_waiting;
