use super::Utf8Bytes;
use axum_core::Error;
use bowline::Event;
use bytes::Bytes;

/// A close code. [`close_code`](super::close_code) has names for them.
pub type CloseCode = u16;

/// The contents of a Close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// Why the connection ends.
    pub code: CloseCode,
    /// An explanation for a person, of at most 123 bytes.
    pub reason: Utf8Bytes,
}

/// A message or a control frame, under the names of axum.
///
/// Pings are answered already, and a Close frame as well: there is nothing to do with the ones that are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping, of at most 125 bytes.
    Ping(Bytes),
    /// A pong, of at most 125 bytes: the answer to a ping, or unsolicited.
    Pong(Bytes),
    /// A Close frame. To send one begins the closing handshake, and nothing can be sent after it.
    Close(Option<CloseFrame>),
}

impl Message {
    /// Creates a text message.
    pub fn text<S: Into<Utf8Bytes>>(text: S) -> Self {
        Self::Text(text.into())
    }

    /// Creates a binary message.
    pub fn binary<B: Into<Bytes>>(data: B) -> Self {
        Self::Binary(data.into())
    }

    /// Returns the payload. Of a Close frame, that is the reason.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) => text.into(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
            Self::Close(frame) => frame.map(|frame| frame.reason.into()).unwrap_or_default(),
        }
    }

    /// Returns the payload as text. Of a Close frame, that is the reason.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not UTF-8.
    pub fn into_text(self) -> Result<Utf8Bytes, Error> {
        match self {
            Self::Text(text) => Ok(text),
            other => Utf8Bytes::try_from(other.into_data()).map_err(Error::new),
        }
    }

    /// Returns the payload as text, borrowed. Of a Close frame, that is the reason.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not UTF-8.
    pub fn to_text(&self) -> Result<&str, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => std::str::from_utf8(data).map_err(Error::new),
            Self::Close(Some(frame)) => Ok(&frame.reason),
            Self::Close(None) => Ok(""),
        }
    }

    /// `None` is an event that axum has no message for. There are none, unless chunks were asked for.
    pub(super) fn from_event(event: Event<'static>) -> Option<Self> {
        Some(match event {
            Event::Text(text) => Self::Text(text.into()),
            Event::Binary(data) => Self::Binary(data.into()),
            Event::Ping(data) => Self::Ping(data.into()),
            Event::Pong(data) => Self::Pong(data.into()),
            Event::Close(frame) => {
                Self::Close(frame.map(|frame| CloseFrame { code: frame.code.get(), reason: frame.reason.into() }))
            }
            // In chunks, the end of one is not the end of the message. Each becomes a message, so that nothing is lost.
            Event::TextChunk { text, .. } => Self::Text(text.into()),
            Event::BinaryChunk { data, .. } => Self::Binary(data.into()),
            _ => return None,
        })
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&[u8]> for Message {
    fn from(data: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(data))
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

impl From<Message> for Vec<u8> {
    fn from(message: Message) -> Self {
        message.into_data().into()
    }
}
