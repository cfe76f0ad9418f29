//! The opening handshake (RFC 6455 §4): an HTTP/1.1 request, and the answer to it, before the first frame.
//!
//! Each role has a `Handshake` that takes bytes and ends in a [`Connection`](crate::Connection), so that nothing can
//! be sent before the handshake is over. What both share lies here, from the bytes up: `head` finds the end of a head
//! as it arrives and `fields` takes it apart once, or `whole` does both in one pass; `places` keeps where the fields are that
//! `known` names; and the rest are the grammars of what stands in it.
//!
//! With the feature `http` each role also has an `Upgrade`, for an HTTP library that reads and writes the heads itself.
//! `messages` writes its messages down as heads, and so the same rules look at them.

pub mod client;
pub mod server;

mod deadline;
mod error;
mod extensions;
mod http1;
mod key;

pub use error::HandshakeError;
pub use extensions::Extension;
pub use http1::field_line::InvalidHeader;

/// The only version of the protocol there is (RFC 6455 §4.1).
const VERSION: u8 = 13;
