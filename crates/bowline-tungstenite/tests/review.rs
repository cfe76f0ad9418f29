//! Streams that refuse bytes or buffer them, tasks that use the halves of a connection, and deadlines.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "that is how helpers of tests fail")]

#[path = "review/deadlines.rs"]
mod deadlines;
#[path = "review/memory.rs"]
mod memory;
#[path = "review/refusing.rs"]
mod refusing;
#[path = "review/wakers.rs"]
mod wakers;
