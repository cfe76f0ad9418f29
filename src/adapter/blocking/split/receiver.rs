use super::Shared;
use crate::{
    CloseCode, Closure, Event, Message,
    adapter::blocking::{Error, Transport, Wait, WebSocket, socket::Interest},
};
use alloc::{borrow::ToOwned, string::String, sync::Arc};
use core::{fmt, task::Poll, time::Duration};

/// The half that receives: see [`WebSocket::split`].
pub struct Receiver<S> {
    pub(super) shared: Arc<Shared<S>>,
}

impl<S: Transport> Receiver<S> {
    /// Waits for the next message and returns it; `None` after a normal end of the connection. Other threads can send meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv`].
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        let received = self.wait_for(Wait::Unlimited, |socket| socket.recv_within(Wait::Never))?;
        Ok(without_limit(received))
    }

    /// Waits for the next message, at most as long as `timeout`, as [`WebSocket::recv_timeout`] does. [`Poll::Pending`] means that
    /// it has not arrived by then. Other threads can send meanwhile.
    ///
    /// Use it to look at a flag that stops the thread:
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::Receiver};
    /// # fn run(mut receiver: Receiver<std::net::TcpStream>, is_stopped: fn() -> bool) -> Result<(), Error> {
    /// use std::{task::Poll, time::Duration};
    ///
    /// while !is_stopped() {
    ///     match receiver.recv_timeout(Duration::from_millis(200))? {
    ///         Poll::Ready(Some(message)) => println!("{message:?}"),
    ///         Poll::Ready(None) => break,
    ///         Poll::Pending => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::recv_timeout`].
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Poll<Option<Message>>, Error> {
        if timeout.is_zero() {
            return self.try_recv();
        }
        let end = self.shared.lock().socket.end_of(timeout);
        self.wait_for(end, |socket| socket.recv_within(Wait::Never))
    }

    /// Waits for the next event and returns it, as [`WebSocket::next_event`] does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::next_event`].
    pub fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        let received = self.wait_for(Wait::Unlimited, WebSocket::try_next_event)?;
        Ok(without_limit(received))
    }

    /// Returns the next message without waiting, as [`WebSocket::try_recv`] does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::try_recv`].
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        self.shared.lock().socket.try_recv()
    }

    /// Makes the whole closing handshake, as [`WebSocket::close`] does. Messages that still arrive are discarded.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.shared.lock().socket.connection().close(code, reason)?;
        loop {
            match self.recv() {
                Ok(Some(_)) => {}
                Ok(None) | Err(Error::Closed(_)) => return self.shared.lock().socket.link.closure(),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for an item. `Pending` if it has not arrived within `wait`.
    fn wait_for<T>(
        &mut self,
        wait: Wait,
        mut next: impl FnMut(&mut WebSocket<S>) -> Result<Poll<Option<T>>, Error>,
    ) -> Result<Poll<Option<T>>, Error> {
        let mut state = self.shared.lock();
        loop {
            let item = next(&mut state.socket)?;
            if item.is_ready() || state.socket.is_late(wait) {
                return Ok(item);
            }
            if state.socket.may_read == 0 {
                // Senders have their turn. The socket need not be readable, since the stream may have a buffer.
                drop(state);
                state = self.shared.lock();
                continue;
            }
            let interest = Interest { readable: !state.socket.has_ended(), writable: state.socket.link.has_output() };
            let timeout = state.socket.next_wait(wait);
            state.receiver_waits = true;
            drop(state);
            let waited = self.shared.waiter.wait_or_woken(interest, timeout);
            state = self.shared.lock();
            state.receiver_waits = false;
            waited?;
        }
    }
}

/// Returns the item of a call without a limit, which waits until there is one.
fn without_limit<T>(received: Poll<Option<T>>) -> Option<T> {
    debug_assert!(received.is_ready(), "a call without a limit waits until there is an outcome");
    match received {
        Poll::Ready(item) => item,
        Poll::Pending => None,
    }
}

impl<S> Receiver<S> {
    /// Returns how the connection ended: see [`WebSocket::closure`].
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        self.shared.lock().socket.closure().cloned()
    }

    /// Returns the subprotocol in use: see [`WebSocket::protocol`].
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.shared.lock().socket.protocol().map(ToOwned::to_owned)
    }
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
