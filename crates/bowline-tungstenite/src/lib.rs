//! The API of [tungstenite] 0.30 and [tokio-tungstenite] 0.30 over [bowline].
//!
//! A program that uses one of them switches with one line of its `Cargo.toml`. Its code continues to name the original:
//!
//! ```toml
//! [dependencies]
//! tokio-tungstenite = { package = "bowline-tungstenite", path = "../bowline/crates/bowline-tungstenite" }
//! ```
//!
//! [tungstenite]: https://docs.rs/tungstenite/0.30
//! [tokio-tungstenite]: https://docs.rs/tokio-tungstenite/0.30

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod buffer;
#[cfg(feature = "handshake")]
pub mod client;
#[cfg(any(feature = "native-tls", feature = "__rustls-tls"))]
mod client_async_tls;
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
#[cfg(feature = "handshake")]
mod uri;
pub mod util;
mod wakers;
mod websocket_stream;

pub use bytes::Bytes;
#[cfg(feature = "handshake")]
pub use client::{ClientRequestBuilder, client, client_tls, client_tls_with_config, connect};
#[cfg(any(feature = "native-tls", feature = "__rustls-tls"))]
pub use client_async_tls::{client_async_tls, client_async_tls_with_config};
#[cfg(all(any(feature = "native-tls", feature = "__rustls-tls"), feature = "connect"))]
pub use connect::connect_async_tls_with_config;
#[cfg(feature = "connect")]
pub use connect::{connect_async, connect_async_with_config};
pub use error::{Error, Result};
#[cfg(feature = "handshake")]
pub use handshake::{HandshakeError, client::ClientHandshake, server::ServerHandshake};
#[cfg(feature = "handshake")]
pub use handshake_async::{
    accept_async, accept_async_with_config, accept_hdr_async, accept_hdr_async_with_config, client_async,
    client_async_with_config,
};
#[cfg(feature = "handshake")]
pub use http;
pub use protocol::{Message, WebSocket, frame::Utf8Bytes};
#[cfg(feature = "handshake")]
pub use server::{accept, accept_hdr, accept_hdr_with_config, accept_with_config};
#[cfg(feature = "handshake")]
pub use tls::Connector;
#[cfg(feature = "stream")]
pub use tokio_stream::MaybeTlsStream;
pub use websocket_stream::WebSocketStream;
