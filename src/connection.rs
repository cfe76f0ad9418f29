use crate::{
    Assembly, CloseCode, CloseFrame, Closure, Config, Event, InvalidClose, Output, Payload, Prepared, ProtocolError,
    Role, SendError, Side, Text, Timestamp,
    closing::{self, Action, Happening, Phase},
    closure::{Cause, Deadline},
    data::Data,
    frame::Opcode,
    receiver::Receiver,
    sender::Sender,
    timers::{Activity, Timer, Timers},
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::time::Duration;

/// A WebSocket connection after the opening handshake, without any IO.
///
/// Four kinds of methods drive it, in this order, again and again:
///
/// 1. **Bytes in**: [`receive`](Self::receive) until it returns `None`; [`receive_eof`](Self::receive_eof) or
///    [`transport_failed`](Self::transport_failed) when the stream is over.
/// 2. **Messages out**: [`send_text`](Self::send_text), [`send_binary`](Self::send_binary), … and
///    [`close`](Self::close), at any time, also while an event is held.
/// 3. **Time**: [`tick`](Self::tick), which says how long to wait for bytes at the most.
/// 4. **Bytes out**: write [`output`](Self::output) and advance it. Then stop if [`is_closed`](Self::is_closed), shut
///    the write half of the transport if [`should_shutdown`](Self::should_shutdown), or wait for bytes.
///
/// The connection holds what peers make it hold and nothing else: at most twice the payload received of the message that
/// is coming in and 1 KiB, besides the output. An idle one has no heap memory, once a `tick` has come a second after its
/// last output was written.
///
/// ```
/// use bowline::{Config, Connection, Event, Role};
/// use bytes::Buf;
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let mut client = Connection::new(Role::Client, &config);
/// let mut server = Connection::new(Role::Server, &config);
///
/// client.send_text("Grüße")?;
/// let queued = client.queued();
/// let mut wire = client.output().copy_to_bytes(queued).to_vec();
///
/// let mut input = &mut wire[..];
/// while let Some(event) = server.receive(&mut input) {
///     if let Event::Text(text) = event {
///         assert_eq!(&*text, "Grüße");
///         server.send_text(text)?; // while the event is held
///     }
/// }
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    receiver: Receiver,
    sender: Sender,
    output: Output,
    phase: Phase,
    timers: Timers,
    /// How far the stream had come at the last tick.
    position_at_tick: u64,
    /// How it ends, as far as that is known: there from the moment at which the phase is no longer `Open`.
    closure: Option<Box<Closure>>,
}

const _: () = assert!(size_of::<Connection>() <= 400, "an idle connection costs 400 bytes at the most");

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
    /// A connection whose opening handshake was made elsewhere, by an HTTP library for example. Otherwise
    /// [`server::Handshake`](crate::server::Handshake) and [`client::Handshake`](crate::client::Handshake) lead to one.
    #[must_use]
    pub fn new(role: Role, config: &Arc<Config>) -> Self {
        Self::opened(role, config, Vec::new())
    }

    /// `first` goes out before anything else: the server's answer to the opening handshake.
    pub(crate) fn opened(role: Role, config: &Arc<Config>, first: Vec<u8>) -> Self {
        Self {
            config: config.clone(),
            receiver: Receiver::new(role),
            sender: Sender::new(role),
            output: Output::starting_with(first),
            phase: Phase::Open,
            timers: Timers::default(),
            position_at_tick: 0,
            closure: None,
        }
    }

    // ---- bytes in

    /// Takes bytes off the front of `input` and returns the next event, or `None` once `input` is used up.
    ///
    /// Payloads that lie whole in `input` are unmasked there and lent. What is left over of a message is kept here, so
    /// the buffer is free for the next read, of this connection or of another.
    ///
    /// It cannot fail: when the peer breaks a rule, that is the last event, [`Event::Failed`], and the Close frame is in
    /// the [`output`](Self::output) already. Pongs, and the answer to a Close frame, are queued there too. After the last
    /// event all input is discarded (RFC 6455 §1.4, §7.1.7).
    ///
    /// The slice must live outside of the loop: `while let Some(event) = connection.receive(&mut &mut buffer[..n])`
    /// compiles, and receives the same bytes for ever.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Role};
    /// # let mut connection = Connection::new(Role::Client, &std::sync::Arc::new(Config::default()));
    /// let mut buffer = *b"\x81\x05Hello\x89\x00";
    /// let mut input = &mut buffer[..];
    /// assert_eq!(connection.receive(&mut input), Some(Event::Text("Hello".into())));
    /// assert!(matches!(connection.receive(&mut input), Some(Event::Ping(_))));
    /// assert_eq!(connection.receive(&mut input), None);
    /// ```
    #[expect(
        clippy::inline_always,
        reason = "without it, every event is copied, through memory that was just written in other widths: 5 ns"
    )]
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        if !self.phase.receives() {
            *input = &mut [];
            return None;
        }
        match self.receiver.receive_short(input, &self.config) {
            Some((false, payload)) => Some(Event::Binary(Payload::lent(payload))),
            Some((true, payload)) => match self.receiver.whole_text(payload) {
                Ok(text) => Some(Event::Text(text.into())),
                Err(error) => Some(self.fail(error, input)),
            },
            None => self.receive_any(input),
        }
    }

    #[inline(never)]
    fn receive_any<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        match self.receiver.receive(input, &self.config) {
            Ok(Some(event)) => Some(self.answer(event)),
            Ok(None) => None,
            Err(error) => Some(self.fail(error, input)),
        }
    }

    /// Answers what has to be answered.
    fn answer<'b>(&mut self, event: Event<'b>) -> Event<'b> {
        match &event {
            Event::Ping(payload) => self.sender.pong(payload, &mut self.output, &self.config),
            Event::Close(frame) => {
                let received = frame.clone().map_or_else(CloseFrame::without_body, CloseFrame::into_owned);
                let answer = received.answer(self.role());
                self.happened(Happening::CloseReceived, Side::Peer, Cause::Closed, answer);
                if let Some(closure) = &mut self.closure {
                    closure.received.get_or_insert(received);
                }
            }
            _ => {}
        }
        event
    }

    #[cold]
    fn fail(&mut self, error: ProtocolError, input: &mut &mut [u8]) -> Event<'static> {
        *input = &mut [];
        let close = CloseFrame { code: error.close_code(), reason: "".into() };
        self.happened(Happening::Violation, Side::Local, Cause::Protocol(error), close);
        Event::Failed(error)
    }

    /// The peer's half of the stream has ended: a read returned 0 bytes.
    ///
    /// Without a Close frame before it, that is an abnormal closure (§7.1.5): [`closure`](Self::closure) says in the
    /// middle of what the stream ended. What is queued can still be written.
    pub fn receive_eof(&mut self) {
        let cause = Cause::EndOfStream(self.receiver.during());
        self.happened(Happening::EndOfStream, Side::Peer, cause, CloseFrame::without_body());
    }

    /// The transport reported an error: nothing more can be read or written.
    pub fn transport_failed(&mut self) {
        self.happened(Happening::TransportFailed, Side::Peer, Cause::Transport, CloseFrame::without_body());
    }

    /// The second door: space in which to read a part of a large binary payload that is coming in, without the copy from
    /// a read buffer. `None` if there is no such payload, which is the normal case; then read into a buffer and call
    /// [`receive`](Self::receive).
    ///
    /// After bytes were put into it, call `receive`, with an empty slice: it returns the message if it is complete.
    pub fn assembly(&mut self) -> Option<Assembly<'_>> {
        if self.phase.receives() { self.receiver.assembly() } else { None }
    }

    // ---- messages out

    /// Queues a text message.
    ///
    /// # Errors
    ///
    /// [`Closing`](SendError::Closing) after a Close frame was sent or received, [`Full`](SendError::Full) if it does not
    /// fit under the limit on the output, [`InMessage`](SendError::InMessage) while a message that is sent in chunks is
    /// unfinished. Nothing was queued then.
    #[inline]
    pub fn send_text<'a>(&mut self, text: impl Into<Text<'a>>) -> Result<(), SendError> {
        self.send(Opcode::Text, text.into().into_data())
    }

    /// Queues a binary message. A server queues large [`Bytes`](bytes::Bytes) and `Vec`s as they are, without a copy.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<(), SendError> {
        self.send(Opcode::Binary, data.into())
    }

    #[inline]
    fn send(&mut self, kind: Opcode, data: Data<'_>) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.message(kind, data, &mut self.output, &self.config)
    }

    /// Queues a part of a text message, as a frame of its own; `last` ends the message (§5.4). Pings, pongs and a Close
    /// frame can go in between.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and [`ChunkKind`](SendError::ChunkKind) if the message is binary.
    pub fn send_text_chunk<'a>(&mut self, text: impl Into<Text<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Text, text.into().into_data(), last)
    }

    /// Queues a part of a binary message, as a frame of its own; `last` ends the message (§5.4).
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and [`ChunkKind`](SendError::ChunkKind) if the message is text.
    pub fn send_binary_chunk<'a>(&mut self, data: impl Into<Data<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Binary, data.into(), last)
    }

    fn send_chunk(&mut self, kind: Opcode, data: Data<'_>, last: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.chunk(kind, data, last, &mut self.output, &self.config)
    }

    /// Queues a message that was encoded once for many connections.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.prepared(message, &mut self.output, &self.config)
    }

    /// Queues a ping of up to 125 bytes, also between the chunks of a message (§5.5.2).
    ///
    /// # Errors
    ///
    /// [`ControlTooLong`](SendError::ControlTooLong), [`Closing`](SendError::Closing) or [`Full`](SendError::Full).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Ping, payload, &mut self.output, &self.config)
    }

    /// Queues a pong that nobody asked for, of up to 125 bytes: a one-way heartbeat (§5.5.3). Pings are answered without
    /// it.
    ///
    /// # Errors
    ///
    /// As for [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Pong, payload, &mut self.output, &self.config)
    }

    /// Begins the closing handshake (§7.1.2): queues a Close frame, after all that is queued already.
    ///
    /// What the peer sends until it answers is still received. Nothing can be sent any more. On a connection that is
    /// closing or closed already it does nothing. [`CloseCode::NO_STATUS`] sends a Close frame without a body.
    ///
    /// # Errors
    ///
    /// [`InvalidClose`] if the code must not be sent, or the reason is too long. Then nothing has changed.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), InvalidClose> {
        let frame = CloseFrame::to_send(code, reason, self.role())?;
        self.happened(Happening::CloseCalled, Side::Local, Cause::Closed, frame);
        Ok(())
    }

    fn check_open(&self) -> Result<(), SendError> {
        if self.phase == Phase::Open { Ok(()) } else { Err(SendError::Closing) }
    }

    // ---- bytes out

    /// What is to be written.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// How many bytes are queued and not yet written: the browser's `bufferedAmount`, frame headers included.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.output.len()
    }

    // ---- time

    /// Tells the connection what time it is: sends a ping if one is due, ends the connection if the peer is overdue.
    /// Returns how long it can wait for the next call if nothing arrives until then; `None` is for ever, and it is never
    /// zero.
    ///
    /// Call it once for all that one read brought, before writing: it may queue output. A deadline for the peer's silence
    /// fires only at the second call after it has passed, so that a driver that was busy reads first what lies in the
    /// socket.
    #[must_use = "the time until the next call"]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        let activity = self.activity();
        if self.phase == Phase::Open {
            self.timers.arm_open(now, activity, &self.config.deadlines);
        }
        for timer in Timer::ALL {
            if self.timers.fires(timer, now) {
                self.fire(timer, now);
            }
        }
        if self.is_closed() {
            return None;
        }
        if self.phase != Phase::Open {
            self.timers.arm_closing(now, &self.config.deadlines);
        }
        self.timers.arm_release(now, activity, self.output.holds_space());
        self.timers.wait(now)
    }

    fn activity(&mut self) -> Activity {
        self.receiver.settle();
        let position = self.receiver.position();
        let heard = position != core::mem::replace(&mut self.position_at_tick, position);
        let (received, sent) = (self.receiver.take_message_seen(), self.sender.take_message_seen());
        Activity { heard, message: received || sent, output: self.output.take_used() }
    }

    fn fire(&mut self, timer: Timer, now: Timestamp) {
        match timer {
            // It may have become due while the connection ended: nothing follows a Close frame.
            Timer::Ping if self.phase != Phase::Open => {}
            Timer::Ping => {
                // If the output is full the ping could not leave anyway; the deadline for an answer counts all the same.
                let _ = self.sender.control(Opcode::Ping, &[], &mut self.output, &self.config);
                self.timers.arm_pong(now, &self.config.deadlines);
            }
            Timer::Pong => self.silence(Deadline::Pong, CloseCode::INTERNAL_ERROR, "no answer to a ping"),
            Timer::Idle => self.silence(Deadline::Idle, CloseCode::GOING_AWAY, "idle for too long"),
            Timer::Close => {
                let cause = Cause::Deadline(Deadline::Close);
                self.happened(Happening::CloseDeadline, Side::Local, cause, CloseFrame::without_body());
            }
            Timer::Release => self.output.release(),
        }
    }

    fn silence(&mut self, deadline: Deadline, code: CloseCode, reason: &'static str) {
        let close = CloseFrame { code, reason: reason.into() };
        self.happened(Happening::Silence, Side::Local, Cause::Deadline(deadline), close);
    }

    // ---- where it stands

    /// Open, closing or closed.
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

    /// How the connection ended: `None` until that is certain.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        // Whether it is clean shows only when our Close frame has left.
        let is_certain = |closure: &&Closure| self.output.is_empty() || !closure.is_clean();
        self.closure.as_deref().filter(|_| self.phase.is_settled()).filter(is_certain)
    }

    /// Which end this is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sender.role()
    }

    /// Does what the table says. `close` is the frame to send if one is to be sent.
    fn happened(&mut self, happening: Happening, side: Side, cause: Cause, close: CloseFrame<'_>) {
        let before = self.phase;
        let (phase, action) = closing::next(before, happening);
        self.phase = phase;
        if phase != before {
            let during = self.receiver.during();
            if !phase.receives() {
                self.receiver.discard();
            }
            let closure = self.closure.get_or_insert_with(|| Box::new(Closure::new(side, cause)));
            if before.receives() {
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

    /// Whether the second door has completed a frame that [`receive`](Self::receive) has not looked at.
    #[cfg(feature = "std")]
    pub(crate) fn holds_frame(&mut self) -> bool {
        self.phase.receives() && self.receiver.holds_frame()
    }
}
