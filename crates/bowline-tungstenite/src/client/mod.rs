//! Connecting, and the requests for it.

mod redirect;
mod request;
mod tls;

pub use crate::uri::uri_mode;
pub use request::{ClientRequestBuilder, IntoClientRequest};
pub use tls::{client_tls, client_tls_with_config};

use crate::{
    error::{Error, Result, UrlError},
    handshake::{
        HandshakeError,
        client::{ClientHandshake, Request, Response},
    },
    protocol::{WebSocket, WebSocketConfig},
    stream::{MaybeTlsStream, NoDelay},
    uri::host_and_port,
};
use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    result::Result as StdResult,
};

/// How many redirects [`connect`] follows.
const MAX_REDIRECTS: u8 = 3;

/// Connects to a `ws://` or `wss://` URL, and blocks until the connection is open. It is [`connect_with_config`] with the default
/// configuration and at most three redirects.
///
/// ```no_run
/// use bowline_tungstenite::{Message, connect};
///
/// let (mut socket, _response) = connect("ws://localhost:8080/chat")?;
/// socket.send(Message::text("Hello"))?;
/// println!("{}", socket.read()?);
/// # Ok::<(), bowline_tungstenite::Error>(())
/// ```
///
/// # Errors
///
/// As for [`connect_with_config`].
pub fn connect<Req: IntoClientRequest>(request: Req) -> Result<(WebSocket<MaybeTlsStream<TcpStream>>, Response)> {
    connect_with_config(request, None, MAX_REDIRECTS)
}

/// Connects to a `ws://` or `wss://` URL, and blocks until the connection is open. `wss` needs one of the features for TLS.
///
/// Redirects are followed up to `max_redirects` times. The location may be relative, or have the scheme `http` or `https`. A redirect
/// from `wss` to `ws` is not followed. `Authorization` and `Cookie` are not sent to another host or port, and `Proxy-Authorization` is
/// not sent again.
///
/// # Errors
///
/// [`Error::Http`] if the server answers with another status than 101, also for a redirect that is not followed. [`Error::Url`] if
/// the URL cannot be used, or if no address of the host accepts the connection. [`Error::Tls`] and [`Error::Io`] if TLS or the stream
/// fails, and [`Error::Protocol`] if the response breaks a rule.
pub fn connect_with_config<Req: IntoClientRequest>(
    request: Req,
    config: Option<WebSocketConfig>,
    max_redirects: u8,
) -> Result<(WebSocket<MaybeTlsStream<TcpStream>>, Response)> {
    let mut request = request.into_client_request()?;
    for _ in 0..max_redirects {
        match connect_once(request.clone(), config) {
            Err(Error::Http(response)) if response.status().is_redirection() => {
                match redirect::follow(request, &response)? {
                    Some(next) => request = next,
                    None => return Err(Error::Http(response)),
                }
            }
            result => return result,
        }
    }
    connect_once(request, config)
}

fn connect_once(
    request: Request,
    config: Option<WebSocketConfig>,
) -> Result<(WebSocket<MaybeTlsStream<TcpStream>>, Response)> {
    let uri = request.uri();
    let (host, port) = host_and_port(uri)?;
    #[cfg(not(any(feature = "native-tls", feature = "__rustls-tls")))]
    if let crate::stream::Mode::Tls = uri_mode(uri)? {
        return Err(UrlError::TlsFeatureNotEnabled.into());
    }
    let mut connections = (host, port).to_socket_addrs()?.map(TcpStream::connect);
    let Some(mut stream) = connections.find_map(StdResult::ok) else {
        return Err(UrlError::UnableToConnect(uri.to_string()).into());
    };
    NoDelay::set_nodelay(&mut stream, true)?;
    client_tls_with_config(request, stream, config, None).map_err(|error| match error {
        HandshakeError::Failure(error) => error,
        // A socket with a timeout.
        HandshakeError::Interrupted(_) => Error::Io(std::io::ErrorKind::WouldBlock.into()),
    })
}

/// Makes a client's handshake on a stream, blocking or not. It is [`client_with_config`] with the default configuration.
///
/// # Errors
///
/// As for [`client_with_config`].
pub fn client<Stream, Req>(
    request: Req,
    stream: Stream,
) -> StdResult<(WebSocket<Stream>, Response), HandshakeError<ClientHandshake<Stream>>>
where
    Stream: Read + Write,
    Req: IntoClientRequest,
{
    client_with_config(request, stream, None)
}

/// Makes a client's handshake on a stream, blocking or not. The stream must have TLS already if the scheme of the URL is `wss`.
///
/// # Errors
///
/// [`HandshakeError::Interrupted`] if the stream would block: continue with
/// [`MidHandshake::handshake`](crate::handshake::MidHandshake::handshake). [`HandshakeError::Failure`] if the handshake failed.
pub fn client_with_config<Stream, Req>(
    request: Req,
    stream: Stream,
    config: Option<WebSocketConfig>,
) -> StdResult<(WebSocket<Stream>, Response), HandshakeError<ClientHandshake<Stream>>>
where
    Stream: Read + Write,
    Req: IntoClientRequest,
{
    ClientHandshake::start(stream, request.into_client_request()?, config)?.handshake()
}
