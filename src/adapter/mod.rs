//! Connections with IO: a stream, a [`Connection`](crate::Connection) and space to read into, and nothing of the protocol.
//!
//! Each adapter has two APIs. The message API (`recv` and `send`) is for owned [`Message`](crate::Message)s; the batch API (`read`)
//! returns all that one read brought, as a [`Batch`](crate::Batch), and answers it with one write.

pub mod blocking;
mod connect_error;
mod error;
mod link;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use connect_error::{ConnectError, ConnectStage};
pub use error::Error;

/// How long a client waits for the body of an answer that refuses.
const BODY_TIME: core::time::Duration = core::time::Duration::from_secs(1);
