//! The opening handshake of a scripted peer.

use super::{mismatch::Problem, reader::Reader};
use crate::{
    config::config,
    received::{Received, RequestHead},
};
use bowline::{
    Connection, Input, Output,
    bytes::Buf,
    client,
    server::{self, Refusal},
};

/// How far the opening handshake is.
#[derive(Debug)]
pub(super) enum Opening {
    /// Not begun, or over.
    None,
    /// A request is sent.
    Client(Box<client::Handshake>),
    /// The answer was no, and its body follows.
    Refused,
    /// A request is being received.
    Server(Box<server::Handshake>),
    /// A request is received, and not answered.
    Requested(Box<server::Request>),
}

impl Opening {
    pub(super) const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused)
    }

    /// Begins as a client: returns the request.
    pub(super) fn request(&mut self, request: client::Request) -> Vec<u8> {
        let mut handshake = client::Handshake::new(request, config());
        let bytes = take(handshake.output());
        *self = Self::Client(Box::new(handshake));
        bytes
    }

    /// The answer to the request, once it has arrived.
    pub(super) fn receive_response(&mut self, reader: &mut Reader) -> Result<Option<Received>, Problem> {
        let Self::Client(handshake) = self else {
            return Err(Problem::Other("no request was sent".into()));
        };
        let unread = reader.unread();
        let before = unread.len();
        let mut input = Input::from(unread);
        let received = match handshake.receive(&mut input) {
            client::Progress::Connected(..) => Received::Response { status: 101, body: String::new() },
            client::Progress::Refused(_, Some(mut response)) if response.status() != 101 => {
                response.receive_body(&mut input);
                let body = String::from_utf8_lossy(response.body()).into_owned();
                Received::Response { status: response.status(), body }
            }
            client::Progress::Refused(error, _) => Received::Illegal(format!("an invalid response: {error}")),
            _ => {
                let left = input.len();
                reader.take(before - left);
                return Ok(reader.at_end().cloned());
            }
        };
        let left = input.len();
        reader.take(before - left);
        *self = match received {
            Received::Response { status: 101, .. } => Self::None,
            _ => {
                reader.discard();
                Self::Refused
            }
        };
        Ok(Some(received))
    }

    /// The request of a client, once it has arrived.
    pub(super) fn receive_request(&mut self, reader: &mut Reader) -> Option<Received> {
        if !matches!(self, Self::Server(_)) {
            *self = Self::Server(Box::new(server::Handshake::new(config())));
        }
        let Self::Server(handshake) = self else { return None };
        let unread = reader.unread();
        let before = unread.len();
        let mut input = Input::from(unread);
        let progress = handshake.receive(&mut input);
        let left = input.len();
        reader.take(before - left);
        match progress {
            server::Progress::Request(request) => {
                let fields = request.headers().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
                let head = RequestHead { path_and_query: request.path_and_query().to_owned(), fields };
                *self = Self::Requested(Box::new(request));
                Some(Received::Request(head))
            }
            server::Progress::NotWebSocket(request) => Some(Received::Illegal(format!(
                "a request that does not ask for WebSocket: {} {}",
                request.method(),
                request.path_and_query()
            ))),
            server::Progress::Refused(refusal) => {
                let error = refusal.error().map(ToString::to_string).unwrap_or_default();
                Some(Received::Illegal(format!("an invalid request: {error}")))
            }
            _ => reader.at_end().cloned(),
        }
    }

    /// Answers the request: returns the answer.
    pub(super) fn answer(
        &mut self,
        decide: impl Fn(server::Request) -> Result<Connection, Refusal>,
    ) -> Result<Vec<u8>, Problem> {
        match std::mem::replace(self, Self::None) {
            Self::Requested(request) => Ok(match decide(*request) {
                Ok(mut connection) => take(connection.output()),
                Err(refusal) => refusal.into_bytes(),
            }),
            _ => Err(Problem::Other("no request was received".into())),
        }
    }
}

/// Everything that is queued.
fn take(output: &mut Output) -> Vec<u8> {
    output.copy_to_bytes(output.remaining()).into()
}
