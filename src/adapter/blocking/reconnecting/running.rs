//! What the calls of a client that reconnects do.

use super::{Reconnecting, State};
use crate::{
    CloseCode, CloseFrame, Closure, Role, Timestamp,
    adapter::{
        blocking::{Transport, WebSocket},
        error::Error,
        reconnect::{Session, Update},
    },
};
use alloc::boxed::Box;
use core::{task::Poll, time::Duration};
use std::{thread, time::Instant};

/// How often a call that waits looks whether everything is written.
const WHILE_WRITING: Duration = Duration::from_millis(10);

impl<S: Transport> Reconnecting<S> {
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
    pub fn recv(&mut self) -> Result<Option<Update>, Error> {
        loop {
            // Returns only with an update.
            if let Poll::Ready(update) = self.recv_within(None)? {
                return Ok(update);
            }
        }
    }

    /// Waits for the next update, at most for this time. [`Poll::Pending`] means that the time is over, `Ready(None)` that the
    /// client has ended normally.
    ///
    /// Use it to send while no messages arrive: see [`send`](Self::send). An attempt to connect is not interrupted. It can take
    /// as long as [`Deadlines::handshake`](crate::Deadlines::handshake) allows.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Poll<Option<Update>>, Error> {
        self.recv_within(Some((Instant::now(), timeout)))
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
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended. The client has ended
    ///   then.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Option<Closure>, Error> {
        CloseFrame::to_send(code, reason, Role::Client)?;
        let mut ended = Ok(None);
        if let State::Connected(socket) = &mut self.state {
            pass_on(socket, &mut self.session);
            // If writing fails, the call that closes finds out how the connection ended.
            while self.session.outbox.has_work(&socket.link.connection) && socket.flush().is_ok() {
                pass_on(socket, &mut self.session);
            }
            ended = socket.close(code, reason).map(Some);
            self.session.disconnected(socket.closure());
        }
        self.session.closed();
        self.state = State::Ended;
        ended
    }

    fn recv_within(&mut self, limit: Option<(Instant, Duration)>) -> Result<Poll<Option<Update>>, Error> {
        loop {
            if let Some(result) = self.session.next_result() {
                return result.map(Poll::Ready);
            }
            match &mut self.state {
                State::Idle => self.attempt(),
                State::Waiting { since, delay } => {
                    let (rest, left) = (delay.saturating_sub(since.elapsed()), time_left(limit));
                    thread::sleep(left.map_or(rest, |left| left.min(rest)));
                    if left.is_some_and(|left| left < rest) {
                        return Ok(Poll::Pending);
                    }
                    self.state = State::Idle;
                }
                State::Connected(socket) => match receive(socket, &mut self.session, limit) {
                    Ok(Poll::Ready(())) => {}
                    Ok(Poll::Pending) => return Ok(Poll::Pending),
                    Err(error) => {
                        self.session.disconnected(socket.closure());
                        self.failed(error);
                    }
                },
                State::Ended => return Ok(Poll::Ready(None)),
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.origin.elapsed().into()
    }

    fn attempt(&mut self) {
        let attempt = self.session.begin_attempt();
        let opened = (self.connect)(attempt).and_then(|(mut socket, response)| {
            self.prepare.as_mut().map_or(Ok(()), |prepare| prepare(&mut socket, &response))?;
            Ok((socket, response))
        });
        match opened {
            Ok((socket, response)) => {
                self.session.connected(response, self.now());
                self.state = State::Connected(Box::new(socket));
            }
            Err(error) => self.failed(error),
        }
    }

    /// Drops the connection that ended, and decides what follows.
    fn failed(&mut self, error: Error) {
        self.state = match self.session.failed(error, self.now()) {
            Some(delay) => State::Waiting { since: Instant::now(), delay },
            None => State::Ended,
        };
    }
}

/// Passes messages to the connection, writes them, and receives, for at most the time that is left by `limit`. `Pending` if it is
/// over; an error if the connection has ended.
fn receive<S: Transport>(
    socket: &mut WebSocket<S>,
    session: &mut Session,
    limit: Option<(Instant, Duration)>,
) -> Result<Poll<()>, Error> {
    let mut pause = Duration::ZERO;
    loop {
        pass_on(socket, session);
        if session.outbox.has_report() {
            return Ok(Poll::Ready(()));
        }
        let left = time_left(limit);
        let is_writing = session.outbox.has_work(&socket.link.connection);
        // While it writes, it looks now and then whether all is written, to report that, and to pass on more.
        let wait = if is_writing { Some(left.map_or(pause, |left| left.min(pause))) } else { left };
        let received = match wait {
            Some(wait) => socket.recv_timeout(wait)?,
            None => Poll::Ready(socket.recv()?),
        };
        match received {
            Poll::Ready(Some(message)) => {
                pass_on(socket, session); // what was sent is reported before the answer to it
                session.received(message);
                return Ok(Poll::Ready(()));
            }
            Poll::Ready(None) => return Err(socket.link.end()),
            Poll::Pending
                if is_writing && (is_written(socket) || !time_left(limit).is_some_and(|left| left.is_zero())) =>
            {
                pause = WHILE_WRITING;
            }
            Poll::Pending => return Ok(Poll::Pending),
        }
    }
}

/// Records what the connection has written, and passes more to it.
fn pass_on<S>(socket: &mut WebSocket<S>, session: &mut Session) {
    if is_written(socket) {
        session.outbox.written();
    }
    session.outbox.refill(&mut socket.link.connection);
}

/// Whether everything was written that the connection has got.
fn is_written<S>(socket: &WebSocket<S>) -> bool {
    socket.link.connection.buffered_amount() == 0 && !socket.link.needs_flush
}

fn time_left(limit: Option<(Instant, Duration)>) -> Option<Duration> {
    limit.map(|(since, timeout)| timeout.saturating_sub(since.elapsed()))
}
