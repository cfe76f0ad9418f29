//! The server's side of the opening handshake (RFC 6455 §4.2): read a request, then accept or refuse it.
//!
//! ```
//! use bowline::{Config, Input, server};
//! use bytes::Buf;
//!
//! let mut bytes = b"GET /chat HTTP/1.1\r\n\
//!     Host: server.example.com\r\n\
//!     Upgrade: websocket\r\n\
//!     Connection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
//!     Sec-WebSocket-Version: 13\r\n\r\n"
//!     .to_vec();
//! let mut handshake = server::Handshake::new(Config::default());
//! let mut input = Input::from(&mut bytes);
//! match handshake.receive(&mut input) {
//!     server::Progress::Incomplete => { /* read more */ }
//!     server::Progress::Request(request) => {
//!         // Either way there is a connection: it is open, or it only delivers the refusal.
//!         let accepted = request.accept(&server::Accept::same_origin());
//!         let mut connection = accepted.unwrap_or_else(server::Refusal::into_connection);
//!         assert!(connection.output().has_remaining()); // the answer
//!     }
//!     server::Progress::NotWebSocket(request) => { /* `respond` to it, or: */ drop(request.into_refusal().into_connection()) }
//!     server::Progress::Refused(refusal) => drop(refusal.into_connection()),
//!     _ => { /* outcomes of later versions */ }
//! }
//! ```
//!
//! If an HTTP library such as hyper reads the requests, use `upgrade` and `extended_connect`, which need the feature `http`:
//! the same rules, for HTTP/1.1 and for WebSocket over HTTP/2 and HTTP/3.

mod accept;
#[cfg(feature = "http")]
mod http2_rules;
mod origin_error;
mod origins;
mod plain_request;
mod refusal;
mod request;
mod request_head;
mod response;
mod rules;
#[cfg(feature = "http")]
mod upgrade;

pub use accept::Accept;
pub use origin_error::OriginError;
pub use plain_request::PlainRequest;
pub use refusal::Refusal;
pub use request::Request;
#[cfg(feature = "http")]
pub use upgrade::{Upgrade, extended_connect, upgrade};

use super::{
    deadline::Deadline,
    error::HandshakeError,
    http1::fields::Fields,
    http1::head::{Head, Start},
};
use crate::{Config, Input, Timestamp};
use alloc::sync::Arc;
use core::time::Duration;

/// Reads a client's opening handshake.
///
/// Feed it what arrives with [`receive`](Self::receive), report the end of the stream to
/// [`receive_eof`](Self::receive_eof), and call [`tick`](Self::tick) before each wait, which enforces the
/// deadline. Memory is bounded: at most twice the bytes that have arrived, and those are limited by
/// [`Limits::head_bytes`](crate::Limits::head_bytes).
#[derive(Debug)]
#[must_use]
pub struct Handshake {
    /// Until there is an outcome.
    config: Option<Arc<Config>>,
    head: Head,
    deadline: Deadline,
}

/// The result of [`Handshake::receive`].
#[non_exhaustive]
#[derive(Debug)]
#[must_use]
pub enum Progress {
    /// More input is needed: all of it was taken, and the head is not complete.
    Incomplete,
    /// A request that keeps all rules of §4.2.1: accept or refuse it.
    Request(Request),
    /// A valid HTTP/1.1 request that does not ask for WebSocket: answer it, or refuse it with
    /// [`PlainRequest::into_refusal`].
    NotWebSocket(PlainRequest),
    /// The request broke a rule, or did not arrive in time. Write this answer, then close the transport.
    Refused(Refusal),
}

impl Handshake {
    /// Waits for the first byte of a request (§4.2.1), with the limits and the deadline of `config`.
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self {
            head: Head::new(Start::Request, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// Takes the head of the request off the front of `input`, as much of it as has arrived.
    ///
    /// Nothing beyond the head is taken: the rest of `input` after a [`Request`] are the client's first frames, for
    /// [`Connection::receive`](crate::Connection::receive). The outcome does not depend on how the bytes are cut into calls,
    /// except for the excerpt in [`HandshakeError::StartLine`].
    ///
    /// There is one outcome. After it, nothing is taken any more, and the result is [`Progress::Incomplete`].
    pub fn receive(&mut self, input: &mut Input<'_>) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        match self.advance(input, &config) {
            Ok(Progress::Incomplete) => {
                self.config = Some(config);
                Progress::Incomplete
            }
            Ok(outcome) => outcome,
            Err(error) => Progress::Refused(Refusal::of(error, config)),
        }
    }

    /// Reports that the client's stream has ended. Unless there was an outcome already, this is one:
    /// [`HandshakeError::EndOfStream`]. A client that has only shut its half can still read the answer.
    pub fn receive_eof(&mut self) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        Progress::Refused(Refusal::of(HandshakeError::EndOfStream { received: self.head.taken() }, config))
    }

    /// Advances the clock, and returns how long to wait for input before the next call: never zero, and `None` if there is
    /// no deadline.
    ///
    /// The first call starts the clock of [`Deadlines::handshake`](crate::Deadlines::handshake). Once that has
    /// passed, the next [`receive`](Self::receive) refuses the client with status 408, also with an empty input.
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// The outcome, once the head is complete.
    fn advance(&mut self, input: &mut Input<'_>, config: &Arc<Config>) -> Result<Progress, HandshakeError> {
        if self.deadline.has_passed() {
            return Err(HandshakeError::Deadline);
        }
        if !self.head.receive(input)? {
            return Ok(Progress::Incomplete);
        }
        let (line, fields) = Fields::of_request(self.head.finish(), config.limits.head_fields)?;
        let upgrade = rules::check_upgrade(&fields);
        if upgrade.is_ok() || rules::asks_for_websocket(&fields) {
            Request::check(&line, fields, upgrade, config).map(Progress::Request)
        } else {
            PlainRequest::check(&line, fields, config).map(Progress::NotWebSocket)
        }
    }
}
