//! The guides: a page for each way of driving a connection, and one for each thing that is worth knowing before the first
//! user comes.
//!
//! Each begins with the shortest program that works, and goes on with what one must know, in the order in which one comes
//! across it. All code on these pages is compiled, and what needs no network is run, as a test of the crate.
//!
//! The modules are empty and exist in the documentation only.
//!
#![doc = include_str!("list.md")]

#[doc = include_str!("blocking.md")]
pub mod blocking {}

#[cfg_attr(feature = "tokio", doc = include_str!("tokio.md"))]
#[cfg_attr(not(feature = "tokio"), doc = "Tasks on Tokio: this page needs the feature `tokio`.")]
pub mod tokio {}

// Its code needs hyper and axum: the package in tests/http compiles it.
#[cfg_attr(all(feature = "http", feature = "tokio", not(doctest)), doc = include_str!("http.md"))]
#[cfg_attr(
    not(all(feature = "http", feature = "tokio")),
    doc = "hyper, axum and HTTP/2: this page needs the features `http` and `tokio`."
)]
pub mod http {}

#[doc = include_str!("event_loop.md")]
pub mod event_loop {}

#[doc = include_str!("by_hand.md")]
pub mod by_hand {}

#[cfg_attr(feature = "deflate", doc = include_str!("compression.md"))]
#[cfg_attr(not(feature = "deflate"), doc = "Compression: this page needs the feature `deflate`.")]
pub mod compression {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("closing.md")]
pub mod closing {}

#[cfg_attr(feature = "tokio", doc = include_str!("coming_from_tungstenite.md"))]
#[cfg_attr(
    not(feature = "tokio"),
    doc = "tungstenite and this crate side by side: this page needs the feature `tokio`, as half of it is about tokio-tungstenite."
)]
pub mod coming_from_tungstenite {}
