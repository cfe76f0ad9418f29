//! TLS for clients.

use super::layer::Layer;
use crate::adapter::tls::{check_protocol, rustls::ClientConfig, server_name};
use alloc::{boxed::Box, sync::Arc};
use bowline_rustls::tokio_rustls::TlsConnector;
use std::io;

/// Makes the TLS handshake with the server or the proxy of this name. The caller has the deadline for it.
pub(super) async fn client(below: Layer, name: &str, config: Arc<ClientConfig>) -> io::Result<Layer> {
    let name = server_name(name)?;
    let stream = TlsConnector::from(config).connect(name, below).await?;
    check_protocol(stream.get_ref().1.alpn_protocol())?;
    Ok(Layer::Tls(Box::new(stream)))
}
