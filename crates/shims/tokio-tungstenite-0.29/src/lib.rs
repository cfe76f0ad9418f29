//! [`bowline_tungstenite`] under the name of tokio-tungstenite.
//!
//! A framework that depends on tokio-tungstenite 0.29 uses bowline, without any other change, if the manifest of the program has these
//! lines. The path is that of this folder.
//!
//! ```toml
//! [patch.crates-io]
//! tokio-tungstenite = { path = "bowline/crates/shims/tokio-tungstenite-0.29" }
//! ```

#![forbid(unsafe_code)]

pub use bowline_tungstenite::*;
