//! The tests of the public API, a file for each topic, all in one binary so that they link once.
//!
//! A test's doc comment begins with the statements it tests, as they are numbered in the ledger: `[I-07]`.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]

mod common;

mod rfc_examples;
