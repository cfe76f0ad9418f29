//! What is sent and received: text, bytes, and the messages made of them.

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

/// An owned message, as the adapters' `recv` returns it and `send` accepts it.
///
/// Cloning it, sending it and converting it to [`Bytes`] copies nothing.
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
    /// A text message.
    Text(Text<'static>),
    /// A binary message.
    Binary(Bytes),
    /// A chunk of a text message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment.
    TextChunk {
        /// The text of the chunk.
        text: Text<'static>,
        /// Whether the message ends with it.
        last: bool,
    },
    /// A chunk of a binary message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment.
    BinaryChunk {
        /// The bytes of the chunk.
        data: Bytes,
        /// Whether the message ends with it.
        last: bool,
    },
}

impl Message {
    /// A text message.
    pub fn text<'a>(text: impl Into<Text<'a>>) -> Self {
        Self::Text(text.into().into_owned())
    }

    /// A binary message.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self::Binary(data.into())
    }

    /// A chunk of a text message; `last` ends the message.
    pub fn text_chunk<'a>(text: impl Into<Text<'a>>, last: bool) -> Self {
        Self::TextChunk { text: text.into().into_owned(), last }
    }

    /// A chunk of a binary message; `last` ends the message.
    pub fn binary_chunk(data: impl Into<Bytes>, last: bool) -> Self {
        Self::BinaryChunk { data: data.into(), last }
    }

    /// This message, to be sent without compression, even if compression was agreed.
    ///
    /// Use it for a message that contains a secret and text chosen by somebody else, since its compressed size would reveal the secret
    /// (RFC 7692 §8). Use it also for data that is already compressed, such as an image. For a message that is sent in chunks, the
    /// first chunk decides.
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

    /// Whether it is a text message, or a chunk of one.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::TextChunk { .. })
    }

    /// Whether it is a binary message, or a chunk of one.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        !self.is_text()
    }

    /// Whether the message ends with it: `true` for a whole message and for the last chunk of one.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        match self {
            Self::Text(_) | Self::Binary(_) => true,
            Self::TextChunk { last, .. } | Self::BinaryChunk { last, .. } => *last,
        }
    }

    /// The size of the payload, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The text of a text message or chunk; `None` if it is binary, even if its bytes are valid UTF-8.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Some(text),
            Self::Binary(_) | Self::BinaryChunk { .. } => None,
        }
    }

    /// The payload: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.as_bytes(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }

    /// The text of a text message or chunk, without a copy.
    ///
    /// # Errors
    ///
    /// A binary message is returned as it is.
    pub fn into_text(self) -> Result<Text<'static>, Self> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Ok(text),
            binary => Err(binary),
        }
    }

    /// The payload, without a copy: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.into(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }
}

/// A clone, which copies nothing.
impl From<&Self> for Message {
    fn from(message: &Self) -> Self {
        message.clone()
    }
}

/// A text message.
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

/// A binary message.
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
