//! Messages out: the methods of a connection that send. They check the phase, and leave the rest to `send/`.

use super::{Connection, Prepared, send::MIN_UNCOPIED, transitions::Phase};
use crate::{Data, Message, Outgoing, SendError, Text, frame::Opcode, message::DataRepr};
#[cfg(feature = "std")]
use crate::{State, frame::MAX_HEADER_LEN};

impl Connection {
    /// Queues a message of any kind: text, binary, or a chunk of either.
    ///
    /// It accepts everything that converts to a [`Message`]. For borrowed contents, use [`send_text`](Self::send_text) and
    /// [`send_binary`](Self::send_binary), which copy them once instead of twice. Nothing is written before you write the
    /// [`output`](Self::output).
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
    /// Returns the errors of [`send_text`](Self::send_text), and for a chunk those of [`send_text_chunk`](Self::send_text_chunk).
    /// After an error, nothing was queued and the connection is unchanged, but the message is dropped. To be able to send it again,
    /// pass a clone, which copies nothing.
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
    /// Several short messages that are queued before a write are one write.
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
    /// Returns [`Closing`](SendError::Closing) after a Close frame was sent or received or the connection has failed,
    /// [`Full`](SendError::Full) if the message would exceed [`Limits::output`](crate::Limits::output), and
    /// [`InMessage`](SendError::InMessage) while a message that is sent in chunks is unfinished. After an error, nothing was queued
    /// and the connection is unchanged.
    ///
    /// The limit applies to the size before compression.
    #[inline]
    pub fn send_text<'a>(&mut self, text: impl Into<Text<'a>>) -> Result<(), SendError> {
        self.send_whole(Opcode::Text, text.into().into_data(), true)
    }

    /// Queues a binary message (§6.1).
    ///
    /// A server queues [`Bytes`](bytes::Bytes) and `Vec`s of 4 KiB or more without a copy. A client has to mask them. It masks
    /// those above 64 KiB while they are written, 16 KiB at a time, so that there is no masked copy of the whole payload.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_binary(&[1, 2, 3])?; // copied
    /// let file = bytes::Bytes::from(vec![7; 100_000]);
    /// server.send_binary(file.clone())?; // shared, not copied
    /// assert_eq!(server.buffered_amount(), (2 + 3) + (10 + 100_000)); // headers and payloads
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send_text`](Self::send_text). After an error, nothing was queued and the connection is unchanged.
    #[inline]
    pub fn send_binary<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<(), SendError> {
        self.send_whole(Opcode::Binary, data.into(), true)
    }

    #[inline]
    fn send_whole(&mut self, kind: Opcode, data: Data<'_>, compress: bool) -> Result<(), SendError> {
        if matches!(&data.0, DataRepr::Owned(payload) if payload.len() >= MIN_UNCOPIED) {
            return self.send_long(kind, data, compress);
        }
        self.send_copied(kind, &data, compress)
    }

    fn send_copied(&mut self, kind: Opcode, payload: &[u8], compress: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.message(kind, payload, compress, &self.config)
    }

    fn send_long(&mut self, kind: Opcode, data: Data<'_>, compress: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.long_message(kind, data, compress, &self.config)
    }

    /// Queues a chunk of a text message as a frame of its own, a fragment (§5.4). `last` ends the message.
    ///
    /// Use it for a message that is sent while it is produced. Pings, pongs and a Close frame can be sent between the chunks, but
    /// no other message. If a Close frame is sent or received before the last chunk, the rest of the message cannot be sent.
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
    /// Returns [`Closing`](SendError::Closing) or [`Full`](SendError::Full) as [`send_text`](Self::send_text) does, and
    /// [`ChunkKind`](SendError::ChunkKind) if the unfinished message is binary. After an error, nothing was queued and the
    /// connection is unchanged: the message is as far as it was before, and the same chunk can be sent again.
    #[doc(alias("fragment", "streaming"))]
    pub fn send_text_chunk<'a>(&mut self, text: impl Into<Text<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Text, text.into().into_data(), last, true)
    }

    /// Queues a chunk of a binary message as a frame of its own, a fragment (§5.4). `last` ends the message.
    ///
    /// Use it for a message that is larger than memory, such as a file, or that is sent while it is produced. No other message can
    /// be sent before the last chunk, as with [`send_text_chunk`](Self::send_text_chunk). The last chunk may be empty, for a source
    /// that shows only afterwards that it has ended.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_binary_chunk(&[1, 2], false)?;
    /// server.send_binary_chunk(&[3], false)?;
    /// server.send_binary_chunk(&[], true)?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x02\x02\x01\x02\x00\x01\x03\x80\x00");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Closing`](SendError::Closing) or [`Full`](SendError::Full) as [`send_text`](Self::send_text) does, and
    /// [`ChunkKind`](SendError::ChunkKind) if the unfinished message is text. After an error, nothing was queued and the connection
    /// is unchanged: the message is as far as it was before, and the same chunk can be sent again.
    #[doc(alias("fragment", "streaming"))]
    pub fn send_binary_chunk<'a>(&mut self, data: impl Into<Data<'a>>, last: bool) -> Result<(), SendError> {
        self.send_chunk(Opcode::Binary, data.into(), last, true)
    }

    fn send_chunk(&mut self, kind: Opcode, data: Data<'_>, last: bool, compress: bool) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.chunk(kind, data, last, compress, &self.config)
    }

    /// Queues a message that was encoded once for many connections: a broadcast. See [`Prepared`].
    ///
    /// ```
    /// # use bowline::{Config, Connection, Prepared, Role, SendError};
    /// # let mut members = vec![Connection::new(Role::Server, Config::default())];
    /// let news = Prepared::text("It rains.");
    /// for member in &mut members {
    ///     match member.send_prepared(&news) {
    ///         Ok(()) | Err(SendError::Closing) => {}
    ///         Err(error) => eprintln!("one member missed the news: {error}"), // it does not read fast enough
    ///     }
    /// }
    /// # assert_eq!(members[0].buffered_amount(), 11);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send_text`](Self::send_text). After an error, nothing was queued and the connection is unchanged.
    #[doc(alias = "broadcast")]
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.prepared(message, &self.config)
    }

    /// Queues a ping with a payload of up to 125 bytes (§5.5.2). It may be between the chunks of a message.
    ///
    /// Use it to measure the round-trip time. For keepalive, set the ping interval [`Deadlines::ping`](crate::Deadlines::ping)
    /// instead. The peer answers with a pong that has the same payload. If several pings arrive before it answers, it may answer
    /// only the latest (§5.5.3).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.ping(b"7")?; // for example, the number of the ping
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x89\x017");
    ///
    /// let mut read = *b"\x8a\x81\0\0\0\x007"; // the answer of the client
    /// let event = server.receive(&mut Input::from(&mut read));
    /// assert_eq!(event, Some(Event::Pong(b"7".to_vec().into())));
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`ControlTooLong`](SendError::ControlTooLong) if the payload is longer than 125 bytes,
    /// [`Closing`](SendError::Closing) after a Close frame was sent or received or the connection has failed, and
    /// [`Full`](SendError::Full) if the frame would exceed [`Limits::output`](crate::Limits::output). After an error, nothing was
    /// queued and the connection is unchanged.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Ping, payload, &self.config)
    }

    /// Queues an unsolicited pong with a payload of up to 125 bytes (§5.5.3). Pings are answered automatically, without this
    /// method.
    ///
    /// Use it as a one-way heartbeat: the peer sees that the connection is alive, and does not answer.
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
    /// Returns the errors of [`ping`](Self::ping). After an error, nothing was queued and the connection is unchanged.
    #[doc(alias = "unsolicited pong")]
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.sender.control(Opcode::Pong, payload, &self.config)
    }

    /// Queues a message whose sender was told that it can send one. What others have queued since then does not count towards
    /// the limit, so that several senders that were told so at the same time can all send.
    #[cfg(any(feature = "tokio", feature = "futures-io"))]
    pub(crate) fn send_reserved(&mut self, message: impl Into<Outgoing>) -> Result<(), SendError> {
        self.sender.has_reserved = true;
        let sent = self.send(message);
        self.sender.has_reserved = false;
        sent
    }

    /// Returns whether a message or a chunk with a payload of `len` bytes fits beside the queued output, even if compression makes
    /// it longer.
    ///
    /// It also returns `true` if waiting would not help: if nothing is queued, and if nothing can be sent. The `send` that follows
    /// then returns the error.
    #[cfg(feature = "std")]
    pub(crate) fn fits(&self, len: usize) -> bool {
        let queued = self.buffered_amount();
        #[cfg(feature = "deflate")]
        let len = if self.deflate().is_some() { crate::deflate::bound(len) } else { len };
        let need = queued.saturating_add(len).saturating_add(MAX_HEADER_LEN);
        queued == 0 || self.state() != State::Open || need <= self.config().limits.output
    }

    /// Returns an error unless messages can be sent.
    fn check_open(&self) -> Result<(), SendError> {
        if self.phase == Phase::Open { Ok(()) } else { Err(SendError::Closing) }
    }
}
