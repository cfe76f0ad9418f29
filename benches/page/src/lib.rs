//! What the pages of the benchmarks have in common: the machine, numbers for people, and plots.

pub mod facts;
pub mod plot;
pub mod text;
