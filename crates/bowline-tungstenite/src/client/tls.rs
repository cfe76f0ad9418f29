use super::{IntoClientRequest, client_with_config};
use crate::{
    handshake::{
        HandshakeError,
        client::{ClientHandshake, Response},
    },
    protocol::{WebSocket, WebSocketConfig},
    stream::MaybeTlsStream,
    tls::{Connector, wrap},
};
use std::{
    io::{Read, Write},
    result::Result as StdResult,
};

/// The result of a client's handshake on a stream that is encrypted or not.
type Connected<S> =
    StdResult<(WebSocket<MaybeTlsStream<S>>, Response), HandshakeError<ClientHandshake<MaybeTlsStream<S>>>>;

/// Makes a client's handshake on a blocking stream, and first that of TLS if the scheme of the URL is `wss`. It is
/// [`client_tls_with_config`] with the default configuration and the default [`Connector`].
///
/// # Errors
///
/// As for [`client_tls_with_config`].
pub fn client_tls<R, S>(request: R, stream: S) -> Connected<S>
where
    R: IntoClientRequest,
    S: Read + Write,
{
    client_tls_with_config(request, stream, None, None)
}

/// Makes a client's handshake on a blocking stream, and first that of TLS if the scheme of the URL is `wss`.
///
/// Without a connector, native-tls is used if its feature is enabled, and otherwise rustls with the roots of its features.
///
/// # Panics
///
/// Without a connector, rustls panics if the program has neither enabled exactly one of its providers of cryptography nor installed
/// one.
///
/// # Errors
///
/// [`HandshakeError::Failure`], with [`Error::Tls`](crate::Error::Tls) if TLS fails and [`Error::Url`](crate::Error::Url) if the URL
/// cannot be used. With rustls, the handshake of TLS takes place with the first bytes, and its failure is
/// [`Error::Io`](crate::Error::Io).
pub fn client_tls_with_config<R, S>(
    request: R,
    stream: S,
    config: Option<WebSocketConfig>,
    connector: Option<Connector>,
) -> Connected<S>
where
    R: IntoClientRequest,
    S: Read + Write,
{
    let request = request.into_client_request()?;
    let stream = wrap(&request, stream, connector)?;
    client_with_config(request, stream, config)
}
