//! The guides: a page for each way to drive a connection, and pages on compression, limits and closing.
//!
//! Each page begins with a short program that works, and continues with the essentials in the order in which you need them. All
//! code on these pages is compiled as a test of the crate, and run where it needs no network.
//!
//! The modules are empty and exist only in the documentation.
//!
#![doc = include_str!("list.md")]

#[doc = include_str!("blocking.md")]
#[doc(alias("thread per connection", "proxy", "subprotocol", "cookie", "wss"))]
pub mod blocking {}

#[cfg_attr(feature = "tokio", doc = include_str!("tokio.md"))]
#[cfg_attr(not(feature = "tokio"), doc = "Tasks on Tokio. This page needs the feature `tokio`.")]
#[doc(alias("async", "proxy", "wss"))]
pub mod tokio {}

// Its code needs hyper and axum. The package in tests/http compiles it.
#[cfg_attr(all(feature = "http", feature = "tokio", not(doctest)), doc = include_str!("http.md"))]
#[cfg_attr(
    not(all(feature = "http", feature = "tokio")),
    doc = "hyper, axum and HTTP/2. This page needs the features `http` and `tokio`."
)]
pub mod http {}

#[doc = include_str!("event_loop.md")]
pub mod event_loop {}

#[doc = include_str!("by_hand.md")]
pub mod by_hand {}

#[cfg_attr(feature = "deflate", doc = include_str!("compression.md"))]
#[cfg_attr(not(feature = "deflate"), doc = "Compression. This page needs the feature `deflate`.")]
#[doc(alias("permessage-deflate", "context takeover", "no context takeover", "no_context_takeover"))]
pub mod compression {}

#[doc = include_str!("limits.md")]
#[doc(alias("max message size", "ping interval", "denial of service", "rate limit"))]
pub mod limits {}

#[doc = include_str!("closing.md")]
#[doc(alias("reconnect", "retry", "close code", "1006"))]
pub mod closing {}

#[cfg_attr(feature = "tokio", doc = include_str!("coming_from_tungstenite.md"))]
#[cfg_attr(
    not(feature = "tokio"),
    doc = "Migrating from tungstenite. This page needs the feature `tokio`, as half of it is about tokio-tungstenite."
)]
#[doc(alias("tungstenite", "tokio-tungstenite", "migrate"))]
pub mod coming_from_tungstenite {}
