//! The opening handshake over a blocking stream: the parts for both roles, and the client's side.

use super::{
    Error, READ_SPACE, Transport, WebSocket,
    transport::{check_blocking, is_timeout},
};
use crate::{
    Config, Connection, Input,
    adapter::{
        link::without_unexpected_eof,
        opening::{Handshake, body_timeout, refused},
    },
    bug::OrBug,
    client::{self, Request, Response},
    server::Refusal,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::time::Duration;
use std::{io, time::Instant};

/// Makes the client's opening handshake (RFC 6455 §4.1) over a stream that is connected already.
///
/// Use it for everything that [`connect`](super::connect) does not do: a Unix socket, a tunnel through an HTTP or SOCKS proxy, or
/// the stream of another TLS library.
///
/// ```no_run
/// # use bowline::{adapter::blocking, client::Request, Config};
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = std::net::TcpStream::connect("127.0.0.1:9001")?;
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = blocking::client_handshake(stream, request, Config::default())?;
/// assert_eq!(response.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// The host of the URI is for the header field `Host`. The function does not resolve it or connect to it, and does not use TLS
/// for `wss://`: the stream must do so.
///
/// # Errors
///
/// - [`Error::Handshake`] if the server refused the request, broke a rule, or did not answer within
///   [`Deadlines::handshake`](crate::Deadlines::handshake).
/// - [`Error::Io`] if the stream failed, or if it is in non-blocking mode.
///
/// There is no connection then, and the stream has been dropped.
#[doc(alias("proxy", "SOCKS"))]
pub fn client_handshake<S: Transport>(
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, Response), Error> {
    client_since(Instant::now(), stream, request, config.into())
}

/// Makes the handshake with a deadline that counts from `begun`, when connecting began.
pub(super) fn client_since<S: Transport>(
    begun: Instant,
    stream: S,
    request: Request,
    config: Arc<Config>,
) -> Result<(WebSocket<S>, Response), Error> {
    let mut opening = Opening::since(begun, stream);
    let deadline = config.deadlines.handshake;
    let mut handshake = client::Handshake::new(request, config);
    let _ = handshake.wait(Duration::ZERO); // the first tick starts the deadline, at the origin of the clock: `begun`
    opening.write(&mut handshake, deadline)?;
    match opening.run(&mut handshake)? {
        Ok((connection, response)) => Ok((opening.into_socket(connection), response)),
        Err((error, mut response)) => {
            if let Some(response) = &mut response {
                opening.read_body(response, body_timeout(deadline, begun.elapsed()));
            }
            Err(Error::Handshake { error, response: response.map(Box::new) })
        }
    }
}

/// A stream on which the opening handshake is being made.
pub(super) struct Opening<S> {
    pub(super) stream: S,
    origin: Instant,
    buffer: Vec<u8>,
    /// How many bytes of the buffer the last read filled.
    end: usize,
    /// How many of the bytes before `end` are not yet received.
    left: usize,
    has_ended: bool,
}

impl<S: Transport> Opening<S> {
    pub(super) fn since(origin: Instant, stream: S) -> Self {
        Self { stream, origin, buffer: alloc::vec![0; READ_SPACE], end: 0, left: 0, has_ended: false }
    }

    /// Reads until the outcome of the handshake is certain.
    pub(super) fn run<H: Handshake>(&mut self, handshake: &mut H) -> io::Result<H::Outcome> {
        loop {
            if let Some(outcome) = self.advance(|input| handshake.advance(input)) {
                return Ok(outcome);
            }
            self.read(handshake.wait(self.origin.elapsed()))?;
        }
    }

    /// Calls `receive` with the bytes that were read, or with `None` if the stream has ended.
    fn advance<T>(&mut self, receive: impl FnOnce(Option<&mut Input<'_>>) -> T) -> T {
        if self.has_ended {
            return receive(None);
        }
        let mut input = self.buffer.get_mut(self.end - self.left..self.end).or_bug().into();
        let outcome = receive(Some(&mut input));
        self.left = input.len();
        outcome
    }

    /// Reads once, for at most as long as `timeout`. After that, the caller advances the clock, which detects the expired
    /// deadline.
    fn read(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeout(timeout)?;
        (self.end, self.left) = (0, 0);
        let begun = Instant::now();
        match without_unexpected_eof(self.stream.read(&mut self.buffer)) {
            Ok(0) => self.has_ended = true,
            Ok(count) => (self.end, self.left) = (count, count),
            Err(error) if is_timeout(&error) => check_blocking(&error, timeout, begun.elapsed())?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads the beginning of the response's body, as far as it arrives within `timeout`.
    fn read_body(&mut self, response: &mut Response, timeout: Duration) {
        let begun = Instant::now();
        while self.advance(|input| input.is_some_and(|input| response.receive_body(input))) {
            let left = timeout.saturating_sub(begun.elapsed());
            // The body only explains the refusal: without it, or with a part of it, the error is the same.
            if left.is_zero() || self.read(Some(left)).is_err() {
                return;
            }
        }
    }

    /// Writes the request of a client. At the deadline it stops, and the next `receive` returns the error for it.
    fn write(&mut self, handshake: &mut client::Handshake, deadline: Option<Duration>) -> io::Result<()> {
        loop {
            let timeout = handshake.wait(self.origin.elapsed());
            if deadline.is_some_and(|deadline| deadline <= self.origin.elapsed()) {
                return Ok(());
            }
            self.stream.set_timeout(timeout)?;
            let begun = Instant::now();
            let written = match handshake.output().write_to(&mut self.stream) {
                Ok(0) => self.stream.flush().map(|()| 0),
                written => written,
            };
            match written {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => check_blocking(&error, timeout, begun.elapsed())?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes the refusal, and waits until the client has closed its half of the stream, for at most a second.
    ///
    /// To close the stream at once, with unread bytes in it, would reset the TCP connection. The reset could destroy the response
    /// before the client reads it.
    pub(super) fn deliver(self, refusal: Refusal) {
        let mut connection = refusal.into_connection();
        if self.has_ended {
            connection.receive_eof();
        }
        // The result has no information: there is no closure, since the connection was never open.
        let _ = self.into_socket(connection).run_to_end();
    }

    /// Delivers the refusal, and returns its error.
    pub(super) fn refuse(self, refusal: Refusal) -> Error {
        let error = refused(&refusal);
        self.deliver(refusal);
        error
    }

    pub(super) fn into_socket(self, connection: Connection) -> WebSocket<S> {
        WebSocket::with_input(self.stream, connection, self.buffer, self.end, self.left)
    }
}
