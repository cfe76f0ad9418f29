use super::{
    CloseFrame, Message, Role, WebSocketConfig,
    clock::Clock,
    frame::{
        Frame, FrameHeader, Utf8Bytes,
        coding::{CloseCode, Data, OpCode},
    },
    raw_frame::{self, Fragments, Raw},
    read_buffer::ReadBuffer,
    violation,
    writer::Writer,
};
use crate::{Error, Result, error::ProtocolError};
use bowline::{Closure, Connection, Event, Input, Violation};
use std::{
    io::{self, Read, Write},
    time::Duration,
};

/// A connection without its stream, which each call gets instead. Most programs use [`WebSocket`](super::WebSocket).
#[derive(Debug)]
pub struct WebSocketContext {
    connection: Connection,
    role: Role,
    state: State,
    input: ReadBuffer,
    /// Whether the first byte of the next input begins a frame, and no message is unfinished before it.
    at_boundary: bool,
    /// Whether there is something that this end queued by itself, such as a pong: the next call writes and flushes it.
    must_flush: bool,
    writer: Writer,
    fragments: Fragments,
    clock: Option<Box<Clock>>,
    /// The number of bytes that arrived after the peer's Close frame.
    discarded: usize,
    config: WebSocketConfig,
}

/// How many bytes may arrive after the peer's Close frame. They are discarded (RFC 6455 §1.4), but a peer that sends without end
/// must not keep a call of `read` indefinitely.
const MAX_DISCARDED: usize = 64 * 1024;

/// How far the closing handshake is, with the phases of the original, on which its results depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    ClosedByUs,
    ClosedByPeer,
    CloseAcknowledged,
    Terminated,
}

impl State {
    /// The peer may still send messages after our Close frame, until its own arrives.
    const fn can_read(self) -> bool {
        matches!(self, Self::Active | Self::ClosedByUs)
    }
}

impl WebSocketContext {
    /// Creates the context of a connection whose opening handshake is over.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    #[must_use]
    pub fn new(role: Role, config: Option<WebSocketConfig>) -> Self {
        Self::from_partially_read(Vec::new(), role, config)
    }

    /// Creates a context as [`new`](Self::new) does, with bytes that were read already.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    #[must_use]
    pub fn from_partially_read(part: Vec<u8>, role: Role, config: Option<WebSocketConfig>) -> Self {
        let config = config.unwrap_or_default();
        let connection = Connection::new(role.into(), config.for_bowline(role));
        #[cfg(feature = "deflate")]
        let connection = match config.extensions.permessage_deflate {
            Some(deflate) => connection.with_agreement(deflate.options(role).agreement(role.into())),
            None => connection,
        };
        Self::from_connection(connection, part, config)
    }

    /// Creates the context of a connection that the opening handshake returned, with the bytes behind the handshake.
    pub(crate) fn from_connection(connection: Connection, part: Vec<u8>, config: WebSocketConfig) -> Self {
        config.assert_valid();
        Self {
            role: match connection.role() {
                bowline::Role::Server => Role::Server,
                bowline::Role::Client => Role::Client,
            },
            must_flush: connection.buffered_amount() > 0,
            connection,
            state: State::Active,
            input: ReadBuffer::with(part),
            at_boundary: true,
            writer: Writer::default(),
            fragments: Fragments::default(),
            clock: config.deadlines.map(|_| Box::new(Clock::new())),
            discarded: 0,
            config,
        }
    }

    /// Changes the configuration. The extensions and deadlines stay as they are.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is then not larger than `write_buffer_size`, as the original does.
    pub fn set_config(&mut self, set_func: impl FnOnce(&mut WebSocketConfig)) {
        set_func(&mut self.config);
        self.config.assert_valid();
        let mut limits = self.connection.config().limits;
        self.config.apply_limits(&mut limits);
        self.connection.set_limits(limits);
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn get_config(&self) -> &WebSocketConfig {
        &self.config
    }

    /// Returns whether messages can be read: until the peer's Close frame has arrived.
    #[must_use]
    pub const fn can_read(&self) -> bool {
        self.state.can_read()
    }

    /// Returns whether messages can be written: until a Close frame was sent or has arrived.
    #[must_use]
    pub const fn can_write(&self) -> bool {
        matches!(self.state, State::Active)
    }

    /// Returns how the connection ended, or `None` until that is certain. The original has no such method.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.connection.closure()
    }

    /// Returns the time until a deadline, if there is one.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.clock.as_ref().and_then(|clock| clock.wait)
    }

    /// Reads a message. See [`WebSocket::read`](super::WebSocket::read).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::read`](super::WebSocket::read).
    pub fn read<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<Message> {
        if self.state == State::Terminated {
            // The Close frame after a violation, if it could not be written before.
            if self.must_flush {
                self.must_flush = self.write_and_flush(stream).is_err();
            }
            return Err(Error::AlreadyClosed);
        }
        loop {
            if let Err(error) = self.tick() {
                // Reported once by each of `read` and the calls that write, as two tasks may use them.
                self.state = State::Terminated;
                return Err(error);
            }
            if self.must_flush {
                match self.flush(stream) {
                    // The peer may have to be read before it reads. The next call tries again.
                    Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => result?,
                }
            } else if self.role == Role::Server && !self.state.can_read() {
                self.state = State::Terminated;
                return Err(Error::ConnectionClosed);
            }
            if let Some(message) = self.next_message(stream)? {
                return Ok(message);
            }
            self.read_more(stream)?;
        }
    }

    /// Returns the next message in the bytes that were read, or `None` if there is none.
    #[inline]
    fn next_message<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<Option<Message>> {
        if !self.state.can_read() {
            return self.discard();
        }
        let mut input = Input::from(self.input.unread());
        let event = self.connection.receive(&mut input);
        let left = input.len();
        let message = match event {
            Some(Event::Text(text)) => Message::Text(text.into()),
            Some(Event::Binary(data)) => Message::Binary(data.into()),
            Some(Event::Failed(error)) => return self.fail(error, stream),
            Some(event) => {
                let event = event.into_owned();
                self.input.keep(left);
                self.at_boundary = true;
                return Ok(self.control(event, stream));
            }
            None => {
                self.at_boundary &= self.input.is_empty();
                self.input.keep(0);
                return Ok(None);
            }
        };
        self.at_boundary = true;
        self.input.keep(left);
        Ok(Some(message))
    }

    /// Discards what arrives after the peer's Close frame.
    fn discard(&mut self) -> Result<Option<Message>> {
        self.discarded = self.discarded.saturating_add(self.input.unread().len());
        self.input.keep(0);
        if self.discarded > MAX_DISCARDED {
            self.state = State::Terminated;
            return Err(ProtocolError::ReceivedAfterClosing.into());
        }
        Ok(None)
    }

    /// Returns the message for a control frame.
    #[cold]
    fn control<Stream: Read + Write>(&mut self, event: Event<'static>, stream: &mut Stream) -> Option<Message> {
        match event {
            Event::Ping(data) => {
                self.must_flush = true;
                Some(Message::Ping(data.into()))
            }
            Event::Pong(data) => Some(Message::Pong(data.into())),
            Event::Close(frame) => {
                let frame = frame.map(|bowline::CloseFrame { code, reason }| CloseFrame {
                    code: code.into(),
                    reason: reason.into(),
                });
                self.close_received(stream);
                Some(Message::Close(frame))
            }
            _ => None,
        }
    }

    /// Records the peer's Close frame. If it is not the answer to ours, its answer is written at once: the original leaves that to
    /// the next call, which many programs do not make.
    fn close_received<Stream: Read + Write>(&mut self, stream: &mut Stream) {
        if self.state == State::ClosedByUs {
            self.state = State::CloseAcknowledged;
            // Ours, and messages before it, may still be queued.
            self.must_flush |= self.queued() > 0;
        } else {
            self.state = State::ClosedByPeer;
            self.must_flush = self.write_and_flush(stream).is_err();
        }
    }

    /// Reports a violation. Its Close frame is written at once, since most programs drop the connection now. The original sends
    /// none.
    #[cold]
    fn fail<Stream: Read + Write>(
        &mut self,
        error: bowline::ProtocolError,
        stream: &mut Stream,
    ) -> Result<Option<Message>> {
        let unread = if self.at_boundary { &*self.input.unread() } else { &[] };
        let reported = violation::error(error, unread);
        self.input.keep(0);
        if let Violation::InvalidCloseCode(_) = error.violation() {
            // The peer closes the connection anyway, and the original returns this instead of an error.
            self.close_received(stream);
            let reason = Utf8Bytes::from_static("Protocol violation");
            return Ok(Some(Message::Close(Some(CloseFrame { code: CloseCode::Protocol, reason }))));
        }
        self.state = State::Terminated;
        self.must_flush = self.write_and_flush(stream).is_err();
        Err(reported)
    }

    /// Reads once, directly into an unfinished message if possible.
    fn read_more<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<()> {
        let direct = self.connection.direct_read(|space| space.read_from(&mut *stream));
        let read = match direct {
            Some(read) => read,
            None => self.input.fill(self.config.read_buffer_size, stream),
        };
        match read {
            Ok(0) => Err(self.end_of_stream()),
            Ok(_) => Ok(()),
            // The peer has what it waited for, and does not care how the stream ends.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !self.state.can_read() => {
                Err(Error::ConnectionClosed)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn end_of_stream(&mut self) -> Error {
        self.connection.receive_eof();
        let before = std::mem::replace(&mut self.state, State::Terminated);
        match before {
            State::ClosedByPeer | State::CloseAcknowledged => Error::ConnectionClosed,
            _ => ProtocolError::ResetWithoutClosingHandshake.into(),
        }
    }

    /// Queues a message, and writes if much is queued. See [`WebSocket::write`](super::WebSocket::write).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::write`](super::WebSocket::write).
    pub fn write<Stream: Read + Write>(&mut self, stream: &mut Stream, message: Message) -> Result<()> {
        self.tick()?;
        match self.state {
            State::Active => {}
            State::Terminated => return Err(Error::AlreadyClosed),
            _ => return Err(ProtocolError::SendAfterClosing.into()),
        }
        if let Message::Close(frame) = message {
            return self.close(stream, frame);
        }
        let message = self.check_space(message)?;
        match message {
            Message::Text(text) => self.connection.send_text(text.into_text()).map_err(raw_frame::error)?,
            Message::Binary(data) => self.connection.send_binary(data).map_err(raw_frame::error)?,
            Message::Ping(data) => self.connection.ping(&data).map_err(raw_frame::error)?,
            Message::Pong(data) => self.connection.pong(&data).map_err(raw_frame::error)?,
            Message::Close(frame) => return self.close(stream, frame),
            Message::Frame(frame) => match self.fragments.send(&mut self.connection, frame)? {
                Raw::Queued => {}
                Raw::Close(payload) => return self.close(stream, close_frame(&payload)?),
            },
        }
        if self.queued() > self.config.write_buffer_size {
            self.writer.write_all(self.connection.output(), stream)?;
        }
        if self.must_flush { self.flush(stream) } else { Ok(()) }
    }

    /// Returns the message, or an error with it if it does not fit into the output.
    #[inline]
    fn check_space(&self, message: Message) -> Result<Message> {
        let limit = self.config.max_write_buffer_size;
        if limit == usize::MAX {
            return Ok(message);
        }
        let mask = if self.role == Role::Client { 4 } else { 0 };
        let frame_len = match &message {
            Message::Frame(frame) => FrameHeader::default().len(frame.payload().len() as u64) + frame.payload().len(),
            message => FrameHeader::default().len(message.len() as u64) + message.len(),
        };
        if mask + frame_len <= limit.saturating_sub(self.queued()) {
            return Ok(message);
        }
        let frame = match message {
            Message::Text(text) => Frame::message(text, OpCode::Data(Data::Text), true),
            Message::Binary(data) => Frame::message(data, OpCode::Data(Data::Binary), true),
            Message::Ping(data) => Frame::ping(data),
            Message::Pong(data) => Frame::pong(data),
            Message::Close(frame) => Frame::close(frame),
            Message::Frame(frame) => frame,
        };
        Err(Error::WriteBufferFull(Box::new(Message::Frame(frame))))
    }

    /// Writes everything that is queued, and flushes the stream. See [`WebSocket::flush`](super::WebSocket::flush).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::flush`](super::WebSocket::flush).
    pub fn flush<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<()> {
        self.tick()?;
        self.write_and_flush(stream)?;
        self.must_flush = false;
        if self.role == Role::Server && !self.state.can_read() {
            // Both Close frames are exchanged, and a server ends the stream first (RFC 6455 §7.1.1).
            self.state = State::Terminated;
            return Err(Error::ConnectionClosed);
        }
        Ok(())
    }

    fn write_and_flush<Stream: Write>(&mut self, stream: &mut Stream) -> Result<()> {
        self.writer.write_all(self.connection.output(), stream)?;
        Ok(stream.flush()?)
    }

    /// Begins the closing handshake, and flushes. See [`WebSocket::close`](super::WebSocket::close).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::close`](super::WebSocket::close).
    pub fn close<Stream: Read + Write>(&mut self, stream: &mut Stream, code: Option<CloseFrame>) -> Result<()> {
        if self.state == State::Active {
            self.state = State::ClosedByUs;
            self.queue_close(code);
        }
        self.flush(stream)
    }

    /// Queues a Close frame. A code that must not be sent is left out, with its reason, and a reason that is too long is cut: a Close
    /// frame that the peer must refuse would not tell it anything either.
    fn queue_close(&mut self, frame: Option<CloseFrame>) {
        const MAX_REASON: usize = 123;
        let queued = frame.is_some_and(|CloseFrame { code, reason }| {
            let end = (0..=MAX_REASON.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
            let reason = reason.get(..end.unwrap_or(0)).unwrap_or_default();
            self.connection.close(code.into(), reason).is_ok()
        });
        if !queued {
            // Without a code, which is always possible.
            let _ = self.connection.close(bowline::CloseCode::NO_STATUS, "");
        }
    }

    /// Advances the clock, if there are deadlines.
    #[inline]
    fn tick(&mut self) -> Result<()> {
        let Some(clock) = &mut self.clock else { return Ok(()) };
        let queued = self.connection.buffered_amount();
        clock.tick(&mut self.connection)?;
        self.must_flush |= self.connection.buffered_amount() > queued;
        // A deadline for the peer has queued a Close frame.
        if self.state == State::Active && self.connection.state() != bowline::State::Open {
            self.state = State::ClosedByUs;
        }
        Ok(())
    }

    /// Returns the number of bytes that are not yet written.
    #[inline]
    fn queued(&self) -> usize {
        self.connection.buffered_amount().saturating_add(self.writer.len())
    }
}

/// Returns the content of a Close frame that the caller has built.
fn close_frame(payload: &[u8]) -> Result<Option<CloseFrame>> {
    match payload.split_first_chunk() {
        Some((code, reason)) => {
            Ok(Some(CloseFrame { code: u16::from_be_bytes(*code).into(), reason: str::from_utf8(reason)?.into() }))
        }
        None if payload.is_empty() => Ok(None),
        None => Err(ProtocolError::InvalidCloseSequence.into()),
    }
}
