//! How a connection closes: `close`, the methods by which a driver reports an end, and the state of the connection.
//!
//! The table of phases is in `transitions`, the description of the end in `closure`, and the frame itself in `close_frame`.

use super::{
    Cause, CloseFrame, Closure, Connection, Endpoint,
    transitions::{self, Action, Phase, Trigger},
};
use crate::{CloseCode, CloseError, Role};
use alloc::boxed::Box;
use core::fmt;

/// The state of a connection, as RFC 6455 and browsers name it (`readyState` 1, 2 and 3).
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Role, State};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// assert_eq!(server.state(), State::Open);
/// server.close(CloseCode::NORMAL, "")?;
/// assert_eq!(server.state(), State::Closing); // until the peer answers
/// # Ok::<(), bowline::CloseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Messages can be sent and received.
    Open,
    /// A Close frame was sent or received, or the connection failed. The transport is still needed.
    Closing,
    /// Nothing is left to read or to write.
    Closed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
        })
    }
}

impl Connection {
    /// Begins the closing handshake (§7.1.2): queues a Close frame behind everything that is already queued.
    ///
    /// What the peer sends until it answers is still received, and pings are still answered. No message can be sent after it. On a
    /// connection that is already closing or closed, it does nothing. [`CloseCode::NO_STATUS`] sends a Close frame without a body.
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
    /// # Ok::<(), bowline::CloseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloseError`] if the code must not be sent, or the reason is too long. The connection is then unchanged.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let frame = CloseFrame::to_send(code, reason, self.role())?;
        self.transition(Trigger::CloseCalled, Endpoint::Local, Cause::Closed, frame);
        Ok(())
    }

    /// Reports that the peer's half of the stream has ended: a read returned 0 bytes.
    ///
    /// Without a Close frame before it, that is an abnormal closure (§7.1.5), and [`Closure::interrupted`] is whether a message was cut
    /// off. What is queued can still be written.
    ///
    /// ```
    /// use bowline::{Cause, Config, Connection, Interrupted, Role};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.receive_eof();
    /// assert_eq!(client.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Nothing));
    /// ```
    pub fn receive_eof(&mut self) {
        let cause = Cause::EndOfStream(self.receiver.interrupted());
        self.transition(Trigger::EndOfStream, Endpoint::Remote, cause, CloseFrame::without_body());
    }

    /// Reports that reading from the transport failed, for example because it was reset: nothing more can be read or written.
    /// What is queued is discarded.
    ///
    /// If only writing failed, call [`write_failed`](Self::write_failed).
    ///
    /// ```
    /// use bowline::{Cause, Config, Connection, Role, State};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.send_text("Hello")?;
    /// client.transport_failed(); // a read returned an error
    /// assert_eq!((client.state(), client.buffered_amount()), (State::Closed, 0));
    /// assert_eq!(client.closure().unwrap().cause(), Cause::Transport);
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    pub fn transport_failed(&mut self) {
        self.transition(Trigger::TransportFailed, Endpoint::Remote, Cause::Transport, CloseFrame::without_body());
    }

    /// Reports that writing to the transport failed. What is queued is discarded, and nothing more can be sent.
    ///
    /// Continue to read: the peer may have sent a Close frame before it left. The connection ends with the peer's stream, with an error
    /// of a read, or at the close deadline. Its [`cause`](Closure::cause) is [`Cause::Transport`], unless that Close frame arrives.
    ///
    /// ```
    /// use bowline::{Cause, Config, Connection, Role, SendError};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.send_text("Hello")?;
    /// client.write_failed(); // a write returned an error
    /// assert_eq!(client.buffered_amount(), 0);
    /// assert_eq!(client.send_text("Are you there?"), Err(SendError::Closing));
    /// client.receive_eof();
    /// assert_eq!(client.closure().unwrap().cause(), Cause::Transport);
    /// # Ok::<(), SendError>(())
    /// ```
    pub fn write_failed(&mut self) {
        self.sender.write_failed();
        self.transition(Trigger::WriteFailed, Endpoint::Remote, Cause::Transport, CloseFrame::without_body());
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

    /// Whether nothing is left to read or to write. Then close the transport, and drop the connection. It is false while there is queued
    /// output that can still be written.
    ///
    /// A server is closed as soon as both Close frames are exchanged and written. A client then waits for the end of the server's
    /// stream (§7.1.1). After a violation, both roles wait for the end of the peer's stream.
    ///
    /// ```
    /// use bowline::{Config, Connection, Input, Role};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// let mut read = *b"\x88\x02\x03\xe8"; // the server closes with 1000
    /// client.receive(&mut Input::from(&mut read));
    /// client.output().write_to(&mut std::io::sink())?; // the answer
    /// assert!(!client.is_closed());
    /// client.receive_eof(); // the server has closed TCP
    /// assert!(client.is_closed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self.phase {
            Phase::Ended => self.sender.output.is_empty(),
            Phase::Exchanged => self.role() == Role::Server && self.sender.output.is_empty(),
            Phase::Open | Phase::CloseSent | Phase::Failed => false,
        }
    }

    /// Whether this endpoint must now end its half of the stream, since the last byte is written. Then shut down the write half of the
    /// transport, and continue to read until [`is_closed`](Self::is_closed). If the transport is closed at once, the Close frame can be
    /// lost on its way.
    ///
    /// ```
    /// use bowline::{Config, Connection, Input, Role};
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// let mut read = *b"\x81\x05Hello"; // a violation: a client must mask
    /// server.receive(&mut Input::from(&mut read));
    /// assert!(!server.should_shutdown());
    /// server.output().write_to(&mut std::io::sink())?; // the Close frame
    /// assert!(server.should_shutdown() && !server.is_closed()); // read until the client closes
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn should_shutdown(&self) -> bool {
        let is_ours = match self.phase {
            Phase::Failed | Phase::Ended => true,
            Phase::Exchanged => self.role() == Role::Server,
            Phase::Open | Phase::CloseSent => false,
        };
        is_ours && self.sender.output.is_empty()
    }

    /// How the connection ended (§7.1.5, §7.1.6). It is `None` until that is certain; later calls return the same closure.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        // Whether it is clean is certain only when our Close frame is written.
        let is_certain = |closure: &&Closure| !self.sender.output.holds_close() || !closure.is_clean();
        self.closure.as_deref().filter(|_| self.phase.is_settled()).filter(is_certain)
    }

    /// Performs a transition of the table. `close` is the Close frame to send if the table requires one.
    pub(super) fn transition(&mut self, trigger: Trigger, by: Endpoint, cause: Cause, close: CloseFrame<'_>) {
        let before = self.phase;
        let (phase, action) = transitions::transition(before, trigger);
        self.phase = phase;
        // Without a closure it only delivers an answer, and was never open.
        let only_delivers = before == Phase::Failed && self.closure.is_none();
        if phase != before && !only_delivers {
            let interrupted = self.receiver.interrupted();
            if !phase.receives() {
                self.receiver.discard();
            }
            #[cfg(feature = "deflate")]
            self.sender.discard_context();
            let closure = self.closure.get_or_insert_with(|| Box::new(Closure::new(by, cause)));
            // The position of a violation is in its error; how much of the frame had arrived depends on the reads.
            if before.receives() && trigger != Trigger::Violation {
                closure.interrupted = interrupted;
            }
        }
        if before == Phase::CloseSent
            && let Some(closure) = &mut self.closure
        {
            let is_only_a_request = closure.cause == Cause::Closed;
            let explains_failed_write = closure.cause == Cause::Transport && trigger == Trigger::CloseReceived;
            // Until the peer has answered, our own Close frame is only a request to end.
            if (phase != before || trigger == Trigger::WriteFailed) && (is_only_a_request || explains_failed_write) {
                closure.cause = cause;
            }
        }
        match action {
            Action::Nothing => {}
            Action::SendClose => {
                self.sender.close(&close.body(), &self.config);
                if let Some(closure) = &mut self.closure {
                    closure.sent = Some(close.into_owned());
                }
            }
            Action::DropOutput => self.drop_output(before),
        }
    }

    /// Discards what is queued: it can no longer be written. If that includes our Close frame, the frame counts as not sent. After a
    /// violation the closure is already reported, so it stays unchanged.
    fn drop_output(&mut self, before: Phase) {
        if self.sender.output.holds_close()
            && let Some(closure) = &mut self.closure
            && (before == Phase::CloseSent || closure.is_clean())
        {
            closure.sent = None;
        }
        self.sender.output.clear();
    }
}
