//! WebSocket for axum, with what axum's own lacks: compression (permessage-deflate), a check of the Origin, limits and deadlines
//! with safe defaults, and endings that tell their cause.
//!
//! # With bowline's WebSocket
//!
//! [`WebSocketUpgrade`] is the extractor. It has the method names of axum's, and the handler receives bowline's
//! [`WebSocket`](bowline::adapter::tokio::WebSocket):
//!
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use bowline_axum::{WebSocket, WebSocketUpgrade};
//!
//! async fn echo(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(|mut socket: WebSocket| async move {
//!         while let Ok(Some(message)) = socket.recv().await {
//!             if socket.send(message).await.is_err() {
//!                 break;
//!             }
//!         }
//!     })
//! }
//!
//! let app: Router = Router::new().route("/ws", any(echo));
//! ```
//!
//! # With axum's types
//!
//! A handler that was written for `axum::extract::ws` needs another import, and nothing else: the module [`ws`] has axum's names.
//! One more line compresses the messages:
//!
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use bowline_axum::ws::{Message, WebSocket, WebSocketUpgrade}; // was: use axum::extract::ws::{…};
//!
//! async fn greet(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.compression(bowline_axum::deflate::Options::default()).on_upgrade(|mut socket| async move {
//!         if socket.send(Message::Text("Hello".into())).await.is_ok() {
//!             while let Some(Ok(message)) = socket.recv().await {
//!                 println!("{message:?}");
//!             }
//!         }
//!     })
//! }
//!
//! let app: Router = Router::new().route("/ws", any(greet));
//! ```
//!
//! Use the route function `any`, and not `get`, since a WebSocket over HTTP/2 begins with a CONNECT request.
//!
//! # Differences to `axum::extract::ws`
//!
//! | | axum 0.8 | here |
//! |---|---|---|
//! | compression | none | [`compression`](WebSocketUpgrade::compression) |
//! | pages of other sites | may connect | are refused with 403; [`any_origin`](WebSocketUpgrade::any_origin) and [`origins`](WebSocketUpgrade::origins) allow them |
//! | largest message | 64 MiB | 16 MiB; [`max_message_size`](WebSocketUpgrade::max_message_size) |
//! | a client that vanishes | is not noticed | a ping after 30 s of silence, and the end after 30 s more; [`configure`](WebSocketUpgrade::configure) |
//! | a client that does not read | its messages are kept | ends after 60 s below 2 KiB/s; [`configure`](WebSocketUpgrade::configure) |
//! | a broken rule | the stream ends | a Close frame with the code for it |
//! | a dropped [`ws::WebSocket`] | the stream ends | a Close frame with code 1000, and the closing handshake in the background |
//! | `set_selected_protocol` | is sent, whether offered or not | is sent if the client offers it |
//! | `accept_unmasked_frames` | an option | missing: RFC 6455 §5.1 requires the server to close such a connection |
//! | `read_buffer_size`, `write_buffer_size` | options | have no effect: 64 KiB are read at once, and `send` writes at once |
//! | rejections | one type for each rule | [`rejection::WebSocketUpgradeRejection`], with the status, the header fields and the [error](bowline::HandshakeError) |
//!
//! # Features
//!
//! - `deflate` (default): compression.
//! - `http2`: WebSocket over HTTP/2. Enable the feature `http2` of axum as well, and announce extended CONNECT with
//!   `enable_connect_protocol` of hyper's server, as `axum::serve` does.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod rejection;
mod upgrade;
pub mod ws;

#[cfg(feature = "deflate")]
pub use bowline::deflate;
pub use upgrade::{DefaultOnFailedUpgrade, OnFailedUpgrade, Stream, WebSocketUpgrade};

/// Bowline's WebSocket on the stream of an HTTP connection, as the handler receives it.
pub type WebSocket = bowline::adapter::tokio::WebSocket<Stream>;
