//! TLS for clients.

use super::ClientStream;
use crate::adapter::tls::{check_protocol, rustls::ClientConfig, server_name};
use ::tokio::net::TcpStream;
use alloc::sync::Arc;
use bowline_rustls::tokio_rustls::TlsConnector;
use std::io;

/// Makes the TLS handshake. The caller has the deadline for it.
pub(super) async fn client(stream: TcpStream, host: &str, config: Arc<ClientConfig>) -> io::Result<ClientStream> {
    let name = server_name(host)?;
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    check_protocol(stream.get_ref().1.alpn_protocol())?;
    Ok(ClientStream::tls(stream))
}
