//! The opening handshake, without the IO: everything that both adapters decide alike.

use super::Error;
use crate::{Connection, HandshakeError, Input, Timestamp, client, server};
use core::time::Duration;

/// How long a client waits for the body of an answer that refuses.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// An opening handshake of either role.
pub(super) trait Handshake {
    type Outcome;

    /// Advances by the bytes that were read, or by the end of the stream. `None` if more is needed.
    fn advance(&mut self, input: Option<&mut Input<'_>>) -> Option<Self::Outcome>;

    /// How long to wait for more, in time since the origin of the clock.
    fn wait(&mut self, now: Duration) -> Option<Duration>;
}

/// A valid request.
pub(super) enum Request {
    WebSocket(server::Request),
    Http(server::PlainRequest),
}

impl Handshake for server::Handshake {
    type Outcome = Result<Request, server::Refusal>;

    fn advance(&mut self, input: Option<&mut Input<'_>>) -> Option<Self::Outcome> {
        let progress = match input {
            Some(input) => self.receive(input),
            None => self.receive_eof(),
        };
        match progress {
            server::Progress::Incomplete => None,
            server::Progress::Request(request) => Some(Ok(Request::WebSocket(request))),
            server::Progress::NotWebSocket(request) => Some(Ok(Request::Http(request))),
            server::Progress::Refused(refusal) => Some(Err(refusal)),
        }
    }

    fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.tick(Timestamp::since_origin(now))
    }
}

impl Handshake for client::Handshake {
    type Outcome = Result<(Connection, client::Response), (HandshakeError, Option<client::Response>)>;

    fn advance(&mut self, input: Option<&mut Input<'_>>) -> Option<Self::Outcome> {
        let progress = match input {
            Some(input) => self.receive(input),
            None => self.receive_eof(),
        };
        match progress {
            client::Progress::Incomplete => None,
            client::Progress::Connected(connection, response) => Some(Ok((connection, response))),
            client::Progress::Refused(error, response) => Some(Err((error, response))),
        }
    }

    fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.tick(Timestamp::since_origin(now))
    }
}

/// The error to return for an opening handshake that was answered with `refusal`.
pub(super) fn refused(refusal: &server::Refusal) -> Error {
    match refusal.error() {
        Some(error) => Error::Handshake { error: HandshakeError::clone(error), response: None },
        None => Error::Refused(refusal.status()),
    }
}

/// How long a client waits for the body of an answer that refuses, when so much of the deadline for the handshake has elapsed.
pub(super) fn body_timeout(deadline: Option<Duration>, elapsed: Duration) -> Duration {
    deadline.map_or(BODY_TIMEOUT, |deadline| deadline.saturating_sub(elapsed).min(BODY_TIMEOUT))
}
