//! Tests of WebSocket clients and servers that use [bowline]: without sockets, and without waiting.
//!
//! | to test | use |
//! |---|---|
//! | a handler on Tokio | `tokio::Peer` over a `tokio::stream_pair`, with Tokio's clock paused |
//! | a client | `tokio::MockServer`, which plays a [`Script`] for each connection |
//! | a protocol on top of [`Connection`](bowline::Connection), without IO | [`Pair`], or [`Script::against`] |
//! | a blocking handler | [`blocking::stream_pair`] |
//! | a driver of your own | [`Wire`] |
//! | how a connection or a handler withstands attacks | [`hostile`] |
//!
//! All of it is deterministic: a [`Wire`] has [`Faults`] that a test sets, and its time is virtual, or Tokio's. Scripted peers decode
//! frames without the code of bowline, so they see exactly what was sent. They can also send what is not allowed.
//!
//! ```
//! use bowline::{Connection, Event, Role};
//! use bowline_test::{Script, config};
//!
//! // A client that pings in the middle of a message.
//! let script = Script::new(Role::Client)
//!     .send_frame(&bowline_test::Frame::text("Hel").unfinished().sent_by(Role::Client))
//!     .send_ping("still there?")
//!     .expect_pong("still there?")
//!     .send_frame(&bowline_test::Frame::new(0x80, "lo").sent_by(Role::Client))
//!     .expect_text("Hello");
//!
//! let mut pair = script.against(Connection::new(Role::Server, config()));
//! pair.play(|connection, event| {
//!     if let Event::Text(text) = event {
//!         connection.send_text(text).unwrap();
//!     }
//! })?;
//! # Ok::<(), bowline_test::Mismatch>(())
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `tokio` | the module `tokio`: streams, peers and a mock server |
//! | `deflate` | `hostile::compressed`: attacks on compression |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod blocking;
mod config;
mod end;
mod frame;
pub mod hostile;
mod pair;
mod received;
mod script;
mod scripted;
#[cfg(feature = "tokio")]
pub mod tokio;
mod wire;

pub use config::{KEY, config};
pub use end::End;
pub use frame::{Frame, LengthForm};
pub use pair::Pair;
pub use received::{Received, RequestHead};
pub use script::{Mismatch, Played, Script};
pub use scripted::ScriptedPair;
pub use wire::{Call, Cut, Faults, Wire};

/// Its code is compiled and run like that of the documentation.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
mod readme {}

/// The page about tests in the documentation of bowline.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../../../src/guide/testing.md")]
mod guide {}
