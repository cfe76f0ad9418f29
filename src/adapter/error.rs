use super::connect_error::ConnectError;
use crate::{CloseError, Closure, HandshakeError, SendError, client};
use alloc::{
    boxed::Box,
    string::{String, ToString},
};
use std::io;
use thiserror::Error;

/// Why a call of an adapter failed: connecting, the opening handshake, receiving, sending or closing.
///
/// A normal end of the connection is not an error: `recv` and `read` return `None` after a clean close with code 1000 (normal
/// closure), 1001 (going away) or no code.
///
/// # Whether to try again
///
/// A client that reconnects gives up after some errors, such as a certificate that is not valid, and tries again after others, such
/// as a stream that failed. [`RetryPolicy`](super::reconnect::RetryPolicy#which-ends-are-final) has the table, and
/// [`RetryPolicy::is_final`](super::reconnect::RetryPolicy::is_final) is that table as a function. The `Reconnecting` client of each
/// adapter does all of it.
#[doc(alias("reconnect", "retry"))]
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum Error {
    /// The client did not reach the server: the DNS lookup, TCP, a proxy or TLS failed, or did not finish before the handshake deadline
    /// ([`Deadlines::handshake`](crate::Deadlines::handshake)). The server has not answered the opening handshake.
    ///
    /// With TLS 1.3, a server that requires a client certificate can refuse it only after the client's opening handshake was sent.
    /// This is the same error.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// Reading from the stream or writing to it failed, for example because the peer reset the connection.
    ///
    /// If writing failed, the queued output is discarded, and receiving can still return what the peer sent before. If reading
    /// failed, the connection has ended, and further calls return how. The blocking adapter also returns this error if the stream
    /// is in non-blocking mode, or if its timeout cannot be set; then the connection is unchanged.
    #[error("the stream failed: {0}")]
    Io(#[from] io::Error),
    /// The connection has ended, and not normally (see [`Closure::is_normal`]).
    ///
    /// The peer closed it with a code other than 1000 and 1001, broke a rule or let a deadline expire, or the stream ended
    /// without a Close frame (RFC 6455 §7.1.5). If this endpoint ended the connection, its Close frame was written first, unless
    /// the peer stopped reading. [`guide::closing`](crate::guide::closing) describes each [`cause`](Closure::cause) and each
    /// code.
    #[doc(alias("ConnectionClosed", "AlreadyClosed", "ResetWithoutClosingHandshake"))]
    #[error("the connection is {0}")]
    Closed(#[source] Box<Closure>),
    /// The message cannot be sent, for the reason in the [`SendError`]. It was not queued, and the connection is unchanged.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The close code or the reason cannot be sent. The connection is unchanged.
    #[error(transparent)]
    Close(#[from] CloseError),
    /// The URI, a subprotocol or a header field of the client's request is not valid. Nothing was sent.
    #[error(transparent)]
    Request(#[from] client::RequestError),
    /// The opening handshake failed (RFC 6455 §4), and the stream has been dropped.
    ///
    /// On a client, the server refused the request, broke a rule, or did not answer in time. Redirects are refusals, too, unless
    /// [`ConnectOptions::follow_redirects`](super::ConnectOptions::follow_redirects) is set. To find out where one leads, or which
    /// credentials are required, look at the response:
    ///
    /// ```no_run
    /// # use bowline::{Config, adapter::{Error, blocking}};
    /// match blocking::connect("ws://example.com/chat", Config::default()) {
    ///     Ok((socket, response)) => println!("connected, with the subprotocol {:?}", response.protocol()),
    ///     Err(Error::Handshake { response: Some(response), .. }) => {
    ///         println!("status {}, redirected to {:?}", response.status(), response.header("Location"));
    ///     }
    ///     Err(error) => println!("{error}"),
    /// }
    /// ```
    ///
    /// On a server, the client broke a rule or was too slow, or its Origin is not allowed. The client was sent a response with
    /// the [`status`](HandshakeError::status) of the error.
    /// The text has the response's own reason, if it has one, its `Location`, `WWW-Authenticate` and `Retry-After`, and the first
    /// line of its body. It has no secrets: the query of the `Location` is left out.
    #[error("the opening handshake failed: {error}{}", explanation(response.as_deref()))]
    Handshake {
        /// The broken rule, and what was received.
        #[source]
        error: HandshakeError,
        /// The server's response, with the beginning of its [`body`](client::Response::body) as far as it arrived within a
        /// second. `None` on a server, and on a client that did not receive a valid response head.
        response: Option<Box<client::Response>>,
    },
    /// A redirect is not followed: there were too many, it leads from `wss` to `ws`, or its `Location` is not valid. Redirects are
    /// followed only if [`ConnectOptions::follow_redirects`](super::ConnectOptions::follow_redirects) is set.
    #[error(transparent)]
    Redirect(Box<client::RedirectError>),
    /// The application refused the client's request with this HTTP status, as the callback of `accept_with` or `decide` can. The
    /// client was sent the response, and the stream has been dropped.
    #[error("the request was refused with status {0}")]
    Refused(u16),
}

fn explanation(response: Option<&client::Response>) -> String {
    response.map_or(String::new(), |response| client::Explanation(response).to_string())
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}
