//! How a connection ends, and where it stands on the way.

use super::{
    Cause, CloseFrame, Closure, Connection, Side,
    closing::{self, Action, Happening, Phase},
};
use crate::{CloseCode, InvalidClose, Role, frame::Opcode};
use alloc::boxed::Box;

/// The state of a connection, as RFC 6455 and browsers name it (`readyState` 1, 2 and 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Messages can be sent and received.
    Open,
    /// A Close frame was sent or received, or the connection failed, and the transport is still needed.
    Closing,
    /// Nothing is left to read or to write.
    Closed,
}

impl Connection {
    /// Begins the closing handshake (§7.1.2): queues a Close frame, after all that is queued already.
    ///
    /// What the peer sends until it answers is still received, and pings are still answered. Nothing can be sent any more.
    /// On a connection that is closing or closed already it does nothing. [`CloseCode::NO_STATUS`] sends a Close frame without a body.
    ///
    /// ```
    /// use bowline::{CloseCode, Config, Connection, Role, SendError, State};
    /// use bytes::Buf;
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// server.close(CloseCode::GOING_AWAY, "bye")?;
    /// assert_eq!(server.output().chunk(), b"\x88\x05\x03\xe9bye"); // 1001
    /// assert_eq!(server.state(), State::Closing);
    /// assert_eq!(server.send_text("one more thing"), Err(SendError::Closing));
    /// # Ok::<(), bowline::InvalidClose>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidClose`] if the code must not be sent, or the reason is too long. Then nothing has changed.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), InvalidClose> {
        let frame = CloseFrame::to_send(code, reason, self.role())?;
        self.happened(Happening::CloseCalled, Side::Local, Cause::Closed, frame);
        Ok(())
    }

    /// The peer's half of the stream has ended: a read returned 0 bytes.
    ///
    /// Without a Close frame before it, that is an abnormal closure (§7.1.5): [`closure`](Self::closure) says in the
    /// middle of what the stream ended. What is queued can still be written.
    pub fn receive_eof(&mut self) {
        let cause = Cause::EndOfStream(self.receiver.during());
        self.happened(Happening::EndOfStream, Side::Peer, cause, CloseFrame::without_body());
    }

    /// The transport reported an error, such as a reset: nothing more can be read or written. What is queued is dropped.
    ///
    /// Where only writing failed, read on first, as the peer may have said why.
    pub fn transport_failed(&mut self) {
        self.happened(Happening::TransportFailed, Side::Peer, Cause::Transport, CloseFrame::without_body());
    }

    /// Open, closing or closed: the browser's `readyState`.
    #[must_use]
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Open => State::Open,
            _ if self.is_closed() => State::Closed,
            _ => State::Closing,
        }
    }

    /// Whether nothing is left to read or to write: close the transport, and drop the connection. False while output is
    /// queued that can still be written.
    ///
    /// A server is closed as soon as both Close frames are exchanged and written; a client then waits for the end of the
    /// server's stream (§7.1.1), and so does who told the peer of a violation.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self.phase {
            Phase::Ended => self.output.is_empty(),
            Phase::Exchanged => self.role() == Role::Server && self.output.is_empty(),
            Phase::Open | Phase::CloseSent | Phase::Failed => false,
        }
    }

    /// Whether the last byte is written, and it is for this side to end the stream: shut the write half of the transport,
    /// and go on reading until [`is_closed`](Self::is_closed). To close the transport at once could destroy the Close
    /// frame on its way.
    #[must_use]
    pub fn should_shutdown(&self) -> bool {
        let is_ours = match self.phase {
            Phase::Failed | Phase::Ended => true,
            Phase::Exchanged => self.role() == Role::Server,
            Phase::Open | Phase::CloseSent => false,
        };
        is_ours && self.output.is_empty()
    }

    /// How the connection ended (§7.1.5, §7.1.6): `None` until that is certain, which is when nothing that can still happen
    /// changes it.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        // Whether it is clean shows only when our Close frame has left.
        let is_certain = |closure: &&Closure| self.output.is_empty() || !closure.is_clean();
        self.closure.as_deref().filter(|_| self.phase.is_settled()).filter(is_certain)
    }

    /// Does what the table says. `close` is the frame to send if one is to be sent.
    pub(super) fn happened(&mut self, happening: Happening, side: Side, cause: Cause, close: CloseFrame<'_>) {
        let before = self.phase;
        let (phase, action) = closing::next(before, happening);
        self.phase = phase;
        // Without a closure it only delivers an answer, and was never open.
        let only_delivers = before == Phase::Failed && self.closure.is_none();
        if phase != before && !only_delivers {
            let during = self.receiver.during();
            if !phase.receives() {
                self.receiver.discard();
            }
            #[cfg(feature = "deflate")]
            self.sender.deflating().discard();
            let closure = self.closure.get_or_insert_with(|| Box::new(Closure::new(side, cause)));
            // What is in the middle of a violation, the error says; how much of it had come depends on the reads.
            if before.receives() && happening != Happening::Violation {
                closure.during = during;
            }
            // Until the peer has answered, our own Close frame is only the wish to end.
            if before == Phase::CloseSent && closure.cause == Cause::Closed {
                closure.cause = cause;
            }
        }
        match action {
            Action::Nothing => {}
            Action::SendClose => {
                self.sender.unlimited(Opcode::Close, &close.body(), &mut self.output, &self.config);
                if let Some(closure) = &mut self.closure {
                    closure.sent = Some(close.into_owned());
                }
            }
            Action::DropOutput => self.drop_output(),
        }
    }

    /// Forgets what is queued: it cannot be written any more. An answer to the peer's Close frame goes last, so it is
    /// among it.
    pub(crate) fn drop_output(&mut self) {
        if !self.output.is_empty()
            && let Some(closure) = self.closure.as_mut().filter(|closure| closure.is_clean())
        {
            closure.sent = None;
        }
        self.output.clear();
    }
}
