//! The client's side of the opening handshake (RFC 6455 §4.1): a request is written, and the answer read.
//!
//! ```
//! use bowline::{Config, client};
//! use bytes::Buf;
//! use std::sync::Arc;
//!
//! let request = client::Request::from_uri("ws://example.com/chat")?.protocol("chat")?;
//! // Connect to `request.host()` and `request.port()`, with TLS if `request.is_secure()`. Then:
//! let mut handshake = client::Handshake::new(request, Config::default());
//! while handshake.output().has_remaining() {
//!     let written = handshake.output().chunk().len(); // what the transport took of it
//!     handshake.output().advance(written);
//! }
//! let mut bytes = b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec(); // what the transport brought
//! match handshake.receive(&mut (&mut bytes[..]).into()) {
//!     client::Progress::Incomplete => { /* read more */ }
//!     client::Progress::Connected(connection, response) => { /* the connection is open */ }
//!     client::Progress::Refused(error, response) => assert_eq!(response.unwrap().status(), 404),
//! }
//! # Ok::<(), client::InvalidRequest>(())
//! ```
//!
//! When an HTTP library sends the request and reads the answer, such as hyper, use `upgrade` and `extended_connect`, which come
//! with the feature `http`: the same rules, for HTTP/1.1 and for WebSocket over HTTP/2 and HTTP/3.

mod body;
mod error;
mod request;
mod response;
mod rules;
#[cfg(feature = "http")]
mod upgrade;
mod uri;

pub use error::InvalidRequest;
pub use request::Request;
pub use response::Response;
#[cfg(feature = "http")]
pub use upgrade::{Upgrade, extended_connect, upgrade};

use super::{
    deadline::Deadline,
    error::HandshakeError,
    http1::fields::Fields,
    http1::head::{Head, Start},
    key,
};
use crate::{Config, Connection, Input, Timestamp};
use alloc::{collections::VecDeque, string::String, sync::Arc};
use bytes::Buf;
use core::{fmt, time::Duration};

/// Opens a connection: writes a request, and reads the answer.
///
/// Write [`output`](Self::output), feed what arrives to [`receive`](Self::receive), report the end of the stream to
/// [`receive_eof`](Self::receive_eof), and call [`tick`](Self::tick) before each wait, so that a server cannot take
/// for ever. What it holds is at most twice the bytes that have arrived, and those are limited by
/// [`Limits::head_bytes`](crate::Limits::head_bytes), over all answers.
///
/// Of the answer's fields, Upgrade must be `websocket` and nothing else, in whatever case (§4.1); other tokens in Connection are
/// ignored.
pub struct Handshake {
    /// Until there is an outcome.
    config: Option<Arc<Config>>,
    request: VecDeque<u8>,
    expected: rules::Expected,
    head: Head,
    deadline: Deadline,
}

/// Without the request: there may be secrets in it.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, request, expected, head, deadline } = self;
        f.debug_struct("Handshake")
            .field("to_be_written", &request.len())
            .field("expected", expected)
            .field("head", head)
            .field("deadline", deadline)
            .field("done", &config.is_none())
            .finish_non_exhaustive()
    }
}

/// How far a handshake has come: see [`Handshake::receive`].
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "it is matched at once, and a box would cost an allocation per connection"
)]
pub enum Progress {
    /// All input was used up, and more is needed.
    Incomplete,
    /// The server agreed, and the connection is open. The response has the subprotocol in use, and cookies.
    Connected(Connection, Response),
    /// There is no connection, and the transport is to be closed. The response is there if its head could be read:
    /// it tells, say, where a redirection leads. To read why it was refused, pass what is left of the input, and what comes
    /// then, to [`Response::receive_body`].
    Refused(HandshakeError, Option<Response>),
}

impl Handshake {
    /// Makes the request with a new nonce, drawn from [`Config::entropy`](crate::Config::entropy) (§4.1).
    #[must_use]
    pub fn new(request: Request, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let key = key::fresh(&config);
        Self {
            request: request.head(&key, offers(&config).as_deref()).into(),
            expected: rules::Expected { accept: Some(key::accept(&key)), protocols: request.into_protocols() },
            head: Head::new(Start::Response, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// What is to be written to the transport: the request.
    pub fn output(&mut self) -> &mut impl Buf {
        &mut self.request
    }

    /// Takes the head of the answer off the front of `input`, as much of it as is there. Interim answers, with a
    /// status of 1xx other than 101, are skipped (RFC 9110 §15.2).
    ///
    /// Nothing beyond the head is taken: what is left in `input` are the server's first frames, for
    /// [`Connection::receive`](crate::Connection::receive), or the beginning of the body of an answer that refuses.
    /// The outcome does not depend on how the bytes are cut into calls, but for the excerpt in [`HandshakeError::StartLine`].
    ///
    /// There is one outcome: after it, nothing is taken any more and the answer is [`Progress::Incomplete`].
    pub fn receive(&mut self, input: &mut Input<'_>) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        match self.advance(input, config.limits.head_fields) {
            Ok(Some(response)) => match self.expected.open(config, &response) {
                Ok(connection) => Progress::Connected(connection, response),
                Err(error) => Progress::Refused(error, Some(response)),
            },
            Ok(None) => {
                self.config = Some(config);
                Progress::Incomplete
            }
            Err(error) => Progress::Refused(error, None),
        }
    }

    /// The server's stream has ended. Unless there was an outcome already, this is one:
    /// [`HandshakeError::EndOfStream`].
    pub fn receive_eof(&mut self) -> Progress {
        if self.config.take().is_none() {
            return Progress::Incomplete;
        }
        Progress::Refused(HandshakeError::EndOfStream { received: self.head.taken() }, None)
    }

    /// Tells the time, and returns how long to wait for input at the most: never zero, and `None` for as long as it
    /// takes.
    ///
    /// The first call starts the clock of [`Deadlines::handshake`](crate::Deadlines::handshake). Once that has
    /// passed, the next [`receive`](Self::receive) gives up with [`HandshakeError::Deadline`], also with an empty
    /// input.
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// The final answer, once its head is there, with as many fields as the limit allows.
    fn advance(&mut self, input: &mut Input<'_>, limit: usize) -> Result<Option<Response>, HandshakeError> {
        if self.deadline.has_passed() {
            return Err(HandshakeError::Deadline);
        }
        loop {
            let whole = self.head.receive_whole(input, |bytes| Fields::of_whole_response(bytes, limit));
            let (status, is_http_1_1, fields) = match whole {
                Some(parsed) => parsed,
                None if self.head.receive(input)? => Fields::of_response(self.head.finish(), limit)?,
                None => return Ok(None),
            };
            // "A client MUST be able to parse one or more 1xx responses received prior to a final response" (RFC 9110
            // §15.2). The limit on the head is for all of them together.
            if status == 101 || !(100..200).contains(&status) {
                return Ok(Some(Response::new(status, is_http_1_1, fields)));
            }
        }
    }
}

/// What is offered about extensions.
fn offers(config: &Config) -> Option<String> {
    #[cfg(feature = "deflate")]
    return config.deflate.as_ref().map(crate::deflate::offer);
    #[cfg(not(feature = "deflate"))]
    {
        let _ = config;
        None
    }
}
