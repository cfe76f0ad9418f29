//! The opening handshake (RFC 6455 §4): an HTTP/1.1 request, and the answer to it, before the first frame.
//!
//! Each role has a `Handshake` that takes bytes and ends in a [`Connection`](crate::Connection), so that nothing can
//! be sent before the handshake is over. The code that both share is here: `http1` reads and writes heads of HTTP messages;
//! `extensions`, `query`, `cookie` and `key` are the grammars of what is in them.
//!
//! With the feature `http` each role also has an `Upgrade`, for an HTTP library that reads and writes the heads itself.

pub mod client;
pub mod server;

mod cookie;
mod deadline;
mod error;
mod extensions;
mod http1;
mod key;
mod query;

pub use error::HandshakeError;
pub use extensions::Extension;
pub use http1::field_line::HeaderError;

/// The only version of the protocol there is (RFC 6455 §4.1).
const VERSION: u8 = 13;
