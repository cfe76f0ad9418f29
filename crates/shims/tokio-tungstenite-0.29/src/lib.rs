//! [`bowline_tungstenite`] under the name of tokio-tungstenite.
//!
//! A framework that depends on tokio-tungstenite 0.29 uses bowline, without any other change, if the manifest of the program has these
//! lines. The path is that of this folder.
//!
//! ```toml
//! [patch.crates-io]
//! tokio-tungstenite = { path = "../bowline/crates/shims/tokio-tungstenite-0.29" }
//! ```
//!
//! If the program has a `Cargo.lock` already, run `cargo update -p tokio-tungstenite` after that. The README of bowline-tungstenite
//! has more about such replacements.

#![forbid(unsafe_code)]

// These are the names of the original, and no others: another name could be ambiguous in a program that imports everything.
pub use bowline_tungstenite::{WebSocketStream, tungstenite};

#[cfg(any(feature = "native-tls", feature = "__rustls-tls", feature = "connect"))]
pub use bowline_tungstenite::Connector;
#[cfg(feature = "stream")]
pub use bowline_tungstenite::MaybeTlsStream;
#[cfg(all(any(feature = "native-tls", feature = "__rustls-tls"), feature = "connect"))]
pub use bowline_tungstenite::connect_async_tls_with_config;
#[cfg(feature = "handshake")]
pub use bowline_tungstenite::{
    accept_async, accept_async_with_config, accept_hdr_async, accept_hdr_async_with_config, client_async,
    client_async_with_config,
};
#[cfg(any(feature = "native-tls", feature = "__rustls-tls"))]
pub use bowline_tungstenite::{client_async_tls, client_async_tls_with_config};
#[cfg(feature = "connect")]
pub use bowline_tungstenite::{connect_async, connect_async_with_config};
