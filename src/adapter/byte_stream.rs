//! A connection as a stream of bytes: what the `ByteStream`s of both adapters share.

use super::{Error, link::Link};
use crate::{
    Cause, CloseCode, Connection, Delivery, Event, Interrupted, Message, SendError, bug::OrBug, frame::MAX_HEADER_LEN,
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use core::mem;
use std::io;

/// The maximum size of a message that a write makes, in bytes. It is far below the message limit of all peers, and so large that
/// headers cost nothing.
const MAX_MESSAGE: usize = 64 * 1024;

/// The close reason after a text message. It is for the developer of the peer.
const TEXT_REASON: &str = "only binary messages are accepted";

/// The bytes that were received and not yet read.
#[derive(Debug)]
pub(super) struct Unread {
    bytes: Bytes,
    /// Whether the peer has sent a text message. Then nothing more is read.
    has_text: bool,
    /// How the connection delivered messages before.
    delivery: Delivery,
}

impl Unread {
    /// Makes the connection deliver chunks, so that bytes can be read as soon as they arrive, and messages may have any size.
    pub(super) fn begin(link: &mut Link) -> Self {
        let delivery = link.connection.config().delivery;
        let begun = link.connection.set_delivery(Delivery::Chunks);
        if !begun.is_empty() {
            link.inbox.push(Event::BinaryChunk { data: begun.into(), last: false });
        }
        Self { bytes: Bytes::new(), has_text: false, delivery }
    }

    /// Makes the connection deliver messages as before. What was received and not read comes first.
    pub(super) fn end(self, link: &mut Link) {
        link.connection.set_delivery(self.delivery);
        let mut events = VecDeque::from(mem::take(&mut link.inbox));
        if !self.bytes.is_empty() {
            events.push_front(Event::BinaryChunk { data: Vec::from(self.bytes).into(), last: false });
        }
        let as_before = |event| if self.delivery == Delivery::Messages { whole(event) } else { event };
        link.inbox = events.into_iter().map(as_before).collect();
    }

    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Removes the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.bytes.advance(count.min(self.bytes.len()));
    }

    /// Whether the next message has to be received before bytes can be read.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.has_text
    }

    /// Whether reads fail because the peer has sent a text message.
    pub(super) const fn has_text(&self) -> bool {
        self.has_text
    }

    /// Accepts a message, or a chunk of one, when all bytes before it are read. A text message begins to close the connection.
    pub(super) fn accept(&mut self, message: Message, connection: &mut Connection) {
        if message.is_binary() {
            self.bytes = message.into_data();
        } else {
            self.has_text = true;
            connection.close(CloseCode::UNSUPPORTED_DATA, TEXT_REASON).or_bug();
        }
    }
}

/// Turns a chunk into a whole message.
fn whole(event: Event<'static>) -> Event<'static> {
    match event {
        Event::BinaryChunk { data, .. } => Event::Binary(data),
        Event::TextChunk { text, .. } => Event::Text(text),
        other => other,
    }
}

/// Returns the part of `bytes` that the next message has.
pub(super) fn first_part<'a>(bytes: &'a [u8], connection: &Connection) -> &'a [u8] {
    let largest = connection.config().limits.output.saturating_sub(MAX_HEADER_LEN).clamp(1, MAX_MESSAGE);
    bytes.get(..largest).unwrap_or(bytes)
}

/// Returns the result of a read after a normal end of the connection: an error if the last message was cut off, as a stream that
/// is not complete must not look like one that is.
pub(super) fn end_of_stream(link: &Link) -> io::Result<()> {
    match link.connection.closure() {
        Some(closure) if closure.interrupted() != Interrupted::Nothing => {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, Error::Closed(Box::new(closure.clone()))))
        }
        _ => Ok(()),
    }
}

/// Creates the error of a read after the peer has sent a text message.
pub(super) fn text_received() -> io::Error {
    let text = "received a text message, but a ByteStream accepts only binary messages: the connection is closed with \
                code 1003";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

pub(super) fn read_error(error: Error) -> io::Error {
    io::Error::new(kind(&error), error)
}

pub(super) fn write_error(error: Error) -> io::Error {
    let kind = match &error {
        Error::Closed(closure) if matches!(closure.cause(), Cause::Closed | Cause::EndOfStream(_)) => {
            io::ErrorKind::BrokenPipe
        }
        error => kind(error),
    };
    io::Error::new(kind, error)
}

fn kind(error: &Error) -> io::ErrorKind {
    match error {
        Error::Io(error) => error.kind(),
        Error::Closed(closure) => match closure.cause() {
            Cause::Closed => io::ErrorKind::ConnectionAborted,
            Cause::Protocol(_) => io::ErrorKind::InvalidData,
            Cause::Deadline(_) => io::ErrorKind::TimedOut,
            Cause::EndOfStream(_) => io::ErrorKind::UnexpectedEof,
            Cause::Transport => io::ErrorKind::ConnectionReset,
        },
        Error::Send(SendError::Closing) => io::ErrorKind::BrokenPipe,
        Error::Send(_) => io::ErrorKind::InvalidInput,
        _ => io::ErrorKind::Other,
    }
}
