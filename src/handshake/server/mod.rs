//! The server's side of the opening handshake (RFC 6455 §4.2): a request is read, then accepted or refused.
//!
//! ```
//! use bowline::{Config, server};
//! use bytes::Buf;
//! use std::sync::Arc;
//!
//! let mut bytes = b"GET /chat HTTP/1.1\r\n\
//!     Host: server.example.com\r\n\
//!     Upgrade: websocket\r\n\
//!     Connection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
//!     Sec-WebSocket-Version: 13\r\n\r\n"
//!     .to_vec();
//! let mut handshake = server::Handshake::new(Config::default());
//! let mut input = &mut bytes[..];
//! match handshake.receive(&mut input) {
//!     server::Progress::Incomplete => { /* read more */ }
//!     server::Progress::Refused(refusal) => { /* write it, it is a `bytes::Buf`, and close */ }
//!     server::Progress::Request(request) => match request.accept(&server::Accept::same_origin()) {
//!         Err(refusal) => { /* write it and close */ }
//!         Ok(mut connection) => assert!(connection.output().has_remaining()), // the 101
//!     },
//! }
//! ```
//!
//! When an HTTP library reads the requests, such as hyper, use `upgrade` and `extended_connect`, which come with the feature
//! `http`: the same rules, for HTTP/1.1 and for WebSocket over HTTP/2 and HTTP/3.

mod accept;
#[cfg(feature = "http")]
mod connect;
mod origins;
mod refusal;
mod request;
mod rules;
#[cfg(feature = "http")]
mod upgrade;

pub use accept::Accept;
pub use refusal::Refusal;
pub use request::Request;
#[cfg(feature = "http")]
pub use upgrade::{Upgrade, extended_connect, upgrade};

use super::{
    deadline::Deadline,
    error::HandshakeError,
    http1::fields::{Fields, RequestLine},
    http1::head::{Head, Start},
};
use crate::{Config, Input, Timestamp};
use alloc::sync::Arc;
use core::time::Duration;

/// Reads a client's opening handshake.
///
/// Feed it what arrives with [`receive`](Self::receive), report the end of the stream to
/// [`receive_eof`](Self::receive_eof), and call [`tick`](Self::tick) before each wait, so that a client cannot take
/// for ever. What it holds is at most twice the bytes that have arrived, and those are limited by
/// [`Limits::head_bytes`](crate::Limits::head_bytes).
#[derive(Debug)]
pub struct Handshake {
    /// Until there is an outcome.
    config: Option<Arc<Config>>,
    head: Head,
    deadline: Deadline,
}

/// How far a handshake has come: see [`Handshake::receive`].
#[derive(Debug)]
#[must_use]
pub enum Progress {
    /// All input was used up, and more is needed.
    Incomplete,
    /// A request that keeps all rules of §4.2.1, to be accepted or refused.
    Request(Request),
    /// The request broke a rule, or did not come in time. Write this answer, then close the transport.
    Refused(Refusal),
}

impl Handshake {
    /// Waits for the first byte of a request (§4.2.1), with the limits and the deadline of `config`.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self {
            head: Head::new(Start::Request, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// Takes the head of the request off the front of `input`, as much of it as is there.
    ///
    /// Nothing beyond the head is taken: what is left in `input` when a [`Request`] comes out are the client's first
    /// frames, for [`Connection::receive`](crate::Connection::receive). The outcome does not depend on how the bytes
    /// are cut into calls, but for the excerpt in [`HandshakeError::StartLine`].
    ///
    /// There is one outcome: after it, nothing is taken any more and the answer is [`Progress::Incomplete`].
    pub fn receive(&mut self, input: &mut Input<'_>) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        match self.advance(input, config.limits.head_fields) {
            Ok(Some((line, fields))) => match Request::check(&line, fields, config) {
                Ok(request) => Progress::Request(request),
                Err(error) => Progress::Refused(Refusal::of(error)),
            },
            Ok(None) => {
                self.config = Some(config);
                Progress::Incomplete
            }
            Err(error) => Progress::Refused(Refusal::of(error)),
        }
    }

    /// The client's stream has ended. Unless there was an outcome already, this is one:
    /// [`HandshakeError::EndOfStream`]. A client that has only shut its half can still read the answer.
    pub fn receive_eof(&mut self) -> Progress {
        if self.config.take().is_none() {
            return Progress::Incomplete;
        }
        Progress::Refused(Refusal::of(HandshakeError::EndOfStream { received: self.head.taken() }))
    }

    /// Tells the time, and returns how long to wait for input at the most: never zero, and `None` for as long as it
    /// takes.
    ///
    /// The first call starts the clock of [`Deadlines::handshake`](crate::Deadlines::handshake). Once that has
    /// passed, the next [`receive`](Self::receive) refuses the client with status 408, also with an empty input.
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// The request, once its head is there, with as many fields as the limit allows.
    fn advance(
        &mut self,
        input: &mut Input<'_>,
        limit: usize,
    ) -> Result<Option<(RequestLine, Fields)>, HandshakeError> {
        if self.deadline.has_passed() {
            return Err(HandshakeError::Deadline);
        }
        match self.head.receive_whole(input, |bytes| Fields::of_whole_request(bytes, limit)) {
            Some(parsed) => Ok(Some(parsed)),
            None if self.head.receive(input)? => Fields::of_request(self.head.finish(), limit).map(Some),
            None => Ok(None),
        }
    }
}
