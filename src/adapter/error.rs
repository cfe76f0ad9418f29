use super::connect_error::ConnectError;
use crate::{CloseError, Closure, HandshakeError, SendError, client};
use alloc::boxed::Box;
use std::io;
use thiserror::Error;

/// Why a call on a connection with IO failed.
///
/// A clean end is none: there, `recv` and `read` return `None`.
///
/// ```
/// use bowline::{Cause, HandshakeError, adapter::blocking::{ConnectStage, Error}};
///
/// fn is_worth_another_try(error: &Error) -> bool {
///     match error {
///         Error::Io(_) => true,
///         Error::Connect(error) => error.stage() != ConnectStage::Tls,
///         Error::Closed(closure) => !matches!(closure.cause(), Cause::Protocol(_)),
///         Error::Handshake { error: HandshakeError::Status(500..=599) | HandshakeError::Deadline, .. } => true,
///         _ => false,
///     }
/// }
/// # assert!(is_worth_another_try(&Error::Io(std::io::ErrorKind::ConnectionReset.into())));
/// # assert!(!is_worth_another_try(&Error::Refused(403)));
/// ```
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum Error {
    /// There is no connection to the server: the look-up of its name, TCP or TLS failed, or took too long.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// The stream failed.
    #[error("the stream failed: {0}")]
    Io(#[from] io::Error),
    /// The connection ended without both Close frames (RFC 6455 §7.1.4). If this side failed it, its Close frame is written
    /// already. What each [`cause`](Closure::cause) means is in [`guide::closing`](crate::guide::closing).
    #[error("the connection is {0}")]
    Closed(#[source] Box<Closure>),
    /// The message cannot be sent; the connection is as it was, and goes on.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The close code or the reason cannot be sent; the connection is as it was.
    #[error(transparent)]
    Close(#[from] CloseError),
    /// The URI, or a header, is not valid: nothing was sent.
    #[error(transparent)]
    Request(#[from] client::RequestError),
    /// The opening handshake failed. A server has answered with the status for it. To a client the server's response is
    /// there if its head could be read.
    #[error("the opening handshake failed: {error}")]
    Handshake {
        /// Which rule was broken.
        #[source]
        error: HandshakeError,
        /// What the server answered: the redirection, say, or the demand for a password, and the beginning of its
        /// [`body`](client::Response::body), for which the client waits a second at most.
        response: Option<Box<client::Response>>,
    },
    /// The server's own code refused the request, and the client has been told.
    #[error("the request was refused with status {0}")]
    Refused(u16),
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}
