//! Messages and their contents: `Payload` is received, `Data` is to be sent, `Text` is both, and a `Message` owns its contents.

mod data;
mod outgoing;
mod payload;
mod text;

pub use data::Data;
pub(crate) use data::DataRepr;
pub use outgoing::Outgoing;
pub use payload::Payload;
pub use text::Text;

use alloc::{borrow::Cow, string::String, vec::Vec};
use bytes::{Bytes, BytesMut};

/// An owned message: the adapters' `recv` returns it, and every `send` accepts it.
///
/// It can be kept, moved to another thread and stored in a queue. To clone it, to send it and to convert it to [`Bytes`] copies
/// nothing. Strings and bytes convert to a message, so that `send("Hello")` works.
///
/// ```
/// use bowline::Message;
///
/// assert_eq!(Message::from("Hello"), Message::text("Hello"));
/// assert_eq!(Message::from(vec![1, 2, 3]), Message::binary(vec![1, 2, 3]));
///
/// let message = Message::from("Grüße");
/// assert_eq!((message.as_text(), message.len()), (Some("Grüße"), 7));
/// assert_eq!(message.into_data(), "Grüße".as_bytes());
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message (RFC 6455 §5.6).
    Text(Text<'static>),
    /// A binary message (§5.6).
    Binary(Bytes),
    /// A part of a text message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment (§5.4).
    #[doc(alias = "fragment")]
    TextChunk {
        /// The contents. They never end inside a character.
        text: Text<'static>,
        /// Whether the message ends with this chunk.
        last: bool,
    },
    /// A part of a binary message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment (§5.4).
    #[doc(alias = "fragment")]
    BinaryChunk {
        /// The contents, which may be cut anywhere.
        data: Bytes,
        /// Whether the message ends with this chunk.
        last: bool,
    },
}

impl Message {
    /// Creates a text message. Borrowed text is copied.
    pub fn text<'a>(text: impl Into<Text<'a>>) -> Self {
        Self::Text(text.into().into_owned())
    }

    /// Creates a binary message. A `Vec<u8>` or [`Bytes`] is not copied.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self::Binary(data.into())
    }

    /// Creates a chunk of a text message: see [`Connection::send_text_chunk`](crate::Connection::send_text_chunk). `last` ends the
    /// message.
    pub fn text_chunk<'a>(text: impl Into<Text<'a>>, last: bool) -> Self {
        Self::TextChunk { text: text.into().into_owned(), last }
    }

    /// Creates a chunk of a binary message, to send it while it is produced. `last` ends the message.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Message, Role};
    /// # let mut connection = Connection::new(Role::Server, Config::default());
    /// let mut parts = [&b"one"[..], b"two"].into_iter().peekable();
    /// while let Some(part) = parts.next() {
    ///     connection.send(Message::binary_chunk(part, parts.peek().is_none()))?;
    /// }
    /// # assert_eq!(bytes::Buf::chunk(connection.output()), b"\x02\x03one\x80\x03two");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    pub fn binary_chunk(data: impl Into<Bytes>, last: bool) -> Self {
        Self::BinaryChunk { data: data.into(), last }
    }

    /// Returns this message as one to be sent without compression, even if compression was agreed.
    ///
    /// Use it for a message that contains a secret beside text that an attacker can choose, since the compressed size can reveal
    /// the secret (RFC 7692 §8). Use it also for data that is already compressed, such as an image. For a message that is sent in
    /// chunks, the first chunk decides.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Message, Role};
    /// # let mut connection = Connection::new(Role::Server, Config::default());
    /// connection.send(Message::text("token=secret").uncompressed())?;
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    pub fn uncompressed(self) -> Outgoing {
        Outgoing { message: self, compress: false }
    }

    /// Returns whether this is a text message, or a chunk of one.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::TextChunk { .. })
    }

    /// Returns whether this is a binary message, or a chunk of one.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        !self.is_text()
    }

    /// Returns whether the message is complete: `true` for a whole message and for the last chunk of one.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        match self {
            Self::Text(_) | Self::Binary(_) => true,
            Self::TextChunk { last, .. } | Self::BinaryChunk { last, .. } => *last,
        }
    }

    /// Returns the size of the payload, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Returns the text of a text message or chunk, or `None` if it is binary, even if its bytes are valid UTF-8.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Some(text),
            Self::Binary(_) | Self::BinaryChunk { .. } => None,
        }
    }

    /// Returns the payload: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.as_bytes(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }

    /// Converts to the text of a text message or chunk, without a copy.
    ///
    /// ```
    /// use bowline::Message;
    ///
    /// let text = Message::from("Hello").into_text().unwrap();
    /// assert_eq!(text, "Hello");
    /// let binary = Message::from(b"Hello").into_text().unwrap_err();
    /// assert_eq!(binary, Message::from(b"Hello"));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a binary message or chunk unchanged.
    pub fn into_text(self) -> Result<Text<'static>, Self> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Ok(text),
            binary => Err(binary),
        }
    }

    /// Converts to the payload, without a copy: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.into(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }
}

/// Clones the message, which copies nothing.
impl From<&Self> for Message {
    fn from(message: &Self) -> Self {
        message.clone()
    }
}

// Borrowed text is copied.
macro_rules! text_from {
    ($($from:ty),+) => {$(
        impl From<$from> for Message {
            fn from(text: $from) -> Self {
                Self::text(text)
            }
        }
    )+};
}

text_from!(&str, &String, String, Cow<'_, str>, Text<'_>, &Text<'_>);

// Borrowed bytes are copied.
macro_rules! binary_from {
    ($([$($generic:tt)*] $from:ty: $data:ident => $bytes:expr),+ $(,)?) => {$(
        impl<$($generic)*> From<$from> for Message {
            fn from($data: $from) -> Self {
                Self::Binary($bytes)
            }
        }
    )+};
}

binary_from!(
    [] Bytes: data => data,
    [] &Bytes: data => data.clone(),
    [] BytesMut: data => data.freeze(),
    [] Vec<u8>: data => data.into(),
    [] &Vec<u8>: data => Bytes::copy_from_slice(data),
    [] &[u8]: data => Bytes::copy_from_slice(data),
    [const N: usize] &[u8; N]: data => Bytes::copy_from_slice(data),
    [] Cow<'_, [u8]>: data => data.into_owned().into(),
    [] Payload<'_>: data => data.into(),
);
