//! Connections with IO: a stream, a [`Connection`](crate::Connection) and space to read into, and nothing of the protocol.
//!
//! Each adapter has two doors. The pleasant one hands out owned [`Message`](crate::Message)s; the fast one hands out what
//! one read brought, as a [`Batch`](crate::Batch), and answers it with one write.

pub mod blocking;
mod connect_error;
mod error;
#[cfg(feature = "tokio")]
pub mod tokio;

/// How long a client waits for the body of an answer that refuses.
const BODY_TIME: core::time::Duration = core::time::Duration::from_secs(1);
