//! The names of `axum::extract::ws`, for handlers that were written for them.
//!
//! Change `axum::extract::ws` to `bowline_axum::ws`. [The front page](crate) lists what behaves differently. What bowline adds is
//! on the extractor: compression, the Origin, limits and deadlines. [`WebSocket::get_mut`] leads to bowline's WebSocket.

mod message;
mod socket;
mod utf8_bytes;

pub use crate::{DefaultOnFailedUpgrade, OnFailedUpgrade, rejection};
pub use message::{CloseCode, CloseFrame, Message};
pub use socket::WebSocket;
pub use utf8_bytes::Utf8Bytes;

/// The extractor, for a callback that receives the [`WebSocket`] of this module.
pub type WebSocketUpgrade<F = DefaultOnFailedUpgrade> = crate::WebSocketUpgrade<F, WebSocket>;

/// The close codes of RFC 6455 §7.4.1 and of its registry, under axum's names.
pub mod close_code {
    use super::CloseCode;

    /// The purpose of the connection is fulfilled.
    pub const NORMAL: CloseCode = 1000;
    /// The server is going down, or the browser leaves the page.
    pub const AWAY: CloseCode = 1001;
    /// The peer broke a rule of the protocol.
    pub const PROTOCOL: CloseCode = 1002;
    /// The peer sent a kind of message that is not supported, such as binary.
    pub const UNSUPPORTED: CloseCode = 1003;
    /// There was no code in the Close frame. It is never sent.
    pub const STATUS: CloseCode = 1005;
    /// The connection ended without a Close frame. It is never sent.
    pub const ABNORMAL: CloseCode = 1006;
    /// A message does not have the format that its type requires, such as text that is not UTF-8.
    pub const INVALID: CloseCode = 1007;
    /// A message violates the policy of the server: the code for everything that has none of its own.
    pub const POLICY: CloseCode = 1008;
    /// A message is too large.
    pub const SIZE: CloseCode = 1009;
    /// A client misses an extension that the server did not negotiate.
    pub const EXTENSION: CloseCode = 1010;
    /// Something unexpected prevents the server from going on.
    pub const ERROR: CloseCode = 1011;
    /// The server restarts. Clients may connect again.
    pub const RESTART: CloseCode = 1012;
    /// The server is overloaded. Clients should try another one, or later.
    pub const AGAIN: CloseCode = 1013;
}
