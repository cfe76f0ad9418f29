//! TLS of clients, for both adapters.

/// The crate `rustls`, whose types are part of this API.
pub use bowline_rustls::rustls;

use alloc::{borrow::ToOwned, sync::Arc};
use bowline_rustls::rustls_platform_verifier::BuilderVerifierExt;
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

/// Made once, as the platform's roots may have to be read from files.
static PLATFORM: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);

/// The configuration with which the platform verifies the server's certificate.
pub(super) fn platform() -> io::Result<Arc<ClientConfig>> {
    let mut made = PLATFORM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = &*made {
        return Ok(config.clone());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(io::Error::other)?
        .with_no_client_auth();
    Ok(made.insert(Arc::new(config)).clone())
}

/// The name for which the server's certificate must be valid.
pub(super) fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
