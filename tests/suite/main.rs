//! The tests of the public API, a file for each topic, all in one binary so that they link once.
//!
//! A test's doc comment begins with the statements it tests, as they are numbered in the ledger: `[I-07]`.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "that is how helpers of tests fail")]

mod common;
mod dial;
mod far_ends;
mod peer;
mod script;
mod sockets;
mod wire;

mod any_order;
mod blocking;
mod blocking_both;
mod blocking_opening;
mod blocking_reconnecting;
mod blocking_script;
mod blocking_split;
mod byte_stream;
mod chunks;
mod close_codes;
mod closing;
mod closure;
mod connecting;
mod control_frames;
mod conversions;
mod delivery_chunks;
mod direct_read;
mod display;
mod early_answers;
mod fragmentation;
mod framing;
mod input;
mod keys;
mod large;
mod limits;
mod masking;
mod messages;
mod output;
mod progress;
mod properties;
mod reconnecting;
mod reported;
mod reported_blocking;
mod rfc_examples;
mod sending;
mod text;
mod time;
mod windows;
mod write_failed;
mod write_to;
