//! TLS of clients, for the adapters that connect.

/// The crate `rustls`, whose [`ClientConfig`](rustls::ClientConfig) is the argument of [`ConnectOptions::tls`](super::ConnectOptions::tls). Use this re-export to get
/// the version that bowline uses.
pub use bowline_rustls::rustls;

use super::tls_options::{TlsError, TlsOptions};
use crate::handshake::http1::address::without_zone;
use alloc::{borrow::ToOwned, sync::Arc};
use rustls::{ClientConfig, pki_types::ServerName};
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
    let config = TlsOptions::new().build().map_err(|error| match error {
        TlsError::Platform(error) => io::Error::other(error), // in which `ConnectError` looks for the cause
        error => io::Error::other(error),
    })?;
    Ok(made.insert(config).clone())
}

/// Returns an error if the server or the proxy agreed by ALPN on another protocol than HTTP/1.1, in which the opening handshake and
/// CONNECT are made.
pub(super) fn check_protocol(agreed: Option<&[u8]>) -> io::Result<()> {
    match agreed {
        None | Some(b"http/1.1") => Ok(()),
        Some(other) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            alloc::format!(
                "the protocol \"{}\" was chosen by ALPN, but only \"http/1.1\" can be used: \
                 offer only that in ClientConfig::alpn_protocols",
                other.escape_ascii()
            ),
        )),
    }
}

/// Whether an error of a TLS stream is TLS's own, and not that of the stream below.
pub(super) fn is_tls_error(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}

/// Returns the name for which the certificate must be valid: a DNS name or an IP address. The zone of an IPv6 address is not
/// part of it, as it has a meaning only on this computer.
pub(super) fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(without_zone(host).to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
