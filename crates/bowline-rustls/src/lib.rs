//! The TLS libraries that the clients of [bowline](https://docs.rs/bowline) use for `wss://`.
//!
//! You do not need to depend on this crate. Enable bowline's feature `rustls` instead, and use rustls through
//! `bowline::adapter::blocking::rustls` or `bowline::adapter::tokio::rustls`.
//!
//! The crate exists because Cargo has no dependencies that need two features. Without Tokio, `wss://` needs only rustls. With
//! Tokio, it also needs tokio-rustls, which is the feature `tokio` of this crate.

#![no_std]
#![forbid(unsafe_code)]

/// The TLS library, which makes the handshake and encrypts.
pub use rustls;
/// Verifies certificates as the platform does, with the root certificates that it trusts.
pub use rustls_platform_verifier;
/// Runs rustls over the streams of Tokio.
#[cfg(feature = "tokio")]
pub use tokio_rustls;
