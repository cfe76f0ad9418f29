//! Proxies between a client and its server: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928).
//!
//! A [`Proxy`] is the address of a proxy, with the user name and the password for it. A [`Tunnel`] asks the proxy for a connection to
//! the server. It is sans-IO, as everything in the core. With `std`, `Proxies` chooses the proxy for a request, from the environment
//! if wanted, as curl does.
//!
//! The clients of the adapters use all of them themselves. With a driver of your own:
//!
//! ```
//! use bowline::{Input, client::Request, proxy::{Proxy, Target, Tunnel, TunnelProgress}};
//!
//! let request = Request::from_uri("wss://example.com/chat")?;
//! let proxy = Proxy::from_uri("http://me:secret@proxy.example:3128")?;
//! // Connect to `proxy.host()` and `proxy.port()`, with TLS if `proxy.is_secure()`. Then:
//! let mut tunnel = Tunnel::new(&proxy, Target::Name(request.host(), request.port()))?;
//! let mut transport = Vec::new();
//! let mut bytes = *b"HTTP/1.1 200 Connection established\r\n\r\n"; // as read from the transport
//! let mut input = Input::from(&mut bytes);
//! loop {
//!     while !tunnel.output().is_empty() {
//!         tunnel.output().write_to(&mut transport)?;
//!     }
//!     match tunnel.receive(&mut input) {
//!         TunnelProgress::Incomplete => { /* read more */ }
//!         TunnelProgress::Open => break, // the transport is now connected to the server: TLS, then the opening handshake
//!         TunnelProgress::Failed(error) => return Err(error.into()),
//!         _ => { /* outcomes of later versions of this crate */ }
//!     }
//! }
//! # assert!(transport.starts_with(b"CONNECT example.com:443 HTTP/1.1\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod connect;
mod error;
#[cfg(feature = "std")]
mod no_proxy;
#[cfg(feature = "std")]
mod proxies;
mod socks5;
mod target;
mod tunnel;
mod uri_error;

pub use address::Proxy;
pub use error::TunnelError;
#[cfg(feature = "std")]
pub use proxies::Proxies;
pub use target::Target;
pub use tunnel::{Tunnel, TunnelProgress};
pub use uri_error::ProxyUriError;
