//! The opening handshake on Tokio.

use crate::{
    WebSocketStream,
    client::IntoClientRequest,
    error::{Error, Result},
    handshake::{
        ClientRole, ServerRole,
        client::Response,
        server::{Callback, NoCallback},
    },
    polled::Polled,
    protocol::WebSocketConfig,
};
use std::{future::poll_fn, io, task::Poll};
use tokio::io::{AsyncRead, AsyncWrite};

/// Makes a client's handshake on a stream. It is [`client_async_with_config`] with the default configuration.
///
/// ```no_run
/// use tokio::net::TcpStream;
///
/// # async fn f() -> bowline_tungstenite::Result<()> {
/// let stream = TcpStream::connect("localhost:8080").await?;
/// let (socket, response) = bowline_tungstenite::client_async("ws://localhost:8080/chat", stream).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`client_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn client_async<R, S>(request: R, stream: S) -> Result<(WebSocketStream<S>, Response)>
where
    R: IntoClientRequest + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    client_async_with_config(request, stream, None).await
}

/// Makes a client's handshake on a stream. The stream must have TLS already if the scheme of the URL is `wss`.
///
/// # Errors
///
/// [`Error::Http`] if the server answers with another status than 101, [`Error::Protocol`] if its response breaks a rule, and
/// [`Error::Url`] or [`Error::HttpFormat`] if the request is not valid.
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn client_async_with_config<R, S>(
    request: R,
    mut stream: S,
    config: Option<WebSocketConfig>,
) -> Result<(WebSocketStream<S>, Response)>
where
    R: IntoClientRequest + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut role = ClientRole::new(request.into_client_request()?, config)?;
    let opened = within(config, drive(&mut stream, |stream| role.advance(stream))).await?;
    let socket = WebSocketStream::from_connection(stream, opened.connection, opened.rest, opened.config);
    Ok((socket, opened.response))
}

/// Makes a server's handshake on a stream, and accepts each valid request. It is [`accept_hdr_async_with_config`] without a callback,
/// and with the default configuration.
///
/// ```no_run
/// # async fn f(listener: tokio::net::TcpListener) -> bowline_tungstenite::Result<()> {
/// let (stream, _address) = listener.accept().await?;
/// let socket = bowline_tungstenite::accept_async(stream).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept_hdr_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn accept_async<S>(stream: S) -> Result<WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    accept_hdr_async_with_config(stream, NoCallback, None).await
}

/// Makes a server's handshake on a stream, and accepts each valid request. It is [`accept_hdr_async_with_config`] without a callback.
///
/// # Errors
///
/// As for [`accept_hdr_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn accept_async_with_config<S>(stream: S, config: Option<WebSocketConfig>) -> Result<WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    accept_hdr_async_with_config(stream, NoCallback, config).await
}

/// Makes a server's handshake on a stream, in which `callback` decides. It is [`accept_hdr_async_with_config`] with the default
/// configuration.
///
/// # Errors
///
/// As for [`accept_hdr_async_with_config`].
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn accept_hdr_async<S, C>(stream: S, callback: C) -> Result<WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: Callback + Unpin,
{
    accept_hdr_async_with_config(stream, callback, None).await
}

/// Makes a server's handshake on a stream, in which `callback` decides about a valid request: see [`Callback`].
///
/// # Errors
///
/// [`Error::Protocol`] if the request breaks a rule, and [`Error::Http`] if the callback refused it. The client has received a
/// response then.
///
/// # Cancel safety
///
/// Not cancel safe: if the future is dropped, the stream is lost.
pub async fn accept_hdr_async_with_config<S, C>(
    mut stream: S,
    callback: C,
    config: Option<WebSocketConfig>,
) -> Result<WebSocketStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: Callback + Unpin,
{
    let mut role = ServerRole::new(callback, config);
    let opened = within(config, drive(&mut stream, |stream| role.advance(stream))).await?;
    Ok(WebSocketStream::from_connection(stream, opened.connection, opened.rest, opened.config))
}

/// Drives a role until it has an outcome.
async fn drive<S, T>(stream: &mut S, mut advance: impl FnMut(&mut Polled<'_, '_, S>) -> Result<T>) -> Result<T>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|cx| match advance(&mut Polled { stream, cx }) {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        outcome => Poll::Ready(outcome),
    })
    .await
}

/// Enforces the deadline for the handshake, if the configuration has one.
async fn within<T>(config: Option<WebSocketConfig>, handshake: impl Future<Output = Result<T>>) -> Result<T> {
    let deadlines = config.and_then(|config| config.deadlines);
    match deadlines.and_then(|deadlines| deadlines.handshake) {
        None => handshake.await,
        Some(limit) => tokio::time::timeout(limit, handshake)
            .await
            .unwrap_or_else(|_| Err(Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the opening handshake")))),
    }
}
