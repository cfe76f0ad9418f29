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
//!         // There is a connection in both cases: it is open, or it only delivers the refusal.
//!         let accepted = request.accept(&server::Accept::same_origin());
//!         let mut connection = accepted.unwrap_or_else(server::Refusal::into_connection);
//!         assert!(connection.output().has_remaining()); // the response, to be written
//!     }
//!     // Drive these connections, too, to deliver the response. A plain request can also be answered by `respond`.
//!     server::Progress::NotWebSocket(request) => drop(request.into_refusal().into_connection()),
//!     server::Progress::Refused(refusal) => drop(refusal.into_connection()),
//!     _ => { /* outcomes of later versions of this crate */ }
//! }
//! ```
//!
//! If an HTTP library such as hyper or axum reads the requests, use `upgrade` for HTTP/1.1 and `extended_connect` for HTTP/2 and
//! HTTP/3. They check the same rules, and need the feature `http`.

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
pub(in crate::handshake) use rules::check_own_head;
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

/// Reads a client's opening handshake from a transport that was just accepted. It returns a [`Request`] to accept or refuse.
///
/// The adapters use it themselves. With a driver of your own:
///
/// 1. Call [`tick`](Self::tick) before each wait. It enforces the deadline.
/// 2. Pass the bytes of each read to [`receive`](Self::receive), and report the end of the stream with
///    [`receive_eof`](Self::receive_eof), until one of them returns an outcome.
///
/// The [module](super::server) has an example.
///
/// Memory is bounded: while the request is incomplete, at most twice the received bytes are stored.
/// [`Limits::head_bytes`](crate::Limits::head_bytes) limits those.
#[derive(Debug)]
#[must_use]
pub struct Handshake {
    /// `None` after the outcome.
    config: Option<Arc<Config>>,
    head: Head,
    deadline: Deadline,
}

/// What to do next in an opening handshake: the result of [`Handshake::receive`] and [`Handshake::receive_eof`].
#[non_exhaustive]
#[derive(Debug)]
#[must_use]
pub enum Progress {
    /// Read more: all input was consumed, and the request is not complete. Calls after the outcome return this, too, and consume
    /// nothing.
    Incomplete,
    /// A valid request for WebSocket, which keeps all rules of §4.2.1: accept or refuse it.
    Request(Request),
    /// A valid HTTP/1.1 request that does not ask for WebSocket, such as a health check or a browser that opens the address as a
    /// page. Answer it with [`PlainRequest::respond`], or refuse it with [`PlainRequest::into_refusal`].
    #[doc(alias("426", "health check"))]
    NotWebSocket(PlainRequest),
    /// The request broke a rule, or was not complete in time. Deliver this response, then close the transport: see
    /// [`Refusal::into_connection`].
    Refused(Refusal),
}

impl Handshake {
    /// Creates a handshake that waits for a request (§4.2.1). It has the limits and the deadline of `config`, and passes `config`
    /// on to the connection.
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self {
            head: Head::new(Start::Request, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// Consumes the head of the request from the front of `input`, as far as it has arrived.
    ///
    /// Nothing behind the head is consumed. After [`Progress::Request`], pass the rest of `input` to
    /// [`Connection::receive`](crate::Connection::receive): it can be the client's first frames.
    ///
    /// The outcome does not depend on how the bytes are split into calls, except for the excerpt in
    /// [`HandshakeError::StartLine`]. After the outcome, further calls consume nothing and return [`Progress::Incomplete`].
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

    /// Reports that the client's stream has ended, and returns a refusal for [`HandshakeError::EndOfStream`]. After an outcome it
    /// returns [`Progress::Incomplete`].
    ///
    /// Deliver the refusal also then: a client that has only shut down its write half can still read it.
    pub fn receive_eof(&mut self) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        Progress::Refused(Refusal::of(HandshakeError::EndOfStream { received: self.head.taken() }, config))
    }

    /// Advances the clock, and returns how long to wait for input before the next call. `None` means that there is no deadline,
    /// or that there was an outcome. The result is never zero.
    ///
    /// [`Deadlines::handshake`](crate::Deadlines::handshake) counts from the first call. Once it has passed, the next
    /// [`receive`](Self::receive) refuses the client with status 408, also if its input is empty.
    ///
    /// ```
    /// use bowline::{Config, Input, server::{Handshake, Progress}};
    /// use std::time::Duration;
    ///
    /// let mut handshake = Handshake::new(Config::default());
    /// let wait = handshake.tick(Duration::ZERO.into()).unwrap();
    /// // Wait for input, but no longer than that. Nothing arrives:
    /// let _ = handshake.tick(wait.into());
    /// let Progress::Refused(refusal) = handshake.receive(&mut Input::default()) else { panic!() };
    /// assert_eq!(refusal.status(), 408);
    /// ```
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// Returns the outcome, once the head is complete.
    fn advance(&mut self, input: &mut Input<'_>, config: &Arc<Config>) -> Result<Progress, HandshakeError> {
        self.deadline.check()?;
        if !self.head.receive(input)? {
            return Ok(Progress::Incomplete);
        }
        let (line, fields) = Fields::of_request(self.head.finish(), config.limits.head_fields)?;
        // If the Upgrade field is invalid but names WebSocket, this is a faulty handshake, and not a plain request.
        let upgrade = rules::check_upgrade(&fields);
        if upgrade.is_ok() || rules::asks_for_websocket(&fields) {
            Request::check(&line, fields, upgrade, config).map(Progress::Request)
        } else {
            PlainRequest::check(&line, fields, config).map(Progress::NotWebSocket)
        }
    }
}
