//! TLS for clients.

use super::ClientStream;
use ::tokio::net::TcpStream;
use alloc::{borrow::ToOwned, sync::Arc};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{
    io,
    sync::{Mutex, PoisonError},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, crypto::ring, pki_types::ServerName},
};

/// Made once, as the platform's roots may have to be read from files.
static PLATFORM: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);

/// The certificates are checked by the platform.
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

pub(super) async fn client(stream: TcpStream, host: &str, config: &Arc<ClientConfig>) -> io::Result<ClientStream> {
    let name =
        ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    TlsConnector::from(config.clone()).connect(name, stream).await.map(ClientStream::tls)
}
