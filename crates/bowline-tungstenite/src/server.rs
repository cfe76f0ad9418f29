//! Accepting connections.

use crate::{
    handshake::{
        HandshakeError,
        server::{Callback, NoCallback, ServerHandshake},
    },
    protocol::{WebSocket, WebSocketConfig},
};
use std::io::{Read, Write};

/// Makes a server's handshake on a stream, blocking or not, and accepts each valid request. It is [`accept_hdr_with_config`] without
/// a callback, and with the default configuration.
///
/// ```no_run
/// use std::{net::TcpListener, thread};
///
/// let listener = TcpListener::bind("127.0.0.1:8080")?;
/// for stream in listener.incoming() {
///     let stream = stream?;
///     thread::spawn(move || {
///         let mut socket = bowline_tungstenite::accept(stream).unwrap();
///         while let Ok(message) = socket.read() {
///             if message.is_text() || message.is_binary() {
///                 socket.send(message).unwrap();
///             }
///         }
///     });
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// As for [`accept_hdr_with_config`].
pub fn accept<S: Read + Write>(stream: S) -> Result<WebSocket<S>, HandshakeError<ServerHandshake<S, NoCallback>>> {
    accept_with_config(stream, None)
}

/// Makes a server's handshake, and accepts each valid request. It is [`accept_hdr_with_config`] without a callback.
///
/// # Errors
///
/// As for [`accept_hdr_with_config`].
pub fn accept_with_config<S: Read + Write>(
    stream: S,
    config: Option<WebSocketConfig>,
) -> Result<WebSocket<S>, HandshakeError<ServerHandshake<S, NoCallback>>> {
    accept_hdr_with_config(stream, NoCallback, config)
}

/// Makes a server's handshake, in which `callback` decides. It is [`accept_hdr_with_config`] with the default configuration.
///
/// # Errors
///
/// As for [`accept_hdr_with_config`].
pub fn accept_hdr<S: Read + Write, C: Callback>(
    stream: S,
    callback: C,
) -> Result<WebSocket<S>, HandshakeError<ServerHandshake<S, C>>> {
    accept_hdr_with_config(stream, callback, None)
}

/// Makes a server's handshake on a stream, blocking or not. [`callback`](Callback) decides about a valid request. A stream with TLS
/// must have made the handshake of TLS, or make it by itself.
///
/// ```no_run
/// use bowline_tungstenite::{accept_hdr, handshake::server::{ErrorResponse, Request, Response}};
///
/// # fn f(stream: std::net::TcpStream) {
/// let result = accept_hdr(stream, |request: &Request, mut response: Response| {
///     if request.uri().path() != "/chat" {
///         let mut refusal = ErrorResponse::new(Some("There is only /chat here.".into()));
///         *refusal.status_mut() = http::StatusCode::NOT_FOUND;
///         return Err(refusal);
///     }
///     response.headers_mut().append("Sec-WebSocket-Protocol", "chat.v1".parse().unwrap());
///     Ok(response)
/// });
/// # }
/// ```
///
/// # Errors
///
/// [`HandshakeError::Interrupted`] if the stream would block: continue with
/// [`MidHandshake::handshake`](crate::handshake::MidHandshake::handshake). [`HandshakeError::Failure`] if the request breaks a rule, or
/// the callback refused it. The client has received a response then.
pub fn accept_hdr_with_config<S: Read + Write, C: Callback>(
    stream: S,
    callback: C,
    config: Option<WebSocketConfig>,
) -> Result<WebSocket<S>, HandshakeError<ServerHandshake<S, C>>> {
    ServerHandshake::start(stream, callback, config).handshake()
}
