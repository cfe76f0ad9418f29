//! Connections with IO: each adapter joins a stream, a [`Connection`](crate::Connection) and space to read into. Everything that
//! has to do with the protocol is in the connection.
//!
//! Each adapter has two APIs. The *message API* (`recv` and `send`) is for owned [`Message`](crate::Message)s. The *batch API*
//! (`read`) returns all events that one read brought, as a [`Batch`](crate::Batch), borrowed from the read buffer, and sends the
//! replies to them with one write.

pub mod blocking;
mod connect_error;
mod error;
mod link;
mod opening;
mod parts;
#[cfg(feature = "rustls")]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use connect_error::{ConnectError, ConnectStage};
pub use error::Error;
pub use parts::Parts;
