//! A client's handshake on Tokio, with TLS.

use crate::{
    WebSocketStream,
    client::IntoClientRequest,
    error::Result,
    handshake::client::Response,
    handshake_async::client_async_with_config,
    protocol::WebSocketConfig,
    tls::{Connector, wrap_async},
    tokio_stream::MaybeTlsStream,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Makes a client's handshake on a stream, and first that of TLS if the scheme of the URL is `wss`. It is
/// [`client_async_tls_with_config`] with the default configuration and the default [`Connector`].
///
/// # Errors
///
/// As for [`client_async_tls_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn client_async_tls<R, S>(request: R, stream: S) -> Result<(WebSocketStream<MaybeTlsStream<S>>, Response)>
where
    R: IntoClientRequest + Unpin,
    S: 'static + AsyncRead + AsyncWrite + Send + Unpin,
{
    client_async_tls_with_config(request, stream, None, None).await
}

/// Makes a client's handshake on a stream, and first that of TLS if the scheme of the URL is `wss`. Without a connector, native-tls
/// is used if its feature is enabled, and otherwise rustls with the roots of its features.
///
/// # Panics
///
/// Without a connector, rustls panics if the program has neither enabled exactly one of its providers of cryptography nor installed
/// one.
///
/// # Errors
///
/// [`Error::Tls`](crate::Error::Tls), or with rustls [`Error::Io`](crate::Error::Io), if TLS fails, and the errors of
/// [`client_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn client_async_tls_with_config<R, S>(
    request: R,
    stream: S,
    config: Option<WebSocketConfig>,
    connector: Option<Connector>,
) -> Result<(WebSocketStream<MaybeTlsStream<S>>, Response)>
where
    R: IntoClientRequest + Unpin,
    S: 'static + AsyncRead + AsyncWrite + Send + Unpin,
{
    let request = request.into_client_request()?;
    let stream = wrap_async(&request, stream, connector).await?;
    client_async_with_config(request, stream, config).await
}
