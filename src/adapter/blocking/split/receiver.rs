use super::Shared;
use crate::{
    CloseCode, Closure, Event, Message,
    adapter::blocking::{Error, Transport, Wait, WebSocket, socket::Interest},
};
use alloc::{borrow::ToOwned, string::String, sync::Arc};
use core::{fmt, task::Poll};

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
        self.wait_for(|socket| socket.recv_within(Wait::Never))
    }

    /// Waits for the next event and returns it, as [`WebSocket::next_event`] does.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::next_event`].
    pub fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        self.wait_for(WebSocket::try_next_event)
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

    fn wait_for<T>(
        &mut self,
        mut next: impl FnMut(&mut WebSocket<S>) -> Result<Poll<Option<T>>, Error>,
    ) -> Result<Option<T>, Error> {
        let mut state = self.shared.lock();
        loop {
            if let Poll::Ready(item) = next(&mut state.socket)? {
                return Ok(item);
            }
            let interest = Interest { readable: !state.socket.has_ended(), writable: state.socket.link.has_output() };
            let timeout = state.socket.next_wait(Wait::Unlimited);
            state.receiver_waits = true;
            drop(state);
            let waited = self.shared.waiter.wait_or_woken(interest, timeout);
            state = self.shared.lock();
            state.receiver_waits = false;
            waited?;
        }
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
