//! Connecting on Tokio.

use crate::{
    WebSocketStream,
    client::IntoClientRequest,
    error::Result,
    handshake::client::{Request, Response},
    handshake_async::client_async_with_config,
    protocol::WebSocketConfig,
    tls::{Connector, wrap_async},
    tokio_stream::MaybeTlsStream,
    uri::host_and_port,
};
use tokio::net::TcpStream;

/// Connects to a `ws://` or `wss://` URL. It is [`connect_async_with_config`] with the default configuration.
///
/// ```no_run
/// use bowline_tungstenite::{Message, connect_async};
/// use futures_util::{SinkExt, StreamExt};
///
/// # async fn f() -> bowline_tungstenite::Result<()> {
/// let (mut socket, _response) = connect_async("ws://localhost:8080/chat").await?;
/// socket.send(Message::text("Hello")).await?;
/// println!("{:?}", socket.next().await);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`connect_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the connection is lost. It can be made again.
pub async fn connect_async<R>(request: R) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)>
where
    R: IntoClientRequest + Unpin,
{
    connect_async_with_config(request, None, false).await
}

/// Connects to a `ws://` or `wss://` URL. `wss` needs one of the features for TLS. `disable_nagle` sends small packets at once.
///
/// Redirects are not followed.
///
/// # Errors
///
/// [`Error::Io`](crate::Error::Io) if no address of the host accepts the connection, [`Error::Http`](crate::Error::Http) if the server
/// answers with another status than 101, and the other variants of [`Error`](crate::Error) if the URL, TLS or the response is not
/// valid.
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the connection is lost. It can be made again.
pub async fn connect_async_with_config<R>(
    request: R,
    config: Option<WebSocketConfig>,
    disable_nagle: bool,
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)>
where
    R: IntoClientRequest + Unpin,
{
    dial(request.into_client_request()?, config, disable_nagle, None).await
}

/// Connects as [`connect_async_with_config`] does, with a connector for TLS.
///
/// # Errors
///
/// As for [`connect_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the connection is lost. It can be made again.
#[cfg(any(feature = "native-tls", feature = "__rustls-tls"))]
pub async fn connect_async_tls_with_config<R>(
    request: R,
    config: Option<WebSocketConfig>,
    disable_nagle: bool,
    connector: Option<Connector>,
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)>
where
    R: IntoClientRequest + Unpin,
{
    dial(request.into_client_request()?, config, disable_nagle, connector).await
}

async fn dial(
    request: Request,
    config: Option<WebSocketConfig>,
    disable_nagle: bool,
    connector: Option<Connector>,
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)> {
    let stream = TcpStream::connect(host_and_port(request.uri())?).await?;
    if disable_nagle {
        stream.set_nodelay(true)?;
    }
    let stream = wrap_async(&request, stream, connector).await?;
    client_async_with_config(request, stream, config).await
}
