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

mod assembly;
mod batch;
mod close_frame;
mod closing;
mod closure;
mod config;
mod connection;
mod data;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(feature = "std")]
mod entropy;
mod error;
mod event;
#[cfg(all(any(doc, doctest), feature = "std"))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
mod handshake;
mod message;
mod output;
mod payload;
mod piece;
mod prepared;
mod receiver;
mod role;
mod sender;
mod text;
mod timers;
mod utf8;

pub use assembly::Assembly;
pub use batch::Batch;
pub use close_frame::CloseFrame;
pub use closure::{Cause, Closure, Deadline, During, Side};
pub use config::{Config, Deadlines, Delivery, Limits};
pub use connection::{Connection, State};
pub use data::Data;
pub use error::{InvalidClose, ProtocolError, SendError, Violation};
pub use event::Event;
#[doc(inline)]
pub use frame::CloseCode;
pub use handshake::{Extension, HandshakeError, InvalidHeader, client, server};
pub use message::Message;
pub use output::Output;
pub use payload::Payload;
pub use prepared::Prepared;
pub use role::Role;
pub use text::Text;
pub use timers::Timestamp;

/// Its code is compiled and run like that of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
