//! Deadlines, for connections whose configuration has some.

use super::{State, WebSocketContext};
use crate::{
    Error, Result,
    protocol::{Role, clock},
};
use std::io::{self, Read, Write};
use tokio::time::Instant;

impl WebSocketContext {
    /// Returns the time of the next deadline, if there is one.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.clock.as_ref().and_then(|clock| clock.next)
    }

    /// Returns whether a deadline has discarded what was queued, or ended the connection.
    pub(crate) fn is_timed_out(&self) -> bool {
        self.clock.is_some() && self.check_deadline().is_err()
    }

    /// Returns an error if a deadline has ended the connection, or discarded what was queued, and nothing is left to write.
    pub(super) fn check_deadline(&self) -> Result<()> {
        match self.connection.closure() {
            Some(closure)
                if (clock::is_by_deadline(closure) || closure.unsent() > 0)
                    && self.connection.buffered_amount() == 0 =>
            {
                Err(clock::timed_out(closure).into())
            }
            _ => Ok(()),
        }
    }

    /// Advances the clock, if there are deadlines.
    ///
    /// # Errors
    ///
    /// Returns [`TimedOut`](io::ErrorKind::TimedOut) if a deadline has ended the connection, and
    /// [`ConnectionClosed`](Error::ConnectionClosed) if the server has not closed the stream in time after a closing handshake.
    #[inline]
    pub(super) fn tick(&mut self) -> Result<()> {
        let Some(clock) = &mut self.clock else { return Ok(()) };
        let queued = self.connection.buffered_amount();
        clock.tick(&mut self.connection);
        if let Some(closure) = self.connection.closure() {
            if clock::is_by_deadline(closure) {
                return Err(clock::timed_out(closure).into());
            }
            if self.role == Role::Client && self.connection.is_closed() {
                self.check_deadline()?;
                return Err(Error::ConnectionClosed);
            }
        }
        self.must_flush |= self.connection.buffered_amount() > queued;
        if self.state == State::Active && self.connection.state() != bowline::State::Open {
            // A deadline for the peer has queued a Close frame.
            self.state = State::ClosedByUs;
        }
        Ok(())
    }

    /// Advances the clock while the stream accepts no bytes. Returns whether [`read`](Self::read) has a result that it did not have
    /// before.
    ///
    /// The bytes that prove that the peer is alive may not have been read yet. So after a deadline, at most one message is read
    /// before the next one, and [`read`](Self::read) returns it.
    pub(crate) fn tick_blocked<Stream: Read + Write>(&mut self, stream: &mut Stream) -> bool {
        let Some(clock) = &self.clock else { return false };
        let is_due = clock.next.is_some_and(|next| next <= Instant::now());
        if !is_due || clock.early.is_some() || self.state == State::Terminated {
            // The error is that of the next flush, and of the next read.
            return self.tick().is_err();
        }
        match self.read(stream) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => false,
            result => {
                if let Some(clock) = &mut self.clock {
                    clock.early = Some(result);
                }
                true
            }
        }
    }
}
