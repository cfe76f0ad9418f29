use super::{Shared, State};
use crate::{
    CloseCode, Closure, Outgoing, Prepared, State as ConnectionState,
    adapter::{
        blocking::{Error, Transport, Wait, driver::MAX_ALTERNATION, socket::Interest},
        until::Until,
    },
};
use alloc::{borrow::ToOwned, string::String, sync::Arc};
use core::fmt;
use std::sync::MutexGuard;

/// The half that sends: see [`WebSocket::split`](super::super::WebSocket::split). Clone it to send from several threads.
pub struct Sender<S> {
    pub(super) shared: Arc<Shared<S>>,
}

impl<S: Transport> Sender<S> {
    /// Sends a message: queues it, and writes everything that is queued, as [`WebSocket::send`](super::super::WebSocket::send)
    /// does. The messages of several threads do not mix.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::send`](super::super::WebSocket::send).
    pub fn send(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        let mut state = self.make_space(message.message().len())?;
        state.socket.try_feed(message)?;
        self.write_all(state)
    }

    /// Sends a message that was encoded once for many connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&self, message: &Prepared) -> Result<(), Error> {
        let mut state = self.make_space(message.len())?;
        state.socket.try_feed_prepared(message)?;
        self.write_all(state)
    }

    /// Queues a message, to be written by the next [`send`](Self::send) or [`flush`](Self::flush), or by the next call of the
    /// receiver.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::feed`](super::super::WebSocket::feed).
    pub fn feed(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        let mut state = self.make_space(message.message().len())?;
        state.socket.try_feed(message).map_err(|error| state.socket.explain(error))
    }

    /// Queues a message if it fits, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::try_feed`](super::super::WebSocket::try_feed).
    pub fn try_feed(&self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.shared.lock().socket.try_feed(message)
    }

    /// Queues a message that was encoded once for many connections if it fits, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::try_feed_prepared`](super::super::WebSocket::try_feed_prepared).
    pub fn try_feed_prepared(&self, message: &Prepared) -> Result<(), Error> {
        self.shared.lock().socket.try_feed_prepared(message)
    }

    /// Writes everything that is queued.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::flush`](super::super::WebSocket::flush).
    pub fn flush(&self) -> Result<(), Error> {
        self.write_all(self.shared.lock())
    }

    /// Sends a ping: see [`WebSocket::ping`](super::super::WebSocket::ping).
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::ping`](super::super::WebSocket::ping).
    pub fn ping(&self, payload: &[u8]) -> Result<(), Error> {
        let mut state = self.make_space(payload.len())?;
        let State { socket, .. } = &mut *state;
        socket.link.connection.ping(payload).map_err(|error| socket.explain(error.into()))?;
        self.write_all(state)
    }

    /// Sends a Close frame after everything that is queued. The receiver completes the closing handshake: it returns the messages
    /// that still arrive, and then how the connection ended.
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent: the connection is unchanged. Otherwise as for
    /// [`flush`](Self::flush).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let mut state = self.shared.lock();
        state.socket.connection().close(code, reason)?;
        state.socket.tick(); // starts the close deadline
        self.shared.waiter.wake(); // the receiver has another timeout now
        self.write_all(state)
    }

    fn make_space(&self, len: usize) -> Result<MutexGuard<'_, State<S>>, Error> {
        let until = Until::Fits(len);
        let state = self.shared.lock();
        if until.is_reached(&state.socket.link.connection) {
            return Ok(state);
        }
        self.write_until(state, until).map_err(|error| self.explain(error))
    }

    fn write_all(&self, state: MutexGuard<'_, State<S>>) -> Result<(), Error> {
        let mut state = self.write_until(state, Until::Written).map_err(|error| self.explain(error))?;
        // The receiver looks at what has arrived while it waits.
        if state.receiver_waits { Ok(()) } else { state.socket.look_sometimes() }
    }

    /// Returns the error of a call that cannot send, with the reason if the connection has ended.
    fn explain(&self, error: Error) -> Error {
        let error = self.shared.lock().socket.explain(error);
        self.shared.waiter.wake(); // what was received meanwhile is for the receiver
        error
    }

    /// Writes until `until` is reached, and receives into the inbox meanwhile if the receiver does not wait.
    fn write_until<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<S>>,
        until: Until,
    ) -> Result<MutexGuard<'a, State<S>>, Error> {
        loop {
            state.socket.tick();
            let written = state.socket.write(Wait::Never);
            // A failure of the stream ends the connection, too. Any other error wakes the receiver in `explain`.
            if state.socket.link.connection.state() != ConnectionState::Open {
                self.shared.waiter.wake();
            }
            if written?.is_ready() || state.socket.is_over() {
                return state.socket.link.write_outcome().map(|()| state);
            }
            if until.is_reached(&state.socket.link.connection) {
                return Ok(state);
            }
            let readable = if state.receiver_waits { None } else { state.socket.read_ahead_now()? };
            if !state.receiver_waits && readable.is_none() {
                continue; // something was received
            }
            // A receiver that waits may leave at any time, and then nobody reads: look again soon.
            let at_most = if state.receiver_waits { Some(MAX_ALTERNATION) } else { None };
            let timeout = state.socket.next_wait(Wait::Unlimited).into_iter().chain(at_most).min();
            drop(state);
            self.shared.waiter.wait(Interest { readable: readable == Some(true), writable: true }, timeout)?;
            state = self.shared.lock();
        }
    }
}

impl<S> Sender<S> {
    /// Returns how the connection ended: see [`WebSocket::closure`](super::super::WebSocket::closure).
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// Returns the subprotocol in use: see [`WebSocket::protocol`](super::super::WebSocket::protocol).
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.lock().socket.protocol().map(ToOwned::to_owned)
    }

    /// Returns the number of bytes that are queued and not yet written.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.shared.lock().socket.buffered_amount()
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
