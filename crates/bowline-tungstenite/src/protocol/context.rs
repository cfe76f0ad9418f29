use super::{CloseFrame, Message, Role, WebSocketConfig};
use crate::Result;
use bowline::Connection;
use std::io::{Read, Write};

/// A connection without its stream, which each call gets instead. Most programs use [`WebSocket`](super::WebSocket).
#[derive(Debug)]
pub struct WebSocketContext {
    connection: Connection,
    config: WebSocketConfig,
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
        Self::from_connection(Connection::new(role.into(), config.for_bowline(role)), part, config)
    }

    /// Creates the context of a connection that the opening handshake returned, with the bytes behind the handshake.
    pub(crate) fn from_connection(connection: Connection, part: Vec<u8>, config: WebSocketConfig) -> Self {
        let _ = part;
        Self { connection, config }
    }
}

#[expect(missing_docs, clippy::missing_errors_doc, reason = "skeleton")]
impl WebSocketContext {
    pub fn read<Stream: Read + Write>(&mut self, _stream: &mut Stream) -> Result<Message> {
        Err(crate::Error::AlreadyClosed)
    }
    pub fn close<Stream: Read + Write>(&mut self, _stream: &mut Stream, _code: Option<CloseFrame>) -> Result<()> {
        Err(crate::Error::AlreadyClosed)
    }
}
