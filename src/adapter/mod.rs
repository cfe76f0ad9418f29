//! WebSocket over real streams: [`blocking`] for threads and the sockets of the standard library, `tokio` for tasks on Tokio,
//! `futures_io` for tasks on other runtimes.
//!
//! An adapter is a driver that comes with the crate. It joins a stream, a [`Connection`](crate::Connection) and a read buffer.
//! The protocol itself is in the connection, which can also be driven without an adapter: see the guide to [event
//! loops](crate::guide::event_loop).
//!
//! Each adapter has two APIs. The *message API* (`recv`, `send`, `feed`) is for owned [`Message`](crate::Message)s, and fits most
//! programs. The *batch API* (`read`) returns all events of one read as a [`Batch`](crate::Batch), borrowed from the read buffer,
//! and sends the replies to them with one write. Use it for many short messages.

mod addresses;
pub mod blocking;
mod byte_stream;
mod connect_error;
mod connect_options;
mod connect_stage;
mod error;
#[cfg(feature = "futures-io")]
pub mod futures_io;
mod hops;
mod link;
mod opening;
mod parts;
pub mod reconnect;
mod route;
#[cfg(any(feature = "tokio", feature = "futures-io"))]
mod task;
#[cfg(feature = "rustls")]
mod tls;
mod tls_advice;
#[cfg(feature = "rustls")]
mod tls_options;
#[cfg(feature = "tokio")]
pub mod tokio;
mod until;

pub use connect_error::ConnectError;
pub use connect_options::ConnectOptions;
pub use connect_stage::{ConnectHop, ConnectStage};
pub use error::Error;
pub use parts::Parts;
#[cfg(any(feature = "tokio", feature = "futures-io"))]
pub use task::Runtime;
#[cfg(feature = "rustls")]
pub use tls_options::{TlsError, TlsOptions};
