//! TLS for clients.

use super::ClientStream;
use crate::adapter::tls::{rustls::ClientConfig, server_name};
use ::tokio::net::TcpStream;
use alloc::sync::Arc;
use std::io;
use tokio_rustls::TlsConnector;

pub(super) async fn client(stream: TcpStream, host: &str, config: &Arc<ClientConfig>) -> io::Result<ClientStream> {
    let name = server_name(host)?;
    TlsConnector::from(config.clone()).connect(name, stream).await.map(ClientStream::tls)
}
