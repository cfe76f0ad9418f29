use super::{CloseFrame, Message, Role, WebSocketConfig, WebSocketContext};
use crate::Result;
use bowline::Closure;
#[cfg(feature = "handshake")]
use bowline::Connection;
use std::io::{Read, Write};

/// A WebSocket connection over a blocking or non-blocking stream: any `Read + Write`.
///
/// On a non-blocking stream, a call that cannot continue returns [`Error::Io`](crate::Error::Io) with
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock). Repeat it when the stream is ready: nothing is lost.
///
/// ```
/// use bowline_tungstenite::{Error, Message, WebSocket, protocol::Role};
/// use std::io::Cursor;
///
/// let from_server = Cursor::new(b"\x81\x05Hello\x88\x00".to_vec());
/// let mut socket = WebSocket::from_raw_socket(from_server, Role::Client, None);
/// assert_eq!(socket.read()?, Message::text("Hello"));
/// assert_eq!(socket.read()?, Message::Close(None));
/// # Ok::<(), Error>(())
/// ```
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
    #[cfg(feature = "handshake")]
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

impl<Stream> WebSocket<Stream> {
    /// Changes the configuration. The extensions and deadlines stay as they are.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is then not larger than `write_buffer_size`, as the original does.
    pub fn set_config(&mut self, set_func: impl FnOnce(&mut WebSocketConfig)) {
        self.context.set_config(set_func);
    }

    /// Returns the configuration.
    pub const fn get_config(&self) -> &WebSocketConfig {
        self.context.get_config()
    }

    /// Returns whether messages can be read: until the peer's Close frame has arrived. The peer may send messages also after our
    /// Close frame.
    pub const fn can_read(&self) -> bool {
        self.context.can_read()
    }

    /// Returns whether messages can be written: until a Close frame was sent or has arrived.
    pub const fn can_write(&self) -> bool {
        self.context.can_write()
    }

    /// Returns how the connection ended, or `None` until that is certain: which end closed it, with which code, and whether it was
    /// clean. The original has no such method.
    pub fn closure(&self) -> Option<&Closure> {
        self.context.closure()
    }
}

impl<Stream: Read + Write> WebSocket<Stream> {
    /// Reads a message, a ping, a pong or the peer's Close frame.
    ///
    /// A ping is answered by the next call of `read`, `write` or `flush`. A Close frame is answered at once. After it, call `read`
    /// until it returns [`Error::ConnectionClosed`](crate::Error::ConnectionClosed): on a server that is the next call, and on a
    /// client when the server has closed the stream.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectionClosed`](crate::Error::ConnectionClosed) after a closing handshake,
    /// [`AlreadyClosed`](crate::Error::AlreadyClosed) after that, [`Io`](crate::Error::Io) if the stream fails, or is not ready, and
    /// [`Protocol`](crate::Error::Protocol), [`Utf8`](crate::Error::Utf8) or [`Capacity`](crate::Error::Capacity) if the peer broke a
    /// rule or exceeded a limit. The connection has then ended, and the peer was sent a Close frame with the reason.
    pub fn read(&mut self) -> Result<Message> {
        self.context.read(&mut self.socket)
    }

    /// Writes a message, and flushes the stream: [`write`](Self::write) and [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// Returns the errors of both. After [`WouldBlock`](std::io::ErrorKind::WouldBlock), the message is queued: call `flush` again,
    /// and not `send`.
    pub fn send(&mut self, message: Message) -> Result<()> {
        self.write(message)?;
        self.flush()
    }

    /// Queues a message. If more than `write_buffer_size` bytes are then queued, they are written to the stream.
    ///
    /// To be sure that the message is sent, call [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// Returns [`WriteBufferFull`](crate::Error::WriteBufferFull) with the message if it does not fit,
    /// [`SendAfterClosing`](crate::error::ProtocolError::SendAfterClosing) after a Close frame was sent or has arrived,
    /// [`AlreadyClosed`](crate::Error::AlreadyClosed) after the end, and [`Io`](crate::Error::Io) if the stream fails, or is not
    /// ready. In the last case, the message is queued.
    pub fn write(&mut self, message: Message) -> Result<()> {
        self.context.write(&mut self.socket, message)
    }

    /// Writes everything that is queued, and flushes the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Io`](crate::Error::Io) if the stream fails, or is not ready, or if a [deadline](WebSocketConfig::deadlines) has
    /// ended the connection, and [`ConnectionClosed`](crate::Error::ConnectionClosed) on a server whose closing handshake is over.
    pub fn flush(&mut self) -> Result<()> {
        self.context.flush(&mut self.socket)
    }

    /// Begins the closing handshake, and flushes. Then call [`read`](Self::read) until it returns
    /// [`Error::ConnectionClosed`](crate::Error::ConnectionClosed).
    ///
    /// A code that must not be sent is left out, and a reason of more than 123 bytes is cut. On a connection that is closing, the
    /// call only flushes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`flush`](Self::flush). The Close frame is queued in any case.
    pub fn close(&mut self, code: Option<CloseFrame>) -> Result<()> {
        self.context.close(&mut self.socket, code)
    }

    /// The old name of [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read`](Self::read).
    #[deprecated(note = "use `read`")]
    pub fn read_message(&mut self) -> Result<Message> {
        self.read()
    }

    /// The old name of [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    #[deprecated(note = "use `send`")]
    pub fn write_message(&mut self, message: Message) -> Result<()> {
        self.send(message)
    }

    /// The old name of [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`flush`](Self::flush).
    #[deprecated(note = "use `flush`")]
    pub fn write_pending(&mut self) -> Result<()> {
        self.flush()
    }
}
