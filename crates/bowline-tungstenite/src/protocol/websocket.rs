use super::{Role, WebSocketConfig, WebSocketContext};
use bowline::Connection;

/// A WebSocket connection over a blocking or non-blocking stream.
#[derive(Debug)]
pub struct WebSocket<Stream> {
    socket: Stream,
    context: WebSocketContext,
}

impl<Stream> WebSocket<Stream> {
    /// Creates a connection over a stream whose opening handshake is over.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    pub fn from_raw_socket(stream: Stream, role: Role, config: Option<WebSocketConfig>) -> Self {
        Self { socket: stream, context: WebSocketContext::new(role, config) }
    }

    /// Creates a connection as [`from_raw_socket`](Self::from_raw_socket) does, with bytes that were read already.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    pub fn from_partially_read(stream: Stream, part: Vec<u8>, role: Role, config: Option<WebSocketConfig>) -> Self {
        Self { socket: stream, context: WebSocketContext::from_partially_read(part, role, config) }
    }

    /// Creates a connection from what the opening handshake returned: `part` has the bytes behind it.
    pub(crate) fn from_connection(
        stream: Stream,
        connection: Connection,
        part: Vec<u8>,
        config: WebSocketConfig,
    ) -> Self {
        Self { socket: stream, context: WebSocketContext::from_connection(connection, part, config) }
    }

    /// Returns the stream. Bytes that were read but not returned as messages, and messages that are not written, are lost.
    pub fn into_inner(self) -> Stream {
        self.socket
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &Stream {
        &self.socket
    }

    /// Returns the stream, to change its settings.
    pub const fn get_mut(&mut self) -> &mut Stream {
        &mut self.socket
    }
}
