//! TLS of clients, for both adapters.

/// The crate `rustls`, whose [`ClientConfig`](rustls::ClientConfig) is the argument of `connect_tls`. Use this re-export to get
/// the version that bowline uses.
pub use bowline_rustls::rustls;

use alloc::{borrow::ToOwned, sync::Arc};
use bowline_rustls::rustls_platform_verifier::BuilderVerifierExt;
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

// Made once for all connections, since the platform's root certificates may have to be read from files. Not a `OnceLock`, since a
// failure must not be kept: the next call tries again.
static PLATFORM: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);

/// Returns the configuration with which the platform verifies the server's certificate.
pub(super) fn platform() -> io::Result<Arc<ClientConfig>> {
    let mut made = PLATFORM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = &*made {
        return Ok(config.clone());
    }
    // With an explicit provider: `ClientConfig::builder` panics if rustls is built with two of them and the process installed
    // none.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(io::Error::other)?
        .with_no_client_auth();
    Ok(made.insert(Arc::new(config)).clone())
}

/// Returns the name for which the server's certificate must be valid: a DNS name or an IP address.
pub(super) fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
