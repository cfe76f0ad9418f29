//! The TLS libraries that the clients of [bowline](https://docs.rs/bowline) use, in one place.
//!
//! You do not need to depend on this crate: bowline's feature `rustls` does, and `bowline::adapter::blocking::rustls` or
//! `bowline::adapter::tokio::rustls` is rustls itself. It exists because Cargo cannot make a dependency depend on two features: without Tokio, `wss://` needs only
//! rustls; with Tokio, it needs tokio-rustls, too, which is the feature `tokio` here.

#![no_std]
#![forbid(unsafe_code)]

/// TLS itself.
pub use rustls;
/// The roots that the platform trusts.
pub use rustls_platform_verifier;
/// TLS over the streams of Tokio.
#[cfg(feature = "tokio")]
pub use tokio_rustls;
