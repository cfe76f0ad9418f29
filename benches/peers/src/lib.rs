//! bowline, its peers and a hand-written floor, in memory and in one run.
//!
//! - [`job`] is what a subject has to do, [`wire`] the bytes it gets, [`pipe`] the transport it gets them from.
//! - [`subjects`] drives each peer in the fastest way that its documentation offers, [`floor`] is written by hand.
//! - [`check`] looks at what was delivered or sent, [`measure`] takes the time, [`rows`] has the targets, [`report`]
//!   writes the pages and the plots.

#![expect(missing_docs, reason = "nobody but the programs beside it uses it")]
#![expect(
    clippy::pedantic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a program that measures may panic"
)]

pub mod check;
pub mod exchange;
pub mod floor;
pub mod job;
pub mod measure;
pub mod pipe;
pub mod report;
pub mod rows;
pub mod subjects;
pub mod tally;
pub mod text;
pub mod wire;
