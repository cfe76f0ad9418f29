//! The blocking part of [`bowline_tungstenite`] under the name of tungstenite.
//!
//! Cargo does not allow two names for one package in a manifest. A program that depends on both tokio-tungstenite and tungstenite, in
//! version 0.30, replaces both in this way. The paths are those of the folder beside this one, and of this one.
//!
//! ```toml
//! [patch.crates-io]
//! tokio-tungstenite = { path = "../bowline/crates/shims/tokio-tungstenite-0.30" }
//! tungstenite = { path = "../bowline/crates/shims/tungstenite-0.30" }
//! ```
//!
//! If the program has a `Cargo.lock` already, run `cargo update -p tokio-tungstenite -p tungstenite` after that. The README of
//! bowline-tungstenite has more about such replacements.

#![forbid(unsafe_code)]

pub use bowline_tungstenite::tungstenite::*;
