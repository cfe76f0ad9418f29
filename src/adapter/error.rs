use super::connect_error::ConnectError;
use crate::{CloseError, Closure, HandshakeError, SendError, client};
use alloc::boxed::Box;
use std::io;
use thiserror::Error;

/// Why a call on a connection with IO failed, in both adapters.
///
/// A normal end of the connection is not an error: after a clean close with code 1000 (normal closure), 1001 (going away) or no
/// code, `recv` and `read` return `None`.
///
/// # Whether to try again
///
/// For a client that reconnects. Wait for a random delay first, longer after each failure (RFC 6455 §7.2.3).
///
/// | error | cause, code or status | retry |
/// |---|---|---|
/// | none: a normal end | 1001 going away, from a server that restarts: see [`Closure::code`] | yes, if the client is to stay |
/// | [`Closed`](Self::Closed), code 1006 | the transport failed, the stream ended or a deadline expired ([`Cause`](crate::Cause)) | yes |
/// | | [`Cause::Protocol`](crate::Cause::Protocol): the peer broke a rule | no: it would do so again |
/// | [`Closed`](Self::Closed), another code | 1011 internal error, 1012 service restart, 1013 try again later, 1014 bad gateway | yes |
/// | | 1002, 1003, 1007 to 1010: the peer rejects what this endpoint sends or requires | no |
/// | | 3000 to 4999 | as the library or the application defines |
/// | [`Io`](Self::Io) | the stream failed | yes |
/// | [`Connect`](Self::Connect) | DNS lookup or TCP | yes |
/// | | TLS: the certificate is not valid, or TLS is not available | no |
/// | [`Handshake`](Self::Handshake) | status 429 or 5xx, a deadline, the stream ended | yes |
/// | | everything else: another server, another path, other credentials are needed | no |
/// | [`Request`](Self::Request), [`Refused`](Self::Refused) | | no |
/// | [`Send`](Self::Send), [`Close`](Self::Close) | | the connection is as it was, and goes on |
///
/// ```
/// use bowline::{Cause, CloseCode, HandshakeError, adapter::{ConnectStage, Error}};
///
/// fn is_worth_another_try(error: &Error) -> bool {
///     match error {
///         Error::Closed(closure) => match closure.code() {
///             CloseCode::ABNORMAL => !matches!(closure.cause(), Cause::Protocol(_)),
///             code => matches!(code.get(), 1011..=1014),
///         },
///         Error::Io(_) => true,
///         Error::Connect(error) => error.stage() != ConnectStage::Tls,
///         Error::Handshake { error, .. } => matches!(
///             error,
///             HandshakeError::Status(429 | 500..=599) | HandshakeError::Deadline | HandshakeError::EndOfStream { .. }
///         ),
///         _ => false,
///     }
/// }
/// # use bowline::{Config, Connection, Event, Role};
/// # assert!(is_worth_another_try(&Error::Io(std::io::ErrorKind::ConnectionReset.into())));
/// # assert!(!is_worth_another_try(&Error::Refused(403)));
/// # let ended = |bytes: &[u8]| {
/// #     let mut client = Connection::new(Role::Client, Config::default());
/// #     client.receive(&mut (&mut bytes.to_vec()).into());
/// #     client.output().write_to(&mut std::io::sink()).unwrap();
/// #     client.receive_eof();
/// #     Error::Closed(Box::new(client.closure().unwrap().clone()))
/// # };
/// # assert!(is_worth_another_try(&ended(b"")));
/// # assert!(is_worth_another_try(&ended(b"\x88\x02\x03\xf3"))); // 1011
/// # assert!(!is_worth_another_try(&ended(b"\x88\x02\x03\xf0"))); // 1008
/// # assert!(!is_worth_another_try(&ended(b"\x83\x00"))); // a violation
/// ```
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum Error {
    /// The client did not reach the server: the DNS lookup, TCP or TLS failed, or took too long. No opening handshake was sent.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// The stream failed: a reset connection, for example.
    #[error("the stream failed: {0}")]
    Io(#[from] io::Error),
    /// The connection has ended, and not normally (see [`Closure::is_normal`]): the peer closed it with a code other than 1000 and
    /// 1001, broke a rule or took too long, or the stream ended without a Close frame (RFC 6455 §7.1.5).
    ///
    /// If this endpoint ended the connection, its Close frame has been written. Each [`cause`](Closure::cause) and each code is
    /// described in [`guide::closing`](crate::guide::closing).
    #[error("the connection is {0}")]
    Closed(#[source] Box<Closure>),
    /// The message cannot be sent. The connection is as it was, and goes on.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The close code or the reason cannot be sent. The connection is as it was.
    #[error(transparent)]
    Close(#[from] CloseError),
    /// The URI or a header field of the request is not valid. Nothing was sent.
    #[error(transparent)]
    Request(#[from] client::RequestError),
    /// The opening handshake failed (RFC 6455 §4).
    ///
    /// On a server, the client has been sent the status for it. On a client, the server did not agree.
    #[error("the opening handshake failed: {error}")]
    Handshake {
        /// Which rule was broken.
        #[source]
        error: HandshakeError,
        /// On a client, the server's response if its head could be read, a redirection or a request for credentials for example,
        /// with the beginning of its [`body`](client::Response::body), which is awaited for at most a second.
        response: Option<Box<client::Response>>,
    },
    /// The server's own code refused the request with this status, and the client has been sent the answer.
    #[error("the request was refused with status {0}")]
    Refused(u16),
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}
