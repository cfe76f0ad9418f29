mod data;
mod payload;
mod text;

pub use data::Data;
pub(crate) use data::Source;
pub use payload::Payload;
pub use text::Text;

use crate::{Connection, Event, SendError};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;

/// A message of its own, as the adapters' pleasant door hands it out and takes it.
///
/// ```
/// use bowline::Message;
///
/// assert_eq!(Message::from("Hello"), Message::Text("Hello".into()));
/// assert_eq!(Message::from(vec![1, 2, 3]), Message::Binary(vec![1, 2, 3].into()));
///
/// let message = Message::from("Grüße");
/// assert_eq!((message.as_text(), message.len()), (Some("Grüße"), 7));
/// assert_eq!(message.into_data(), "Grüße".as_bytes());
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// A part of a text message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment.
    TextChunk {
        /// The part.
        text: String,
        /// Whether the message ends with it.
        last: bool,
    },
    /// A part of a binary message: received with [`Delivery::Chunks`](crate::Delivery::Chunks), sent as a fragment.
    BinaryChunk {
        /// The part.
        data: Bytes,
        /// Whether the message ends with it.
        last: bool,
    },
}

impl Message {
    /// The message in an event; the event itself if it is something else.
    ///
    /// # Errors
    ///
    /// Pings, pongs, Close frames and failures come back as they are.
    pub fn from_event(event: Event<'_>) -> Result<Self, Event<'_>> {
        Ok(match event {
            Event::Text(text) => Self::Text(text.into_string()),
            Event::Binary(data) => Self::Binary(data.into_vec().into()),
            Event::TextChunk { text, last } => Self::TextChunk { text: text.into_string(), last },
            Event::BinaryChunk { data, last } => Self::BinaryChunk { data: data.into_vec().into(), last },
            other => return Err(other),
        })
    }

    /// Whether it is text, or a part of one.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::TextChunk { .. })
    }

    /// Whether it is binary, or a part of a binary message.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        !self.is_text()
    }

    /// The size of its payload, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether its payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Its text, or the text of the part; `None` if it is binary, whatever its bytes are.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Some(text),
            Self::Binary(_) | Self::BinaryChunk { .. } => None,
        }
    }

    /// Its payload: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.as_bytes(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }

    /// Its text, without a copy.
    ///
    /// # Errors
    ///
    /// A binary message comes back as it is.
    pub fn into_text(self) -> Result<String, Self> {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => Ok(text),
            binary => Err(binary),
        }
    }

    /// Its payload, without a copy: the bytes, or the text as UTF-8.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) | Self::TextChunk { text, .. } => text.into(),
            Self::Binary(data) | Self::BinaryChunk { data, .. } => data,
        }
    }

    /// Queues it on a connection.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::send_text`].
    pub fn send_on(self, connection: &mut Connection) -> Result<(), SendError> {
        match self {
            Self::Text(text) => connection.send_text(text),
            Self::Binary(data) => connection.send_binary(data),
            Self::TextChunk { text, last } => connection.send_text_chunk(text, last),
            Self::BinaryChunk { data, last } => connection.send_binary_chunk(data, last),
        }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Text<'_>> for Message {
    fn from(text: Text<'_>) -> Self {
        Self::Text(text.into_string())
    }
}

impl From<Bytes> for Message {
    fn from(data: Bytes) -> Self {
        Self::Binary(data)
    }
}

impl From<Vec<u8>> for Message {
    fn from(data: Vec<u8>) -> Self {
        Self::Binary(data.into())
    }
}

impl From<&[u8]> for Message {
    fn from(data: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(data))
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(data: &[u8; N]) -> Self {
        Self::from(&data[..])
    }
}

impl From<&Vec<u8>> for Message {
    fn from(data: &Vec<u8>) -> Self {
        Self::from(&data[..])
    }
}

impl From<Payload<'_>> for Message {
    fn from(data: Payload<'_>) -> Self {
        Self::Binary(data.into_vec().into())
    }
}
