//! The tests of the public API, a file for each topic, all in one binary so that they link once.
//!
//! A test's doc comment begins with the statements it tests, as they are numbered in the ledger: `[I-07]`.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is allowed in tests is allowed in their helpers"
)]

mod common;

mod any_order;
mod blocking;
mod blocking_opening;
mod blocking_script;
mod chunks;
mod close_codes;
mod closing;
mod closure;
mod keys;
mod output;
mod rfc_examples;
mod script;
mod sending;
mod time;
mod wire;
