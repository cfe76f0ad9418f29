//! The opening handshake (RFC 6455 §4): an HTTP/1.1 request, and the answer to it, before the first frame.
//!
//! Each role has a `Handshake` that takes bytes and ends in a [`Connection`](crate::Connection), so that nothing can
//! be sent before the handshake is over. What both share lies here, from the bytes up: `head` finds the end of a head
//! as it arrives and `fields` takes it apart once, or `whole` does both in one pass; `places` keeps where the fields are that
//! `known` names; and the rest are the grammars of what stands in it.

pub mod client;
pub mod server;

mod authority;
mod deadline;
mod error;
mod extensions;
mod fields;
mod grammar;
mod head;
mod header;
mod key;
mod known;
mod places;
mod whole;

pub use error::HandshakeError;
pub use extensions::Extension;
pub use header::InvalidHeader;

/// The only version of the protocol there is (RFC 6455 §4.1).
const VERSION: u8 = 13;
