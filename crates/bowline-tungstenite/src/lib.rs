//! The API of [tungstenite] 0.30 and [tokio-tungstenite] 0.30 over [bowline].
//!
//! A program that uses one of them switches with one line of its `Cargo.toml`. Its code continues to name the original:
//!
//! ```toml
//! [dependencies]
//! tokio-tungstenite = { package = "bowline-tungstenite", version = "0.1" }
//! ```
//!
//! [tungstenite]: https://docs.rs/tungstenite/0.30
//! [tokio-tungstenite]: https://docs.rs/tokio-tungstenite/0.30

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod buffer;
#[cfg(feature = "handshake")]
pub mod client;
#[cfg(feature = "connect")]
mod connect;
pub mod error;
pub mod extensions;
#[cfg(feature = "handshake")]
pub mod handshake;
#[cfg(feature = "handshake")]
mod handshake_async;
mod polled;
pub mod protocol;
#[cfg(feature = "handshake")]
mod server;
pub mod stream;
#[cfg(feature = "handshake")]
mod tls;
#[cfg(feature = "stream")]
mod tokio_stream;
pub mod tungstenite;
pub mod util;
mod wakers;
mod websocket_stream;

pub use bytes::Bytes;
pub use error::{Error, Result};
#[cfg(feature = "handshake")]
pub use http;
pub use protocol::{Message, WebSocket, frame::Utf8Bytes};
pub use websocket_stream::WebSocketStream;
