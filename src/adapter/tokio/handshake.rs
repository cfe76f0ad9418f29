//! The opening handshake over an asynchronous stream: the parts for both roles, and the client's side.

use super::{WebSocket, clock::Clock, read_buffer::ReadBuffer};
use crate::{
    Config, Connection, Input, Output,
    adapter::{
        error::Error,
        opening::{ClientOutcome, Handshake, body_timeout, refused, wait_to_write, with_write_error},
    },
    client::{self, Request, Response},
    server::Refusal,
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};
use alloc::{boxed::Box, sync::Arc};
use bytes::Buf;
use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::io;

/// Makes the client's opening handshake (RFC 6455 §4.1) over a stream that is connected already.
///
/// Use it for streams that [`connect_using`](super::connect_using()) does not open, such as those of another TLS library. TCP, Unix
/// sockets, proxies and TLS with rustls need only `connect_using`.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, client::Request, Config};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = tokio::net::TcpStream::connect("127.0.0.1:9001").await?;
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = ws::client_handshake(stream, request, Config::default()).await?;
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
/// - [`Error::Io`] if the stream failed.
///
/// There is no connection then, and the stream has been dropped.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping the future drops the stream. A part of the request may have been written, so that the stream cannot
/// be used again, even if it was passed as `&mut`.
#[doc(alias("client_async", "client_async_with_config", "tunnel"))]
pub async fn client_handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, Response), Error> {
    client_handshake_since(Instant::now(), stream, request, config).await
}

/// Makes the handshake with a deadline that counts from `begun`, when connecting began.
pub(super) async fn client_handshake_since<S: AsyncRead + AsyncWrite + Unpin>(
    begun: Instant,
    stream: S,
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, Response), Error> {
    let config = config.into();
    let deadline = config.deadlines.handshake;
    let mut opening = Opening::since(begun, stream);
    let mut handshake = client::Handshake::new(request, config);
    let _ = handshake.wait(Duration::ZERO); // the first tick starts the deadline, at the origin of the clock: `begun`
    // The server may have sent the reason before it closed the stream: a refusal, or an alert of TLS.
    let (outcome, write_error) = match opening.write(&mut handshake, deadline).await {
        Ok(outcome) => (outcome, None),
        Err(error) => (None, Some(error)),
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => opening.run(&mut handshake).await?,
    };
    match with_write_error(outcome, write_error)? {
        Ok((connection, response)) => Ok((opening.into_socket(connection), response)),
        Err((error, mut response)) => {
            if let Some(response) = &mut response {
                // The body only explains the refusal: without it, or with a part of it, the error is the same.
                let wait = body_timeout(deadline, begun.elapsed());
                let _ = with_timeout(Some(wait), opening.read_body(response)).await;
            }
            Err(Error::Handshake { error, response: response.map(Box::new) })
        }
    }
}

/// Returns the result of `run`, or `None` if it took longer than `wait`.
async fn with_timeout<T>(wait: Option<Duration>, run: impl Future<Output = io::Result<T>>) -> io::Result<Option<T>> {
    match wait {
        Some(wait) => timeout(wait, run).await.ok().transpose(),
        None => run.await.map(Some),
    }
}

/// What a poll of writing did.
enum Step {
    /// Everything is written.
    Written,
    /// Bytes or the end of the stream arrived meanwhile.
    Arrived,
}

/// A stream on which the opening handshake is being made.
pub(super) struct Opening<S> {
    pub(super) stream: S,
    clock: Clock,
    read_buffer: ReadBuffer,
    has_ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Opening<S> {
    pub(super) fn since(begun: Instant, stream: S) -> Self {
        Self { stream, read_buffer: ReadBuffer::default(), clock: Clock::since(begun), has_ended: false }
    }

    /// Reads until the outcome of the handshake is certain.
    pub(super) async fn run<H: Handshake>(&mut self, handshake: &mut H) -> io::Result<H::Outcome> {
        loop {
            if let Some(outcome) = self.advance(|input| handshake.advance(input)) {
                return Ok(outcome);
            }
            self.read(handshake.wait(self.clock.now())).await?;
        }
    }

    /// Calls `receive` with the bytes that were read, or with `None` if the stream has ended.
    fn advance<T>(&mut self, receive: impl FnOnce(Option<&mut Input<'_>>) -> T) -> T {
        if self.has_ended {
            return receive(None);
        }
        let (unread, left) = self.read_buffer.unread();
        let mut input = Input::from(unread);
        let progress = receive(Some(&mut input));
        *left = input.len();
        progress
    }

    /// Reads once, for at most as long as `wait`. After that, the caller advances the clock, which detects the expired deadline.
    async fn read(&mut self, wait: Option<Duration>) -> io::Result<()> {
        let read = poll_fn(|cx| self.read_buffer.poll_read(&mut self.stream, cx).map(Ok));
        with_timeout(wait, read).await?;
        self.take_end()
    }

    fn take_end(&mut self) -> io::Result<()> {
        match self.read_buffer.take_end() {
            Some(end) => end.map(|()| self.has_ended = true),
            None => Ok(()),
        }
    }

    /// Reads the beginning of the response's body.
    async fn read_body(&mut self, response: &mut Response) -> io::Result<()> {
        while self.advance(|input| input.is_some_and(|input| response.receive_body(input))) {
            self.read(None).await?;
        }
        Ok(())
    }

    /// Writes the request of a client. At the deadline it stops, and [`run`](Self::run) returns the error for it.
    ///
    /// A server may answer before it has read all of a large request, and read no more of it. So this receives meanwhile, and
    /// returns the outcome if it is certain before the request is written, which is then of no use to a server that has refused it.
    async fn write(
        &mut self,
        handshake: &mut client::Handshake,
        deadline: Option<Duration>,
    ) -> io::Result<Option<ClientOutcome>> {
        let mut outcome = None;
        loop {
            let wait = wait_to_write(handshake, &mut outcome, deadline, self.clock.now());
            // Also without bytes: the deadline may have expired.
            outcome = outcome.or_else(|| self.advance(|input| handshake.advance(input)));
            if matches!(outcome, Some(Err(_))) {
                return Ok(outcome);
            }
            let reads = outcome.is_none();
            match with_timeout(wait, poll_fn(|cx| self.poll_write(cx, handshake.output(), reads))).await? {
                Some(Step::Written) => return Ok(outcome),
                Some(Step::Arrived) => self.take_end()?,
                None => {}
            }
        }
    }

    /// Writes, and reads if `reads` while the stream does not accept more.
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &mut Output, reads: bool) -> Poll<io::Result<Step>> {
        let written = loop {
            let mut stream = Pin::new(&mut self.stream);
            if !output.has_remaining() {
                break stream.poll_flush(cx);
            }
            match stream.as_mut().poll_write(cx, output.chunk()) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => output.advance(count),
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        match written {
            Poll::Ready(written) => Poll::Ready(written.map(|()| Step::Written)),
            Poll::Pending if reads => self.read_buffer.poll_read(&mut self.stream, cx).map(|()| Ok(Step::Arrived)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Writes the refusal, and waits until the client has closed its half of the stream, for at most a second.
    ///
    /// To close the stream at once, with unread bytes in it, would reset the TCP connection. The reset could destroy the response
    /// before the client reads it.
    pub(super) async fn deliver(self, refusal: Refusal) {
        let mut connection = refusal.into_connection();
        if self.has_ended {
            connection.receive_eof();
        }
        let mut socket = self.into_socket(connection);
        // The result has no information: there is no closure, since the connection was never open.
        let _ = poll_fn(|cx| socket.driver.poll_end(cx)).await;
    }

    /// Delivers the refusal, and returns its error.
    pub(super) async fn refuse(self, refusal: Refusal) -> Error {
        let error = refused(&refusal);
        self.deliver(refusal).await;
        error
    }

    pub(super) fn into_socket(self, connection: Connection) -> WebSocket<S> {
        WebSocket::with_buffer(self.stream, connection, self.read_buffer)
    }
}
