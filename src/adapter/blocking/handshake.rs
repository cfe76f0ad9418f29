//! The opening handshake over a blocking stream: the parts for both roles, and the client's side.

use super::{
    Error, READ_SPACE, Transport, WebSocket,
    driver::{MAX_ALTERNATION, ReadWrite, without_waiting},
    socket::Interest,
    transport::{check_blocking, is_timeout},
};
use crate::{
    Config, Connection, Input, Output,
    adapter::{
        link::without_unexpected_eof,
        opening::{ClientOutcome, Handshake, body_timeout, refused, wait_to_write, with_write_error},
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
/// Use it for streams that [`connect_using`](super::connect_using) does not open, such as those of another TLS library. TCP, Unix
/// sockets, proxies and TLS with rustls need only `connect_using`.
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
#[doc(alias("tunnel"))]
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
    // The server may have sent the reason before it closed the stream: a refusal, or an alert of TLS.
    let (outcome, write_error) = match opening.write(&mut handshake, deadline) {
        Ok(outcome) => (outcome, None),
        Err(error) => (None, Some(error)),
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => opening.run(&mut handshake)?,
    };
    match with_write_error(outcome, write_error)? {
        Ok((connection, response)) => Ok((opening.into_socket(connection), response)),
        Err((error, mut response)) => {
            if let Some(response) = &mut response {
                let timeout = body_timeout(response, deadline, begun.elapsed());
                opening.read_body(response, timeout);
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
        let begun = Instant::now();
        let read = self.stream.read(&mut self.buffer);
        match self.record(read) {
            Err(error) if is_timeout(&error) => check_blocking(&error, timeout, begun.elapsed()),
            read => read,
        }
    }

    /// Records a read into the buffer.
    fn record(&mut self, read: io::Result<usize>) -> io::Result<()> {
        (self.end, self.left) = (0, 0);
        match without_unexpected_eof(read)? {
            0 => self.has_ended = true,
            count => (self.end, self.left) = (count, count),
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

    /// Writes the request of a client. At the deadline it stops, and [`run`](Self::run) returns the error for it.
    ///
    /// A server may answer before it has read all of a large request, and read no more of it. So this receives meanwhile, and
    /// returns the outcome if it is certain before the request is written, which is then of no use to a server that has refused it.
    fn write(
        &mut self,
        handshake: &mut client::Handshake,
        deadline: Option<Duration>,
    ) -> io::Result<Option<ClientOutcome>> {
        let mut outcome = None;
        loop {
            let timeout = wait_to_write(handshake, &mut outcome, deadline, self.origin.elapsed());
            // Also without bytes: the deadline may have expired.
            outcome = outcome.or_else(|| self.advance(|input| handshake.advance(input)));
            if matches!(outcome, Some(Err(_))) {
                return Ok(outcome);
            }
            match self.write_once(handshake.output(), timeout) {
                Ok(true) => return Ok(outcome),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => self.wait(timeout, outcome.is_none())?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes one write, or flushes the stream if nothing is left to write. Returns whether everything is written. It does not wait
    /// if the stream has a socket, and otherwise only for a short time.
    fn write_once(&mut self, output: &mut Output, timeout: Option<Duration>) -> io::Result<bool> {
        let mut write = |stream: &mut dyn ReadWrite| match output.write_to(&mut *stream)? {
            0 => stream.flush().map(|()| true),
            _ => Ok(false),
        };
        if self.stream.socket().is_some() {
            return without_waiting(&mut self.stream, write)?;
        }
        let timeout = Some(at_most_a_turn(timeout));
        self.stream.set_timeout(timeout)?;
        let begun = Instant::now();
        write(&mut self.stream).or_else(|error| check_blocking(&error, timeout, begun.elapsed()).and(Err(error)))
    }

    /// Waits for the stream to accept output, and also reads if `reads`.
    fn wait(&mut self, timeout: Option<Duration>, reads: bool) -> io::Result<()> {
        let Some(_) = self.stream.socket() else {
            return if reads { self.read(Some(at_most_a_turn(timeout))) } else { Ok(()) };
        };
        if reads {
            let Self { stream, buffer, .. } = self;
            let read = without_waiting(stream, |stream| stream.read(buffer))?;
            match self.record(read) {
                Err(error) if is_timeout(&error) => {}
                read => return read,
            }
        }
        let interest = Interest { readable: reads, writable: true };
        self.stream.socket().map_or(Ok(()), |socket| socket.wait(interest, timeout))
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

/// Returns how long a stream without a socket writes or reads before the other direction has its turn.
fn at_most_a_turn(timeout: Option<Duration>) -> Duration {
    timeout.map_or(MAX_ALTERNATION, |timeout| timeout.min(MAX_ALTERNATION))
}
