//! How a connection closes: `close`, the methods by which a driver reports an end, and the state of the connection.
//!
//! The table of phases is in `transitions`, the report about the end in `closure`, and the Close frame in `close_frame`. This is
//! the only file that changes the phase.

use super::{
    Cause, CloseFrame, Closure, Connection, Endpoint, Interrupted,
    transitions::{self, Action, Phase, Trigger},
};
use crate::{CloseCode, CloseError, Role};
use alloc::boxed::Box;
use core::fmt;

/// The state of a connection, with the names of RFC 6455 and of browsers (`readyState` 1, 2 and 3): see [`Connection::state`].
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
#[doc(alias = "readyState")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Messages can be sent and received.
    Open,
    /// A Close frame was sent or received, or the connection failed. Nothing can be sent, but the transport is still needed.
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
    /// After that, no message can be sent. Messages of the peer are still received until its Close frame arrives, and pings are
    /// still answered. The close code [`NO_STATUS`](CloseCode::NO_STATUS) sends a Close frame without a body. On a connection that
    /// is already closing or closed, a call with a valid code changes nothing.
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
    /// Returns a [`CloseError`] if the code must not be sent, or if the reason is longer than 123 bytes or has no code. Nothing was
    /// queued then, and the connection is unchanged: if it was open, it still is.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let frame = CloseFrame::to_send(code, reason, self.role())?;
        self.transition(Trigger::CloseCalled, Endpoint::Local, Cause::Closed, frame);
        Ok(())
    }

    /// Reports that the peer's half of the stream has ended. Call it when a read returns 0 bytes.
    ///
    /// Nothing can be sent or received after it. Output that is already queued can still be written, since the peer may have shut
    /// down only its own half of the stream.
    ///
    /// Without a Close frame before it, the end of the stream is an abnormal closure, code 1006 (§7.1.5). [`Closure::interrupted`]
    /// then returns whether a message was cut off.
    ///
    /// ```
    /// use bowline::{Cause, Config, Connection, Interrupted, Role, State};
    ///
    /// let mut client = Connection::new(Role::Client, Config::default());
    /// client.send_text("Hello")?;
    /// client.receive_eof(); // a read returned 0 bytes
    /// assert_eq!(client.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Nothing));
    /// assert_eq!(client.state(), State::Closing); // the output can still be written
    /// client.output().write_to(&mut std::io::sink())?;
    /// assert_eq!(client.state(), State::Closed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive_eof(&mut self) {
        let cause = Cause::EndOfStream(self.receiver.interrupted());
        self.transition(Trigger::EndOfStream, Endpoint::Remote, cause, CloseFrame::without_body());
    }

    /// Reports that reading from the transport failed, for example because the peer has reset it. The connection is closed at once:
    /// what is queued is discarded, and nothing more can be sent or received.
    ///
    /// If only writing failed, call [`write_failed`](Self::write_failed) instead.
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
    /// Continue to read, since the peer may have sent messages and a Close frame with its reason before it left. The connection
    /// ends with the peer's stream, with an error of a read, or at the close deadline. Its [`cause`](Closure::cause) is
    /// [`Cause::Transport`], unless that Close frame arrives.
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

    /// Returns whether the connection is open, closing or closed: the browser's `readyState`.
    #[must_use]
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Open => State::Open,
            _ if self.is_closed() => State::Closed,
            _ => State::Closing,
        }
    }

    /// Returns whether nothing is left to read or to write. Then close the transport, and drop the connection.
    ///
    /// While queued output can still be written, it returns `false`. A server is closed as soon as both Close frames are exchanged
    /// and written. A client then waits for the end of the server's stream (§7.1.1). After a violation, both roles wait for the end
    /// of the peer's stream. Both roles do so after every end if the connection is a stream of HTTP/2 or HTTP/3, and was opened by
    /// `extended_connect` of the module `client` or `server`: if one endpoint drops such a stream earlier, it is reset.
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
            Phase::Exchanged => self.closes_first() && !self.is_multiplexed && self.sender.output.is_empty(),
            Phase::Open | Phase::CloseSent | Phase::Failed => false,
        }
    }

    /// Returns whether this endpoint must now end its half of the stream, since its last byte is written. Then shut down the write
    /// half of the transport, and continue to read until [`is_closed`](Self::is_closed).
    ///
    /// If you close the transport at once, TCP can discard the Close frame on its way to the peer (§7.1.1).
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
            Phase::Exchanged => self.closes_first(),
            Phase::Open | Phase::CloseSent => false,
        };
        is_ours && self.sender.output.is_empty()
    }

    /// Returns whether this endpoint ends its half of the stream as soon as the Close frames are exchanged.
    ///
    /// Of a TCP connection, that is the server (§7.1.1), so that the client does not keep its port for minutes. A stream of HTTP/2
    /// or HTTP/3 leaves nothing behind, and it is reset if one endpoint drops it before both halves have ended.
    fn closes_first(&self) -> bool {
        self.is_multiplexed || self.role() == Role::Server
    }

    /// Returns how the connection ended (§7.1.5, §7.1.6), or `None` until that is certain. Later calls return the same
    /// closure, except that [`unsent`](Closure::unsent) grows if output that is left is discarded later.
    ///
    /// A clean end is certain when this endpoint's Close frame is written, too. After a violation, or if the transport ends first,
    /// the end is certain at once.
    ///
    /// ```
    /// use bowline::{CloseCode, Config, Connection, Input, Role};
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// let mut read = *b"\x88\x82\0\0\0\0\x03\xe9"; // the client closes with 1001
    /// server.receive(&mut Input::from(&mut read));
    /// assert!(server.closure().is_none()); // the answer is queued
    /// server.output().write_to(&mut std::io::sink())?;
    /// let closure = server.closure().unwrap();
    /// assert_eq!((closure.code(), closure.is_clean()), (CloseCode::GOING_AWAY, true));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        // Whether it is clean is certain only when our Close frame is written: until then, a failed write can discard it.
        let is_certain = |closure: &&Closure| !self.sender.output.holds_close() || !closure.is_clean();
        self.closure.as_deref().filter(|_| self.phase.is_settled()).filter(is_certain)
    }

    /// Performs a transition of the table, and keeps the closure up to date. `by` and `cause` describe the end if this transition
    /// is the one that begins it. `close` is the Close frame to send if the table requires one.
    pub(super) fn transition(&mut self, trigger: Trigger, by: Endpoint, cause: Cause, close: CloseFrame<'_>) {
        let before = self.phase;
        let (phase, action) = transitions::transition(before, trigger);
        self.phase = phase;
        // Only `Connection::delivering` begins in this phase, without a closure. It was never open, so there is nothing to report.
        let only_delivers = before == Phase::Failed && self.closure.is_none();
        if phase != before && !only_delivers {
            let interrupted = self.receiver.interrupted();
            if !phase.receives() {
                self.receiver.discard();
            }
            // No phase but `Open` sends messages.
            #[cfg(feature = "deflate")]
            self.sender.discard_context();
            let closure = self.closure.get_or_insert_with(|| Box::new(Closure::new(by, cause)));
            if before.receives() {
                // The position of a violation is in its error; how much of the frame had arrived depends on the reads.
                let is_violation = trigger == Trigger::Violation;
                closure.interrupted = if is_violation { Interrupted::Nothing } else { interrupted };
            }
        }
        if before == Phase::CloseSent
            && let Some(closure) = &mut self.closure
        {
            let is_only_a_request = closure.cause == Cause::Closed;
            let explains_failed_write = closure.cause == Cause::Transport && trigger == Trigger::CloseReceived;
            // Our own Close frame is only a request to end. So what ends the connection instead of the peer's answer becomes the
            // cause. A failed write gives way to a Close frame that arrives after it, since that has the peer's reason.
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

    /// Discards what is queued, since it can no longer be written. If that includes our Close frame, the frame counts as not sent.
    /// After a violation, the closure stays unchanged, since `closure` has returned it already.
    fn drop_output(&mut self, before: Phase) {
        let holds_close = self.sender.output.holds_close();
        if let Some(closure) = &mut self.closure {
            // Behind a Close frame that is written, there are only pongs, and those belong to no message.
            let close = closure.sent.as_ref().filter(|_| holds_close);
            let unsent = self.sender.output.len_without_pongs();
            let unsent = unsent.saturating_sub(close.map_or(0, |close| self.sender.close_len(close.body().len())));
            if holds_close || closure.sent.is_none() {
                closure.unsent = closure.unsent.saturating_add(unsent);
            }
            if holds_close && (before == Phase::CloseSent || closure.is_clean()) {
                closure.sent = None;
            }
        }
        self.sender.output.clear();
    }
}
