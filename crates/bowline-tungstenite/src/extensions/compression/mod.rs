//! Compression of messages.

#[cfg(feature = "deflate")]
pub mod deflate;
