//! TLS for clients.

use super::ClientStream;
use crate::adapter::tls::{rustls::ClientConfig, server_name};
use ::tokio::net::TcpStream;
use alloc::sync::Arc;
use bowline_rustls::tokio_rustls::TlsConnector;
use std::io;

/// Makes the TLS handshake. The caller has the deadline for it.
pub(super) async fn client(stream: TcpStream, host: &str, config: Arc<ClientConfig>) -> io::Result<ClientStream> {
    let name = server_name(host)?;
    TlsConnector::from(config).connect(name, stream).await.map(ClientStream::tls)
}
