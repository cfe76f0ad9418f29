//! The client's side of the opening handshake (RFC 6455 §4.1): a request is written, and the answer read.
//!
//! ```
//! use bowline::{Config, Input, client};
//!
//! let request = client::Request::from_uri("ws://example.com/chat")?.protocol("chat")?;
//! // Connect to `request.host()` and `request.port()`, with TLS if `request.is_secure()`. Then:
//! let mut handshake = client::Handshake::new(request, Config::default());
//! let mut transport = Vec::new();
//! while !handshake.output().is_empty() {
//!     handshake.output().write_to(&mut transport)?;
//! }
//! let mut bytes = *b"HTTP/1.1 404 Not Found\r\n\r\n"; // as read from the transport
//! match handshake.receive(&mut Input::from(&mut bytes)) {
//!     client::Progress::Incomplete => { /* read more */ }
//!     client::Progress::Connected(connection, response) => { /* the connection is open */ }
//!     client::Progress::Refused(error, response) => assert_eq!(response.unwrap().status(), 404),
//!     _ => { /* outcomes of later versions */ }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If an HTTP library such as hyper sends the request and reads the answer, use `upgrade` and `extended_connect`, which need
//! the feature `http`: the same rules, for HTTP/1.1 and for WebSocket over HTTP/2 and HTTP/3.

mod error;
mod request;
mod response;
mod rules;
#[cfg(feature = "http")]
mod upgrade;
mod uri;

pub use error::RequestError;
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
use crate::{Config, Connection, Input, Output, Timestamp};
use alloc::{string::String, sync::Arc};
use core::{fmt, time::Duration};

/// Opens a connection: writes a request, and reads the answer.
///
/// Write [`output`](Self::output), feed what arrives to [`receive`](Self::receive), report the end of the stream to
/// [`receive_eof`](Self::receive_eof), and call [`tick`](Self::tick) before each wait, which enforces the
/// deadline. Memory is bounded: at most twice the bytes that have arrived, and those are limited by
/// [`Limits::head_bytes`](crate::Limits::head_bytes), over all answers.
///
/// In the answer, Upgrade must be `websocket` and nothing else, in any case (§4.1); other tokens in Connection are ignored.
#[must_use]
pub struct Handshake {
    /// Until there is an outcome.
    config: Option<Arc<Config>>,
    request: Output,
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

/// The result of [`Handshake::receive`].
#[non_exhaustive]
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "it is matched at once, and a box would cost an allocation per connection"
)]
pub enum Progress {
    /// More input is needed: all of it was taken, and the head is not complete.
    Incomplete,
    /// The server agreed, and the connection is open. The response has the [`protocol`](Response::protocol) in use, and cookies.
    Connected(Connection, Response),
    /// There is no connection; close the transport. The response is there if its head could be read, with the `Location` of a
    /// redirection, for example. To read the server's explanation, pass the rest of the input, and what arrives after it, to
    /// [`Response::receive_body`].
    Refused(HandshakeError, Option<Response>),
}

impl Handshake {
    /// Makes the request with a new nonce, drawn from [`Config::entropy`](crate::Config::entropy) (§4.1).
    pub fn new(request: Request, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let key = key::fresh(&config);
        Self {
            request: Output::starting_with(request.head(&key, offers(&config).as_deref())),
            expected: rules::Expected { accept: Some(key::accept(&key)), protocols: request.into_protocols() },
            head: Head::new(Start::Response, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// The bytes to write to the transport: the request. With `std`, [`Output::write_to`] writes them.
    pub fn output(&mut self) -> &mut Output {
        &mut self.request
    }

    /// Takes the head of the answer off the front of `input`, as much of it as has arrived. Interim answers, with a
    /// status of 1xx other than 101, are skipped (RFC 9110 §15.2).
    ///
    /// Nothing beyond the head is taken: the rest of `input` are the server's first frames, for
    /// [`Connection::receive`](crate::Connection::receive), or the beginning of the body of an answer that refuses.
    /// The outcome does not depend on how the bytes are cut into calls, except for the excerpt in [`HandshakeError::StartLine`].
    ///
    /// There is one outcome. After it, nothing is taken any more, and the result is [`Progress::Incomplete`].
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

    /// Reports that the server's stream has ended. Unless there was an outcome already, this is one:
    /// [`HandshakeError::EndOfStream`].
    pub fn receive_eof(&mut self) -> Progress {
        if self.config.take().is_none() {
            return Progress::Incomplete;
        }
        Progress::Refused(HandshakeError::EndOfStream { received: self.head.taken() }, None)
    }

    /// Advances the clock, and returns how long to wait for input before the next call: never zero, and `None` if there is
    /// no deadline.
    ///
    /// The first call starts the clock of [`Deadlines::handshake`](crate::Deadlines::handshake). Once that has
    /// passed, the next [`receive`](Self::receive) fails with [`HandshakeError::Deadline`], also with an empty
    /// input.
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// The final answer, once its head is complete. `limit` is that of the fields.
    fn advance(&mut self, input: &mut Input<'_>, limit: usize) -> Result<Option<Response>, HandshakeError> {
        if self.deadline.has_passed() {
            return Err(HandshakeError::Deadline);
        }
        loop {
            if !self.head.receive(input)? {
                return Ok(None);
            }
            let (status, is_http_1_1, fields) = Fields::of_response(self.head.finish(), limit)?;
            // "A client MUST be able to parse one or more 1xx responses received prior to a final response" (RFC 9110
            // §15.2). The limit on the head is for all of them together.
            if status == 101 || !(100..200).contains(&status) {
                return Ok(Some(Response::new(status, is_http_1_1, fields)));
            }
        }
    }
}

/// The extensions that are offered.
fn offers(config: &Config) -> Option<String> {
    #[cfg(feature = "deflate")]
    return config.deflate.as_ref().map(crate::deflate::offer);
    #[cfg(not(feature = "deflate"))]
    {
        let _ = config;
        None
    }
}
