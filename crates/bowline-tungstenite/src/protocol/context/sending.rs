//! Sending: messages, the closing handshake, and the end of a connection.

use super::{State, WebSocketContext};
use crate::{
    Error, Result,
    error::ProtocolError,
    protocol::{
        CloseFrame, Message, Role,
        frame::{
            Frame, FrameHeader,
            coding::{Data, OpCode},
        },
        raw_frame::{self, Raw},
    },
};
use std::io::{Read, Write};

impl WebSocketContext {
    /// Queues a message, and writes if much is queued. See [`WebSocket::write`](crate::protocol::WebSocket::write).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::write`](crate::protocol::WebSocket::write).
    pub fn write<Stream: Read + Write>(&mut self, stream: &mut Stream, message: Message) -> Result<()> {
        match self.state {
            State::Active => {}
            state => {
                self.check_deadline()?;
                return Err(match state {
                    State::Terminated => Error::AlreadyClosed,
                    _ => ProtocolError::SendAfterClosing.into(),
                });
            }
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
        if self.connection.buffered_amount() > self.config.write_buffer_size {
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
        if mask + frame_len <= limit.saturating_sub(self.connection.buffered_amount()) {
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

    /// Writes everything that is queued, and flushes the stream. See [`WebSocket::flush`](crate::protocol::WebSocket::flush).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::flush`](crate::protocol::WebSocket::flush).
    pub fn flush<Stream: Read + Write>(&mut self, stream: &mut Stream) -> Result<()> {
        self.check_deadline()?;
        self.write_and_flush(stream)?;
        self.must_flush = false;
        if self.role == Role::Server && !self.state.can_read() {
            // Both Close frames are exchanged, and a server ends the stream first (RFC 6455 §7.1.1).
            self.state = State::Terminated;
            return Err(Error::ConnectionClosed);
        }
        Ok(())
    }

    pub(super) fn write_and_flush<Stream: Write>(&mut self, stream: &mut Stream) -> Result<()> {
        self.writer.write_all(self.connection.output(), stream)?;
        Ok(stream.flush()?)
    }

    /// Begins the closing handshake, and flushes. See [`WebSocket::close`](crate::protocol::WebSocket::close).
    ///
    /// # Errors
    ///
    /// See [`WebSocket::close`](crate::protocol::WebSocket::close).
    pub fn close<Stream: Read + Write>(&mut self, stream: &mut Stream, code: Option<CloseFrame>) -> Result<()> {
        if self.state == State::Active {
            self.state = State::ClosedByUs;
            self.queue_close(code);
        }
        self.flush(stream)
    }

    /// Queues a Close frame. A code that must not be sent is left out, with its reason, and a reason that is too long is cut: the peer
    /// would have to refuse the frame, and could not use its reason either.
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
