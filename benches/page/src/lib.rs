//! What the pages of the benchmarks have in common: the machine, numbers for people, and plots.

#![expect(clippy::pedantic, clippy::indexing_slicing, reason = "a part of programs that may panic")]

pub mod facts;
pub mod heat;
pub mod index;
pub mod plot;
pub mod text;
