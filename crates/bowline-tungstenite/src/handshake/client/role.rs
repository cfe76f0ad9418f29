//! A client's handshake on any stream.

use super::{Request, Response, begin, check, response};
use crate::{
    error::{Error, ProtocolError, Result, SubProtocolError},
    handshake::{Clock, bowline_config, failure, headers::from_fields, uninterrupted},
    protocol::{Role, WebSocketConfig},
};
use bowline::{
    Connection, HandshakeError, Input,
    client::{Handshake, Progress},
};
use http::header::{SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL};
use std::io::{self, Read, Write};

/// The size of a read.
const READ: usize = 4096;

/// How much of the body of a response that refuses is kept, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// A client's handshake without its stream.
#[derive(Debug)]
pub(crate) struct ClientRole {
    handshake: Handshake,
    config: WebSocketConfig,
    /// Whether the request offers subprotocols.
    offers_protocols: bool,
    clock: Clock,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Writing,
    Reading,
    /// The server has refused, and the rest of the body is read, up to this length.
    Body {
        response: Box<Response>,
        length: usize,
    },
}

/// The connection that a handshake opens.
#[derive(Debug)]
pub struct Opened {
    pub(crate) connection: Connection,
    pub(crate) response: Response,
    /// What was received behind the response.
    pub(crate) rest: Vec<u8>,
    pub(crate) config: WebSocketConfig,
}

impl ClientRole {
    pub(crate) fn new(mut request: Request, config: Option<WebSocketConfig>) -> Result<Self> {
        let config = config.unwrap_or_default();
        check(&request)?;
        // The configuration has the extensions that the connection supports. With any other offer, a server could agree to an
        // extension that the connection does not have.
        request.headers_mut().remove(SEC_WEBSOCKET_EXTENSIONS);
        let offers_protocols = request.headers().contains_key(SEC_WEBSOCKET_PROTOCOL);
        let handshake = begin(request, bowline_config(&config, Role::Client))?;
        Ok(Self { handshake, config, offers_protocols, clock: Clock::of(&config), stage: Stage::Writing })
    }

    /// Does all that is possible without blocking. `WouldBlock` is an error.
    pub(crate) fn advance(&mut self, stream: &mut (impl Read + Write)) -> Result<Opened> {
        if matches!(self.stage, Stage::Writing) {
            self.write(stream)?;
            self.stage = Stage::Reading;
        }
        let mut buffer = [0; READ];
        loop {
            if let Stage::Body { response, length } = &mut self.stage {
                return Err(read_body(stream, &mut buffer, response, *length)?);
            }
            if let Some(now) = self.clock.now() {
                let _ = self.handshake.tick(now);
            }
            let read = uninterrupted(|| stream.read(&mut buffer))?;
            let mut input = Input::from(buffer.get_mut(..read).unwrap_or_default());
            let progress = if read == 0 { self.handshake.receive_eof() } else { self.handshake.receive(&mut input) };
            if let Some(opened) = self.conclude(progress, input.remaining())? {
                return Ok(opened);
            }
        }
    }

    fn write(&mut self, stream: &mut impl Write) -> io::Result<()> {
        let output = self.handshake.output();
        while !output.is_empty() {
            uninterrupted(|| output.write_to(stream))?;
        }
        uninterrupted(|| stream.flush())
    }

    /// Returns the connection, the error, or `None` if there is more to read.
    fn conclude(&mut self, progress: Progress, rest: &[u8]) -> Result<Option<Opened>> {
        match progress {
            Progress::Connected(connection, head) => {
                let response = response(head.status(), from_fields(head.headers())?)?;
                if self.offers_protocols && connection.protocol().is_none() {
                    return Err(subprotocol(SubProtocolError::NoSubProtocol));
                }
                Ok(Some(Opened { connection, response, rest: rest.to_vec(), config: self.config }))
            }
            Progress::Refused(HandshakeError::Status(status), Some(refusal)) => {
                let mut refused = response(status, from_fields(refusal.headers())?)?;
                *refused.body_mut() = Some(rest.to_vec());
                // Without a declared length, the body ends only with the stream. The body of a redirect is rarely used, and
                // following it must not depend on the body. In both cases the body is what arrived with the head.
                let declared = refusal.body_length().filter(|_| !refused.status().is_redirection());
                let length = declared.and_then(|length| usize::try_from(length).ok());
                let length = length.unwrap_or(rest.len()).min(MAX_BODY);
                self.stage = Stage::Body { response: refused.into(), length };
                Ok(None)
            }
            Progress::Refused(error, _) => Err(self.failure(error)),
            _ => Ok(None),
        }
    }

    fn failure(&self, error: HandshakeError) -> Error {
        match error {
            HandshakeError::ProtocolNotOffered(_) | HandshakeError::Invalid { name: "Sec-WebSocket-Protocol", .. } => {
                subprotocol(if self.offers_protocols {
                    SubProtocolError::InvalidSubProtocol
                } else {
                    SubProtocolError::ServerSentSubProtocolNoneRequested
                })
            }
            other => failure::of_peer(other),
        }
    }
}

fn subprotocol(error: SubProtocolError) -> Error {
    ProtocolError::SecWebSocketSubProtocolError(error).into()
}

/// Reads the rest of a body, and returns the error with the response. If the stream ends or fails, it has what was received. Only
/// `WouldBlock` is an error.
fn read_body(stream: &mut impl Read, buffer: &mut [u8], response: &mut Response, length: usize) -> io::Result<Error> {
    let body = response.body_mut().get_or_insert_default();
    while body.len() < length {
        match uninterrupted(|| stream.read(buffer)) {
            Ok(read) if read > 0 => body.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
            _ => break,
        }
    }
    body.truncate(length);
    Ok(Error::Http(Box::new(std::mem::take(response))))
}
