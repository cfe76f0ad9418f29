//! Heads of HTTP/1.1 messages (RFC 9112), as far as an opening handshake has them.
//!
//! `head` finds the end of a head as it arrives. `fields` has it parsed by `httparse`, once, and keeps where in it the fields
//! are that `field_name` lists. `field_line` writes fields; `authority` and `grammar` are the grammars of their values. With
//! the feature `http`, `http_crate` writes the messages of an HTTP library down as heads, so that the same rules apply to them.

pub(crate) mod authority;
pub(crate) mod field_line;
pub(crate) mod field_name;
pub(crate) mod fields;
pub(crate) mod grammar;
pub(crate) mod head;
#[cfg(feature = "http")]
pub(crate) mod http_crate;
