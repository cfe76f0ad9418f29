//! Messages out.

use super::{Connection, Prepared, transitions::Phase};
use crate::{Data, Message, Outgoing, SendError, Text, frame::Opcode};
#[cfg(feature = "std")]
use crate::{State, frame::MAX_HEADER_LEN};

impl Connection {
    /// Queues a message of any kind: text, binary, or a chunk of either.
    ///
    /// It accepts everything that converts to a [`Message`]. For borrowed contents, [`send_text`](Self::send_text) and
    /// [`send_binary`](Self::send_binary) avoid the copy to a message.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Message, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send("text")?;
    /// server.send(vec![1, 2, 3])?;
    /// server.send(Message::text("secret").uncompressed())?;
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text); a chunk as for [`send_text_chunk`](Self::send_text_chunk).
    pub fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), SendError> {
        let Outgoing { message, compress } = message.into();
        match message {
            Message::Text(text) => self.send_whole(Opcode::Text, text.into_data(), compress),
            Message::Binary(data) => self.send_whole(Opcode::Binary, data.into(), compress),
            Message::TextChunk { text, last } => self.send_chunk(Opcode::Text, text.into_data(), last, compress),
            Message::BinaryChunk { data, last } => self.send_chunk(Opcode::Binary, data.into(), last, compress),
        }
    }

    /// Queues a text message (§6.1).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_text("borrowed")?;
    /// server.send_text(String::from("owned"))?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x81\x08borrowed\x81\x05owned"); // one write
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closing`](SendError::Closing) after a Close frame was sent or received, [`Full`](SendError::Full) if the message would exceed
    /// the limit on the output, [`InMessage`](SendError::InMessage) while a message that is sent in chunks is unfinished. After an
    /// error, nothing was queued.
    #[inline]
    pub fn send_text<'a>(&mut self, text: impl Into<Text<'a>>) -> Result<(), SendError> {
        self.send_whole(Opcode::Text, text.into().into_data(), true)
    }

    /// Queues a binary message. A server queues large [`Bytes`](bytes::Bytes) and `Vec`s as they are, without a copy; a
    /// client masks those above 64 KiB as they are written, 16 KiB at a time.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_binary(&[1, 2, 3])?;
    /// server.send_binary(bytes::Bytes::from_static(b"shared"))?;
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<(), SendError> {
        self.send_whole(Opcode::Binary, data.into(), true)
    }

    #[inline]
    fn send_whole(&mut self, kind: Opcode, data: Data<'_>, compress: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.message(kind, data, compress, &self.config)
    }

    /// Queues a chunk of a text message, as a frame of its own; `last` ends the message (§5.4). Pings, pongs and a Close frame can be
    /// sent between chunks. If a Close frame is sent or received before the last chunk, the message stays unfinished: the rest of it
    /// cannot be sent.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_text_chunk("Hel", false)?;
    /// server.ping(b"")?;
    /// server.send_text_chunk("lo", true)?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x01\x03Hel\x89\x00\x80\x02lo");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and [`ChunkKind`](SendError::ChunkKind) if the message is binary.
    pub fn send_text_chunk<'a>(&mut self, text: impl Into<Text<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Text, text.into().into_data(), last, true)
    }

    /// Queues a chunk of a binary message, as a frame of its own; `last` ends the message (§5.4).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_binary_chunk(&[1, 2], false)?;
    /// server.send_binary_chunk(&[3], true)?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x02\x02\x01\x02\x80\x01\x03");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and [`ChunkKind`](SendError::ChunkKind) if the message is text.
    pub fn send_binary_chunk<'a>(&mut self, data: impl Into<Data<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Binary, data.into(), last, true)
    }

    fn send_chunk(&mut self, kind: Opcode, data: Data<'_>, last: bool, compress: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.chunk(kind, data, last, compress, &self.config)
    }

    /// Queues a message that was encoded once for many connections: see [`Prepared`].
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.prepared(message, &self.config)
    }

    /// Queues a ping of up to 125 bytes (§5.5.2). It may be between the chunks of a message. The peer's answer is an
    /// [`Event::Pong`](crate::Event::Pong) with the same payload.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.ping(b"7")?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x89\x017");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ControlTooLong`](SendError::ControlTooLong), [`Closing`](SendError::Closing) or [`Full`](SendError::Full).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Ping, payload, &self.config)
    }

    /// Queues an unsolicited pong of up to 125 bytes: a one-way heartbeat (§5.5.3). Pings are answered automatically, without this
    /// method.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.pong(b"alive")?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x8a\x05alive");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Pong, payload, &self.config)
    }

    /// Whether a message or a chunk with a payload of `len` bytes fits besides what is queued, even if compression makes it
    /// longer. True as well where waiting would not help: if nothing is queued, and if nothing can be sent.
    #[cfg(feature = "std")]
    pub(crate) fn fits(&self, len: usize) -> bool {
        let queued = self.buffered_amount();
        #[cfg(feature = "deflate")]
        let len = if self.deflate().is_some() { crate::deflate::bound(len) } else { len };
        let need = queued.saturating_add(len).saturating_add(MAX_HEADER_LEN);
        queued == 0 || self.state() != State::Open || need <= self.config().limits.output
    }

    fn check_open(&self) -> Result<(), SendError> {
        if self.phase == Phase::Open { Ok(()) } else { Err(SendError::Closing) }
    }
}
