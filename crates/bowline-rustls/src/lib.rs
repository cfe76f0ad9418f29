//! The TLS libraries that the clients of [bowline](https://docs.rs/bowline) use, in one place.
//!
//! There is nothing to do with this crate by itself: bowline's feature `rustls` brings it in, and `bowline::adapter::rustls` is
//! what to use. It exists because Cargo cannot make a dependency depend on two features: without Tokio, `wss://` needs only
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
