#![doc = include_str!("guide/front.md")]
#![cfg_attr(feature = "std", doc = "\n# Guides\n")]
#![cfg_attr(feature = "std", doc = include_str!("guide/list.md"))]
#![cfg_attr(feature = "std", doc = include_str!("guide/contents.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
pub mod adapter;
pub mod frame;

mod bug;
mod config;
mod connection;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(feature = "std")]
mod entropy;
mod error;
// Empty modules, for the documentation only. Without `auto_cfg = false` each page would get a badge for `doc`.
#[cfg(all(any(doc, doctest), feature = "std"))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
mod handshake;
mod input;
mod message;
pub mod proxy;
mod role;
mod time;
mod utf8;

/// The crate [`bytes`], re-exported because its types, such as [`Bytes`](bytes::Bytes) and [`Buf`](bytes::Buf), are part of this
/// API. A program that uses this path always has the same version as this crate.
pub use bytes;
pub use config::{Config, Deadlines, Delivery, Limits};
pub use connection::{
    Batch, Cause, CloseFrame, Closure, Connection, Deadline, DirectRead, Endpoint, Event, Interrupted, Output,
    Prepared, State,
};
pub use error::{CloseError, ProtocolError, SendError};
#[doc(inline)]
pub use frame::{CloseCode, Violation};
pub use handshake::{Extension, HandshakeError, HeaderError, client, server};
pub use input::Input;
pub use message::{Data, Message, Outgoing, Payload, Text};
pub use role::Role;
pub use time::Timestamp;

// Makes doc tests of the code in the README.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
mod readme {}
