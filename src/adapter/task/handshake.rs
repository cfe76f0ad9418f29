//! The opening handshake over an asynchronous stream: the parts for both roles, and the client's side.

use super::{WebSocket, clock::Clock, read_buffer::ReadBuffer, runtime::Io};
use crate::{
    Config, Connection, Input, Output,
    adapter::{
        error::Error,
        opening::{ClientOutcome, Handshake, body_timeout, refused, wait_to_write, with_write_error},
    },
    client::{self, Request, Response},
    server::Refusal,
};
use alloc::{boxed::Box, sync::Arc};
use bytes::Buf;
use core::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};
use std::io;

/// Makes the client's opening handshake. The origin of the clock is the time at which connecting began, and the deadline counts
/// from it.
pub(in crate::adapter) async fn client_handshake<S, T: Io<S>>(
    clock: Clock<T>,
    stream: S,
    request: Request,
    config: Arc<Config>,
) -> Result<(WebSocket<S, T>, Response), Error> {
    let deadline = config.deadlines.handshake;
    let mut opening = Opening::new(stream, clock);
    let mut handshake = client::Handshake::new(request, config);
    let _ = handshake.wait(Duration::ZERO); // the first tick starts the deadline, at the origin of the clock
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
                let _ = opening.read_body(response, deadline).await;
            }
            Err(Error::Handshake { error, response: response.map(Box::new) })
        }
    }
}

/// What a poll of writing did.
enum Step {
    /// Everything is written.
    Written,
    /// Bytes or the end of the stream arrived meanwhile.
    Arrived,
    /// Neither, and the time is over.
    Late,
}

/// A stream on which the opening handshake is being made.
pub(super) struct Opening<S, T> {
    pub(super) stream: S,
    clock: Clock<T>,
    read_buffer: ReadBuffer,
    has_ended: bool,
}

impl<S, T: Io<S>> Opening<S, T> {
    pub(super) fn new(stream: S, clock: Clock<T>) -> Self {
        Self { stream, clock, read_buffer: ReadBuffer::default(), has_ended: false }
    }

    /// Reads until the outcome of the handshake is certain.
    pub(super) async fn run<H: Handshake>(&mut self, handshake: &mut H) -> io::Result<H::Outcome> {
        loop {
            if let Some(outcome) = self.advance(|input| handshake.advance(input)) {
                return Ok(outcome);
            }
            let due = self.due(|now| handshake.wait(now));
            self.read(due).await?;
        }
    }

    /// Calls `receive` with the bytes that were read, or with `None` if the stream has ended.
    fn advance<R>(&mut self, receive: impl FnOnce(Option<&mut Input<'_>>) -> R) -> R {
        if self.has_ended {
            return receive(None);
        }
        let (unread, left) = self.read_buffer.unread();
        let mut input = Input::from(unread);
        let progress = receive(Some(&mut input));
        *left = input.len();
        progress
    }

    /// Advances the clock of a handshake, and returns when that is needed again.
    fn due(&self, wait: impl FnOnce(Duration) -> Option<Duration>) -> Option<Duration> {
        let now = self.clock.now();
        wait(now).map(|wait| now.saturating_add(wait))
    }

    /// Reads once, and waits for that until `due` at most. After that, the caller advances the clock, which detects the expired
    /// deadline.
    async fn read(&mut self, due: Option<Duration>) -> io::Result<()> {
        poll_fn(|cx| match self.poll_read(cx) {
            Poll::Pending => self.clock.poll_until(cx, due),
            Poll::Ready(()) => Poll::Ready(()),
        })
        .await;
        self.take_end()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.read_buffer.poll_read(|into| T::poll_read(&mut self.stream, cx, into))
    }

    fn take_end(&mut self) -> io::Result<()> {
        match self.read_buffer.take_end() {
            Some(end) => end.map(|()| self.has_ended = true),
            None => Ok(()),
        }
    }

    /// Reads the beginning of the response's body, as long as it may take.
    async fn read_body(&mut self, response: &mut Response, deadline: Option<Duration>) -> io::Result<()> {
        let due = self.due(|now| Some(body_timeout(response, deadline, now)));
        while self.advance(|input| input.is_some_and(|input| response.receive_body(input)))
            && due.is_none_or(|due| self.clock.now() < due)
        {
            self.read(due).await?;
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
            let due = self.due(|now| wait_to_write(handshake, &mut outcome, deadline, now));
            // Also without bytes: the deadline may have expired.
            outcome = outcome.or_else(|| self.advance(|input| handshake.advance(input)));
            if matches!(outcome, Some(Err(_))) {
                return Ok(outcome);
            }
            let reads = outcome.is_none();
            let step = poll_fn(|cx| match self.poll_write(cx, handshake.output(), reads) {
                Poll::Pending => self.clock.poll_until(cx, due).map(|()| Ok(Step::Late)),
                step @ Poll::Ready(_) => step,
            });
            match step.await? {
                Step::Written => return Ok(outcome),
                Step::Arrived => self.take_end()?,
                Step::Late => {}
            }
        }
    }

    /// Writes, and reads if `reads` while the stream does not accept more.
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &mut Output, reads: bool) -> Poll<io::Result<Step>> {
        let written = loop {
            if !output.has_remaining() {
                break T::poll_flush(&mut self.stream, cx);
            }
            match T::poll_write(&mut self.stream, cx, output.chunk()) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => output.advance(count),
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        match written {
            Poll::Ready(written) => Poll::Ready(written.map(|()| Step::Written)),
            Poll::Pending if reads => self.poll_read(cx).map(|()| Ok(Step::Arrived)),
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

    pub(super) fn into_socket(self, connection: Connection) -> WebSocket<S, T> {
        WebSocket::with_buffer(self.stream, connection, self.read_buffer, self.clock.restarted())
    }
}
