//! Heads of HTTP/1.1 messages (RFC 9112), as far as an opening handshake has them: found, taken apart, and written.
//!
//! `head` finds the end of a head as it arrives and `fields` takes it apart once; the other modules are the grammars of what
//! is in it. With the feature `http`, `messages` writes the messages of an HTTP library down as heads, so that the same rules
//! apply to them.

pub(crate) mod authority;
pub(crate) mod field_line;
pub(crate) mod fields;
pub(crate) mod grammar;
pub(crate) mod head;
pub(crate) mod known;
#[cfg(feature = "http")]
pub(crate) mod messages;
pub(crate) mod places;
pub(crate) mod whole;
