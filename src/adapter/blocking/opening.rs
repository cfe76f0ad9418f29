//! The opening handshake over a blocking stream.

use super::{
    Error, READ_SPACE, Transport, WebSocket,
    transport::{Patience, is_timeout},
};
use crate::{Config, Connection, HandshakeError, Input, Timestamp, adapter::BODY_TIME, client, server};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bytes::Buf;
use core::time::Duration;
use std::{io, time::Instant};

/// How long, and for how many reads, a refused client gets to take the answer before the stream is closed.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 16);

/// Waits for a client's opening handshake, and accepts it.
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule or its Origin is refused; the client has been told. [`Error::Io`] if
/// the stream fails.
pub fn accept<S: Transport>(
    stream: S,
    accept: &server::Accept,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    accept_with(stream, config, |request| request.accept(accept))
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it.
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # let (stream, config) = (std::net::TcpStream::connect("")?, std::sync::Arc::new(Config::default()));
/// let socket = blocking::accept_with(stream, &config, |request| match request.path() {
///     "/chat" => request.accept(&Accept::same_origin()),
///     _ => Err(request.refuse(404, "There is nothing here.")),
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused; the client has been told.
pub fn accept_with<S: Transport>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(server::Request) -> Result<Connection, server::Refusal>,
) -> Result<WebSocket<S>, Error> {
    let mut opening = Opening::new(stream);
    let mut handshake = server::Handshake::new(config);
    let request = loop {
        let ended = opening.ended;
        let mut input = opening.input();
        let progress = if ended { handshake.receive_eof() } else { handshake.receive(&mut input) };
        opening.left = input.len();
        match progress {
            server::Progress::Request(request) => break request,
            server::Progress::Refused(refusal) => return Err(opening.refuse(refusal)),
            server::Progress::NotWebSocket(request) => return Err(opening.refuse(request.into_refusal())),
            server::Progress::Incomplete => opening.read(handshake.tick(opening.now()))?,
        }
    };
    match decide(request) {
        Ok(connection) => {
            let mut socket = opening.into_socket(connection);
            socket.flush()?;
            Ok(socket)
        }
        Err(refusal) => Err(opening.refuse(refusal)),
    }
}

/// Makes the opening handshake over a stream that is connected already.
///
/// # Errors
///
/// [`Error::Handshake`] if the server does not agree, [`Error::Io`] if the stream fails.
pub fn client<S: Transport>(
    stream: S,
    request: client::Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    client_since(Instant::now(), stream, request, config)
}

/// The deadline counts from when it was begun.
pub(super) fn client_since<S: Transport>(
    begun: Instant,
    stream: S,
    request: client::Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    let config = config.into();
    let mut opening = Opening::since(begun, stream);
    let mut handshake = client::Handshake::new(request, config.clone());
    let _ = handshake.tick(Timestamp::since_origin(Duration::ZERO));
    let timeout = handshake.tick(opening.now());
    opening.stream.set_timeout(timeout)?;
    opening.write(handshake.output())?;
    loop {
        let ended = opening.ended;
        let mut input = opening.input();
        let progress = if ended { handshake.receive_eof() } else { handshake.receive(&mut input) };
        opening.left = input.len();
        match progress {
            client::Progress::Connected(connection, response) => {
                return Ok((opening.into_socket(connection), response));
            }
            client::Progress::Refused(error, mut response) => {
                if let Some(response) = &mut response {
                    opening.read_body(response, config.deadlines.handshake);
                }
                return Err(Error::Handshake { error, response: response.map(Box::new) });
            }
            client::Progress::Incomplete => opening.read(handshake.tick(opening.now()))?,
        }
    }
}

/// A stream on which the handshake is being made.
struct Opening<S> {
    stream: S,
    origin: Instant,
    buffer: Vec<u8>,
    end: usize,
    /// How many of the bytes before `end` are not yet received.
    left: usize,
    ended: bool,
    patience: Patience,
}

impl<S: Transport> Opening<S> {
    fn new(stream: S) -> Self {
        Self::since(Instant::now(), stream)
    }

    fn since(origin: Instant, stream: S) -> Self {
        let buffer = alloc::vec![0; READ_SPACE];
        Self { stream, origin, buffer, end: 0, left: 0, ended: false, patience: Patience::default() }
    }

    fn now(&self) -> Timestamp {
        Timestamp::since_origin(self.origin.elapsed())
    }

    fn input(&mut self) -> Input<'_> {
        self.buffer.get_mut(self.end - self.left..self.end).unwrap_or_default().into()
    }

    fn read(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeout(timeout)?;
        (self.end, self.left) = (0, 0);
        let asked_at = Instant::now();
        match self.stream.read(&mut self.buffer) {
            Ok(0) => self.ended = true,
            Ok(count) => (self.end, self.left) = (count, count),
            Err(error) if is_timeout(&error) => return self.patience.came_back(&error, timeout, asked_at.elapsed()),
            Err(error) => return Err(error),
        }
        self.patience.progress();
        Ok(())
    }

    /// Reads the beginning of the body, as far as it comes soon.
    fn read_body(&mut self, response: &mut client::Response, deadline: Option<Duration>) {
        let now = self.origin.elapsed();
        let soon = now.saturating_add(BODY_TIME).min(deadline.unwrap_or(Duration::MAX));
        loop {
            let mut input = self.input();
            let wants_more = response.receive_body(&mut input);
            self.left = input.len();
            let time = soon.saturating_sub(self.origin.elapsed());
            if !wants_more || self.ended || time.is_zero() || self.read(Some(time)).is_err() {
                return;
            }
        }
    }

    fn write(&mut self, output: &mut impl Buf) -> io::Result<()> {
        while output.has_remaining() {
            match self.stream.write(output.chunk()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => output.advance(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.stream.flush()
    }

    /// Answers with the refusal, and lets the client take it: to close at once while bytes lie unread would reset the
    /// connection, and could destroy the answer.
    fn refuse(&mut self, mut refusal: server::Refusal) -> Error {
        let (linger, reads) = LINGER;
        let written = self.stream.set_timeout(Some(linger)).and_then(|()| self.write(&mut refusal));
        if written.is_ok() && self.stream.shutdown_write().is_ok() {
            for _ in 0..reads {
                if !matches!(self.stream.read(&mut self.buffer), Ok(1..)) {
                    break;
                }
            }
        }
        match refusal.error() {
            Some(error) => Error::Handshake { error: HandshakeError::clone(error), response: None },
            None => Error::Refused(refusal.status()),
        }
    }

    fn into_socket(self, connection: Connection) -> WebSocket<S> {
        WebSocket::with_input(self.stream, connection, self.buffer, self.end, self.left)
    }
}
