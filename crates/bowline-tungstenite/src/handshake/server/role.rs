//! A server's handshake on any stream.

use super::{Callback, ErrorResponse, Response, write_response};
use crate::{
    error::{Error, ProtocolError, Result},
    handshake::{Clock, bowline_config, failure, headers::from_fields, uninterrupted, write_all},
    protocol::{Role, WebSocketConfig},
};
use bowline::{
    Connection, HandshakeError, Input,
    server::{Accept, Handshake, PlainRequest, Progress, Refusal, Request, Upgrade},
};
use http::{HeaderValue, Method, StatusCode, header};
use std::{
    fmt,
    io::{Read, Write},
};

/// The size of a read.
const READ: usize = 4096;

/// A server's handshake without its stream.
pub(crate) struct ServerRole<C> {
    handshake: Handshake,
    /// `None` once it was called.
    callback: Option<C>,
    config: WebSocketConfig,
    clock: Clock,
    answer: Option<Answer>,
}

/// A response, and what follows it.
struct Answer {
    bytes: Vec<u8>,
    written: usize,
    /// `None` once it is returned.
    outcome: Option<Result<Opened>>,
}

/// The connection that a handshake opens.
#[derive(Debug)]
pub struct Opened {
    pub(crate) connection: Connection,
    /// What was received behind the request.
    pub(crate) rest: Vec<u8>,
    pub(crate) config: WebSocketConfig,
}

impl<C> fmt::Debug for ServerRole<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerRole").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

impl<C: Callback> ServerRole<C> {
    pub(crate) fn new(callback: C, config: Option<WebSocketConfig>) -> Self {
        let config = config.unwrap_or_default();
        let handshake = Handshake::new(bowline_config(&config, Role::Server));
        Self { handshake, callback: Some(callback), config, clock: Clock::of(&config), answer: None }
    }

    /// Does all that is possible without blocking. `WouldBlock` is an error.
    pub(crate) fn advance(&mut self, stream: &mut (impl Read + Write)) -> Result<Opened> {
        loop {
            if let Some(answer) = &mut self.answer {
                return answer.deliver(stream);
            }
            if let Some(now) = self.clock.now() {
                let _ = self.handshake.tick(now);
            }
            let mut buffer = [0; READ];
            let read = uninterrupted(|| stream.read(&mut buffer))?;
            let mut input = Input::from(buffer.get_mut(..read).unwrap_or_default());
            let progress = if read == 0 { self.handshake.receive_eof() } else { self.handshake.receive(&mut input) };
            self.answer = match progress {
                Progress::Incomplete => None,
                Progress::Request(request) => Some(self.decide(request, input.remaining())),
                Progress::NotWebSocket(request) => Some(plain(request)),
                Progress::Refused(refusal) => Some(Answer::refusing(refusal)),
                _ => None,
            };
        }
    }

    /// Asks the callback.
    fn decide(&mut self, request: Request, rest: &[u8]) -> Answer {
        let converted = request
            .path_and_query()
            .parse()
            .map_err(Error::from)
            .and_then(|target| super::request(target, from_fields(request.headers())?));
        let message = match converted {
            Ok(message) => message,
            Err(error) => return Answer::new(request.refuse(400, "").into_bytes(), Err(error)),
        };
        // The callback can check the origin itself.
        let (response, connection) = match Upgrade::from(request).accept(&Accept::any_origin()) {
            Ok(accepted) => accepted,
            Err(refusal) => return Answer::failing(failure::of_peer(refusal.into_body())),
        };
        let agreed = response.headers().get(header::SEC_WEBSOCKET_EXTENSIONS).cloned();
        let decided = match self.callback.take() {
            Some(callback) => callback.on_request(&message, response),
            None => Ok(response),
        };
        match decided {
            Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                match self.as_answered(connection, agreed.as_ref(), &response) {
                    Some(connection) => self.open(&response, connection, rest),
                    None => Answer::failing(failure::header("Sec-WebSocket-Extensions")),
                }
            }
            Ok(response) => refuse(response.map(|()| None)),
            Err(response) => refuse(response),
        }
    }

    fn open(&self, response: &Response, connection: Connection, rest: &[u8]) -> Answer {
        let mut bytes = Vec::new();
        match write_response(&mut bytes, response) {
            Ok(()) => Answer::new(bytes, Ok(Opened { connection, rest: rest.to_vec(), config: self.config })),
            Err(error) => Answer::failing(error),
        }
    }

    /// Returns the connection for a response of the callback. It is without compression if the callback has removed the agreement.
    /// `None` if the callback has put another agreement to compression into the response: the client would send frames that the
    /// connection cannot decompress.
    fn as_answered(
        &self,
        connection: Connection,
        agreed: Option<&HeaderValue>,
        response: &Response,
    ) -> Option<Connection> {
        let lines = response.headers().get_all(header::SEC_WEBSOCKET_EXTENSIONS);
        let mut answers = lines.iter().filter(|line| names_deflate(line));
        match (answers.next(), answers.next()) {
            (None, _) if agreed.is_none() => Some(connection),
            (None, _) => {
                let config = bowline_config(&self.config, Role::Server);
                #[cfg(feature = "deflate")]
                let config = config.with(|config| config.deflate = None);
                Some(Connection::new(bowline::Role::Server, config))
            }
            (answer @ Some(_), None) if answer == agreed => Some(connection),
            _ => None,
        }
    }
}

/// Whether a line of `Sec-WebSocket-Extensions` names permessage-deflate.
fn names_deflate(line: &HeaderValue) -> bool {
    let mut extensions = line.as_bytes().split(|&byte| byte == b',');
    extensions.any(|extension| {
        let name = extension.split(|&byte| byte == b';').next().unwrap_or_default();
        name.trim_ascii() == b"permessage-deflate"
    })
}

impl Answer {
    fn new(bytes: Vec<u8>, outcome: Result<Opened>) -> Self {
        Self { bytes, written: 0, outcome: Some(outcome) }
    }

    /// The response of bowline to a request that breaks a rule.
    fn refusing(refusal: Refusal) -> Self {
        let error = refusal.error().cloned().unwrap_or(HandshakeError::Missing("Upgrade"));
        Self::new(refusal.into_bytes(), Err(failure::of_peer(error)))
    }

    /// The response if this program, and not the client, has made a mistake.
    fn failing(error: Error) -> Self {
        const HEAD: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        Self::new(HEAD.to_vec(), Err(error))
    }

    /// Writes the response, and returns the outcome. If a refusal cannot be written, its reason is still the error.
    fn deliver(&mut self, stream: &mut impl Write) -> Result<Opened> {
        let written = write_all(stream, &self.bytes, &mut self.written);
        match (written, &self.outcome) {
            (Err(error), Some(Ok(_))) => Err(error.into()),
            (Err(error), _) if error.kind() == std::io::ErrorKind::WouldBlock => Err(error.into()),
            _ => self.outcome.take().unwrap_or(Err(Error::AlreadyClosed)),
        }
    }
}

/// Refuses an HTTP request that does not ask for WebSocket. The error is that of the first rule in the order of RFC 6455 §4.2.1 as
/// the original checks it: a field Connection without `upgrade` comes before the field Upgrade.
fn plain(request: PlainRequest) -> Answer {
    let lists_upgrade = request
        .headers()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Connection"))
        .flat_map(|(_, value)| value.split(|byte| b", ".contains(byte)))
        .any(|element| element.eq_ignore_ascii_case(b"upgrade"));
    let error = if request.method() != Method::GET.as_str() {
        ProtocolError::WrongHttpMethod
    } else if lists_upgrade {
        ProtocolError::MissingUpgradeWebSocketHeader
    } else {
        ProtocolError::MissingConnectionUpgradeHeader
    };
    Answer::new(request.into_refusal().into_bytes(), Err(error.into()))
}

/// Refuses a request as the callback decided.
fn refuse(mut response: ErrorResponse) -> Answer {
    let status = response.status();
    if status.is_informational() || status.is_success() {
        return Answer::failing(ProtocolError::CustomResponseSuccessful.into());
    }
    // The stream is closed after the response. Without its length, a client could not tell a complete body from a broken stream.
    let length = response.body().as_ref().map_or(0, String::len);
    let fields = response.headers_mut();
    fields.entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
    if status != StatusCode::NOT_MODIFIED && !fields.contains_key(header::TRANSFER_ENCODING) {
        fields.entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    let mut bytes = Vec::new();
    if let Err(error) = write_response(&mut bytes, &response) {
        return Answer::failing(error);
    }
    bytes.extend_from_slice(response.body().as_deref().unwrap_or_default().as_bytes());
    Answer::new(bytes, Err(Error::Http(Box::new(response.map(|body| body.map(String::into_bytes))))))
}
