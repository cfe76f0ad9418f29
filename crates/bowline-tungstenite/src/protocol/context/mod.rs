mod deadlines;
mod sending;

use super::{
    CloseFrame, Message, Role, WebSocketConfig,
    clock::Clock,
    frame::{Utf8Bytes, coding::CloseCode},
    raw_frame::Fragments,
    read_buffer::ReadBuffer,
    violation,
    writer::Writer,
};
use crate::{Error, Result, error::ProtocolError};
use bowline::{Closure, Connection, Event, Input, Violation};
use std::io::{self, Read, Write};

/// The most bytes that are read and discarded behind the peer's Close frame. The peer must not send any, and without a bound one that
/// does would occupy a blocking `read` for as long as it likes.
const MAX_DISCARDED: usize = 64 * 1024;

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
    /// The number of bytes that were read behind the peer's Close frame.
    discarded: usize,
    writer: Writer,
    fragments: Fragments,
    clock: Option<Box<Clock>>,
    config: WebSocketConfig,
}

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
            discarded: 0,
            writer: Writer::default(),
            fragments: Fragments::default(),
            clock: config.deadlines.map(|_| Box::new(Clock::new())),
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

    /// Reads a message. See [`WebSocket::read`](super::WebSocket::read).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::read`](super::WebSocket::read).
    pub fn read<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<Message> {
        if let Some(early) = self.clock.as_mut().and_then(|clock| clock.early.take()) {
            return early;
        }
        if self.state == State::Terminated {
            self.write_last(stream);
            return Err(Error::AlreadyClosed);
        }
        loop {
            if let Err(timed_out) = self.tick() {
                self.state = State::Terminated;
                return Err(timed_out);
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
            // The stream may have refused our Close frame, or messages before it.
            self.must_flush |= self.connection.buffered_amount() > 0;
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

    /// Writes the Close frame of a violation, if the stream did not accept it at once. Errors do not matter: the connection has
    /// failed, and its error is reported.
    pub(crate) fn write_last<Stream: Write>(&mut self, stream: &mut Stream) {
        if self.must_flush {
            self.must_flush = self.write_and_flush(stream).is_err();
        }
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
            Ok(count) if !self.state.can_read() => {
                self.discarded = self.discarded.saturating_add(count);
                if self.discarded > MAX_DISCARDED {
                    self.state = State::Terminated;
                    return Err(ProtocolError::ReceivedAfterClosing.into());
                }
                Ok(())
            }
            Ok(_) => Ok(()),
            // The closing handshake is over, so nothing is lost.
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
}
