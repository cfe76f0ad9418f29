//! Heads of HTTP/1.1 messages (RFC 9112), as far as the opening handshake needs them.
//!
//! `head` collects the bytes of a head and finds its end. `fields` parses it once, with `httparse`, and keeps the spans of the
//! fields. `field_name` lists the fields with a meaning for the handshake. `field_line` writes fields. `authority` and `grammar`
//! parse their values; `address`, `credentials` and `percent` the parts of a URI. `shown` returns the part of a text that errors may
//! show. With the feature `http`, `http_crate` converts between heads and the messages of an HTTP library, so that one set of rules
//! is enough.

pub(crate) mod address;
pub(crate) mod authority;
pub(crate) mod credentials;
pub(crate) mod field_line;
pub(crate) mod field_name;
pub(crate) mod fields;
pub(crate) mod grammar;
pub(crate) mod head;
#[cfg(feature = "http")]
pub(crate) mod http_crate;
pub(crate) mod percent;
pub(crate) mod shown;
