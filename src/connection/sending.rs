//! Messages out.

#[cfg(feature = "std")]
use super::State;
use super::{Connection, Prepared, closing::Phase};
#[cfg(feature = "std")]
use crate::frame::MAX_HEADER_LEN;
use crate::{Data, SendError, Text, frame::Opcode};

impl Connection {
    /// Queues a text message (§6.1).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_text("lent")?;
    /// server.send_text(String::from("owned"))?;
    /// assert_eq!(bytes::Buf::chunk(server.output()), b"\x81\x04lent\x81\x05owned"); // one write
    /// # Ok::<(), bowline::SendError>(())
    /// ```
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

    /// Queues a binary message. A server queues large [`Bytes`](bytes::Bytes) and `Vec`s as they are, without a copy; a
    /// client masks those above 64 KiB as they are written, 16 KiB at a time.
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
    /// frame can go in between. If a Close frame comes before the last chunk, the message stays unfinished, on whichever
    /// side it came from: the rest of it cannot be sent any more.
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

    /// Queues a message that was encoded once for many connections: see [`Prepared`].
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

    /// Whether a message or a chunk with a payload of `len` bytes fits besides what is queued, also if compression makes it longer.
    /// True as well where waiting would not help: if nothing is queued, and if nothing can be sent.
    #[cfg(feature = "std")]
    pub(crate) fn has_room(&self, len: usize) -> bool {
        let queued = self.queued();
        #[cfg(feature = "deflate")]
        let len = if self.deflate().is_some() { crate::deflate::bound(len) } else { len };
        let need = queued.saturating_add(len).saturating_add(MAX_HEADER_LEN);
        queued == 0 || self.state() != State::Open || need <= self.config().limits.output
    }

    /// Whether messages are compressed from now on, where that was agreed: it begins with `true`. Switch it off for a message
    /// that has a secret beside text of somebody else's choosing (RFC 7692 §8), or that is compressed in itself, such as an image.
    ///
    /// A message that is being sent in chunks goes on as it began.
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, on: bool) {
        self.sender.deflating().switch(on);
    }

    fn check_open(&self) -> Result<(), SendError> {
        if self.phase == Phase::Open { Ok(()) } else { Err(SendError::Closing) }
    }
}
