//! What a client that reconnects does while it is polled.

use super::{Reconnecting, State};
use crate::{
    CloseCode, CloseFrame, Closure, Message, Role, Timestamp,
    adapter::{
        error::Error,
        reconnect::{Outbox, Update},
        task::{Driver, Goal},
        tokio::WebSocket,
    },
    client::Response,
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep},
};
use alloc::boxed::Box;
use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::Stream;

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Reconnecting<S> {
    /// Waits for the next update and returns it: a message, a change of the connection, or the fate of messages that were sent;
    /// `None` after a normal end that is final.
    ///
    /// While it waits, it does everything else: it connects, writes, answers pings and checks the deadlines of the connection.
    ///
    /// # Errors
    ///
    /// The error of the last connection or of the last attempt, if it is final by the
    /// [`RetryPolicy`](crate::adapter::reconnect::RetryPolicy), or if a limit of the policy is reached. Updates about the fate of
    /// all messages were returned before. Further calls return `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the next call continues, also in the middle of an attempt to connect.
    pub async fn recv(&mut self) -> Result<Option<Update>, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Writes all accepted messages, and then makes the closing handshake (RFC 6455 §7.1.2). It does not reconnect after that.
    /// Returns how the connection ended, or `None` if there was no connection.
    ///
    /// Messages that still arrive are discarded. Afterwards, [`recv`](Self::recv) returns the fate of messages that is not yet
    /// reported, and then `None`.
    ///
    /// # Errors
    ///
    /// - [`Error::Close`] if the code or the reason cannot be sent. The connection is still open.
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe: if the future is dropped, the connection stays as it is. Call it again to continue.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Option<Closure>, Error> {
        poll_fn(|cx| self.poll_close(cx, code, reason)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Update>, Error>> {
        loop {
            if let Some(result) = self.session.next_result() {
                return Poll::Ready(result);
            }
            match &mut self.state {
                State::Idle => {
                    let attempt = self.session.begin_attempt();
                    self.state = State::Connecting((self.connect)(attempt));
                }
                State::Waiting(delay) => {
                    ready!(delay.as_mut().poll(cx));
                    self.state = State::Idle;
                }
                State::Connecting(opening) => match ready!(opening.as_mut().poll(cx)) {
                    Ok((socket, response)) => self.prepare(socket, response),
                    Err(error) => self.failed(error),
                },
                State::Preparing(opening) => match ready!(opening.as_mut().poll(cx)) {
                    Ok((socket, response)) => self.opened(socket, response),
                    Err(error) => self.failed(error),
                },
                State::Connected(socket) => match poll_socket(socket, &mut self.session.outbox, cx) {
                    Poll::Ready(Ok(message)) => self.session.received(message),
                    Poll::Ready(Err(error)) => {
                        self.session.disconnected(socket.closure());
                        self.failed(error);
                    }
                    Poll::Pending => return self.session.next_result().map_or(Poll::Pending, Poll::Ready),
                },
                State::Ended => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        code: CloseCode,
        reason: &str,
    ) -> Poll<Result<Option<Closure>, Error>> {
        CloseFrame::to_send(code, reason, Role::Client)?;
        let mut ended = Ok(None);
        if let State::Connected(socket) = &mut self.state {
            let is_open = loop {
                let outbox = &mut self.session.outbox;
                if !outbox.has_work(&socket.driver.link.connection) {
                    break true;
                }
                match poll_socket(socket, outbox, cx) {
                    Poll::Ready(Ok(_discarded)) => {}
                    Poll::Ready(Err(_)) => break false,
                    Poll::Pending if outbox.has_work(&socket.driver.link.connection) => return Poll::Pending,
                    Poll::Pending => break true,
                }
            };
            if is_open {
                socket.driver.link.connection.close(code, reason)?;
                self.session.is_closing = true;
                ended = ready!(socket.driver.poll_method(cx, Goal::Input, Driver::poll_end)).map(Some);
            } else {
                ended = socket.driver.link.closure().map(Some);
            }
            self.session.disconnected(socket.closure());
        }
        self.session.closed();
        self.state = State::Ended;
        Poll::Ready(ended)
    }

    /// Runs the function of `after_connect`, if there is one.
    fn prepare(&mut self, socket: WebSocket<S>, response: Response) {
        let Some(prepare) = &mut self.prepare else { return self.opened(socket, response) };
        let prepared = prepare(socket, &response);
        self.state = State::Preparing(Box::pin(async move { Ok((prepared.await?, response)) }));
    }

    fn opened(&mut self, socket: WebSocket<S>, response: Response) {
        self.session.connected(response, self.now());
        self.state = State::Connected(Box::new(socket));
    }

    /// Drops the attempt that failed, or the connection that ended, and decides what follows.
    fn failed(&mut self, error: Error) {
        self.state = match self.session.failed(error, self.now()) {
            Some(delay) => State::Waiting(Box::pin(sleep(delay))),
            None => State::Ended,
        };
    }

    fn now(&self) -> Timestamp {
        Instant::now().saturating_duration_since(self.origin).into()
    }
}

/// Passes messages to the connection, writes them, and receives. Ready with a message, or with how the connection ended.
fn poll_socket<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocket<S>,
    outbox: &mut Outbox,
    cx: &mut Context<'_>,
) -> Poll<Result<Message, Error>> {
    loop {
        pass_on(socket, outbox);
        match socket.driver.poll_method(cx, Goal::Input, Driver::poll_recv) {
            Poll::Ready(Ok(Some(message))) => {
                pass_on(socket, outbox); // what was sent is reported before the answer to it
                return Poll::Ready(Ok(message));
            }
            Poll::Ready(Ok(None)) => return Poll::Ready(Err(socket.driver.link.end())),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            // What was passed to it is written, so that it can get more.
            Poll::Pending if is_written(socket) && outbox.has_work(&socket.driver.link.connection) => {}
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// Records what the connection has written, and passes more to it.
fn pass_on<S>(socket: &mut WebSocket<S>, outbox: &mut Outbox) {
    if is_written(socket) {
        outbox.written();
    }
    outbox.refill(&mut socket.driver.link.connection);
}

/// Whether everything was written that the connection has got.
fn is_written<S>(socket: &WebSocket<S>) -> bool {
    let link = &socket.driver.link;
    link.connection.buffered_amount() == 0 && !link.needs_flush
}

/// Returns the same updates as [`recv`](Reconnecting::recv). The stream ends after a normal end that is final, and after an
/// error.
///
/// # Cancel safety
///
/// As for `recv`.
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for Reconnecting<S> {
    type Item = Result<Update, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx).map(Result::transpose)
    }
}
