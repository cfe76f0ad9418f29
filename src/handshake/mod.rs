//! The opening handshake (RFC 6455 §4): an HTTP/1.1 request and its response, before the first frame.
//!
//! Each role has a `Handshake`, which receives bytes and returns a [`Connection`](crate::Connection) when it succeeds. Without a
//! `Connection` there is no way to send a message too early.
//!
//! This folder has the code that both roles share. `http1` reads and writes the heads of HTTP messages. `extensions`, `query`,
//! `cookie` and `key` parse values in those heads. `deadline` limits how long a handshake may take.
//!
//! With the feature `http`, each role also has an `Upgrade`, for HTTP libraries that read and write the heads themselves.

pub mod client;
pub mod server;
pub(crate) mod status;

mod cookie;
mod deadline;
mod error;
mod error_text;
mod extensions;
pub(crate) mod http1;
mod key;
mod query;

pub use error::HandshakeError;
pub use extensions::Extension;
pub use http1::field_line::HeaderError;

/// The version of the WebSocket protocol: RFC 6455 defines only this one (§4.1).
const VERSION: u8 = 13;
