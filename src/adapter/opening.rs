//! The opening handshake, without the IO: everything that all adapters decide alike.

use super::Error;
use crate::{Connection, HandshakeError, Input, Timestamp, client, server, time::MIN_WAIT};
use core::time::Duration;
use std::io;

/// How long a client waits for the body of a response that refuses. It often has the reason, and usually arrives with the head.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// The opening handshake of either role, so that each adapter needs one read loop for both.
pub(super) trait Handshake {
    type Outcome;

    /// Advances by the bytes of a read, or by the end of the stream if `input` is `None`. Returns `None` if more is needed.
    fn advance(&mut self, input: Option<&mut Input<'_>>) -> Option<Self::Outcome>;

    /// Advances the clock to `now`, the time since its origin, and returns how long to wait for more bytes.
    fn wait(&mut self, now: Duration) -> Option<Duration>;
}

/// A valid request, which the application accepts, refuses or responds to.
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

/// The outcome for a client. A refusal may have a response.
pub(super) type ClientOutcome = Result<(Connection, client::Response), (HandshakeError, Option<client::Response>)>;

impl Handshake for client::Handshake {
    type Outcome = ClientOutcome;

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

/// Returns the error for an opening handshake that was answered with `refusal`.
pub(super) fn refused(refusal: &server::Refusal) -> Error {
    match refusal.error() {
        Some(error) => Error::Handshake { error: HandshakeError::clone(error), response: None },
        None => Error::Refused(refusal.status()),
    }
}

/// Advances the clock of a client that writes its request, and returns how long to wait at most. If the server has accepted
/// already, the rest of the request has the rest of the handshake deadline.
pub(super) fn wait_to_write(
    handshake: &mut client::Handshake,
    outcome: &mut Option<ClientOutcome>,
    deadline: Option<Duration>,
    now: Duration,
) -> Option<Duration> {
    if outcome.is_none() {
        return handshake.wait(now);
    }
    let limit = deadline?;
    if limit <= now {
        *outcome = Some(Err((HandshakeError::Deadline { limit }, None)));
    }
    Some(limit.saturating_sub(now).max(MIN_WAIT))
}

/// Returns the outcome for a client that could not write all of its request. The server may have sent the reason before it closed
/// the stream: a refusal, or an alert of TLS, which is the error of reading. If it sent nothing, the error of writing is the reason.
pub(super) fn with_write_error(outcome: ClientOutcome, write_error: Option<io::Error>) -> io::Result<ClientOutcome> {
    match (outcome, write_error) {
        (Err((HandshakeError::EndOfStream { .. }, _)), Some(error)) => Err(error),
        (outcome, _) => Ok(outcome),
    }
}

/// Returns how long a client waits for the body of a response that refuses, if `elapsed` of the handshake deadline has passed.
///
/// It does not wait for the body of a redirect, which explains nothing: without a length it lasts until the server closes the stream.
pub(super) fn body_timeout(response: &client::Response, deadline: Option<Duration>, elapsed: Duration) -> Duration {
    if (300..400).contains(&response.status()) && response.header("Location").is_some() {
        return Duration::ZERO;
    }
    deadline.map_or(BODY_TIMEOUT, |deadline| deadline.saturating_sub(elapsed).min(BODY_TIMEOUT))
}
