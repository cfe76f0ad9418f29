use super::frame::{CloseFrame, Frame, Utf8Bytes};
use crate::Result;
use bytes::Bytes;
use std::fmt;

/// A message, a control frame, or a raw frame.
///
/// To clone it, and to send it, copies nothing.
///
/// ```
/// use bowline_tungstenite::Message;
///
/// assert_eq!(Message::from("Hello").into_text()?, "Hello");
/// assert_eq!(Message::binary(vec![1, 2]).into_data(), &[1, 2][..]);
/// # Ok::<(), bowline_tungstenite::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping, with at most 125 bytes. Received ones are answered without your doing.
    Ping(Bytes),
    /// A pong, with at most 125 bytes.
    Pong(Bytes),
    /// A Close frame, or `None` if it has no code.
    Close(Option<CloseFrame>),
    /// A frame, for sending a message in fragments. It is never received.
    Frame(Frame),
}

impl Message {
    /// Creates a text message.
    pub fn text<S: Into<Utf8Bytes>>(string: S) -> Self {
        Self::Text(string.into())
    }

    /// Creates a binary message.
    pub fn binary<B: Into<Bytes>>(bin: B) -> Self {
        Self::Binary(bin.into())
    }

    /// Returns whether this is a text message.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Returns whether this is a binary message.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Returns whether this is a ping.
    #[must_use]
    pub const fn is_ping(&self) -> bool {
        matches!(self, Self::Ping(_))
    }

    /// Returns whether this is a pong.
    #[must_use]
    pub const fn is_pong(&self) -> bool {
        matches!(self, Self::Pong(_))
    }

    /// Returns whether this is a Close frame.
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    /// Returns the number of bytes of the content: of a Close frame those of the reason, and of a raw frame all, with its header.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.len(),
            Self::Close(frame) => frame.as_ref().map_or(0, |frame| frame.reason.len()),
            Self::Frame(frame) => frame.len(),
        }
    }

    /// Returns whether there is no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the content as bytes, without a copy: of a Close frame the reason.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) => text.into(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
            Self::Close(frame) => frame.map_or_else(Bytes::new, |frame| frame.reason.into()),
            Self::Frame(frame) => frame.into_payload(),
        }
    }

    /// Returns the content as text, without a copy: of a Close frame the reason.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Utf8`](crate::Error::Utf8) if the content is not UTF-8.
    pub fn into_text(self) -> Result<Utf8Bytes> {
        Ok(match self {
            Self::Text(text) => text,
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.try_into()?,
            Self::Close(frame) => frame.map_or_else(Utf8Bytes::default, |frame| frame.reason),
            Self::Frame(frame) => frame.into_text()?,
        })
    }

    /// Returns the content as text: of a Close frame the reason.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Utf8`](crate::Error::Utf8) if the content is not UTF-8.
    pub fn to_text(&self) -> Result<&str> {
        Ok(match self {
            Self::Text(text) => text,
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => str::from_utf8(data)?,
            Self::Close(frame) => frame.as_ref().map_or("", |frame| &frame.reason),
            Self::Frame(frame) => frame.to_text()?,
        })
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl<'s> From<&'s str> for Message {
    fn from(text: &'s str) -> Self {
        Self::text(text)
    }
}

impl<'b> From<&'b [u8]> for Message {
    fn from(data: &'b [u8]) -> Self {
        Self::binary(Bytes::copy_from_slice(data))
    }
}

impl From<Bytes> for Message {
    fn from(data: Bytes) -> Self {
        Self::binary(data)
    }
}

impl From<Vec<u8>> for Message {
    fn from(data: Vec<u8>) -> Self {
        Self::binary(data)
    }
}

impl From<Message> for Bytes {
    fn from(message: Message) -> Self {
        message.into_data()
    }
}

/// Writes the content as text, or its length if it is not UTF-8.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Ok(text) => f.write_str(text),
            Err(_) => write!(f, "Binary Data<length={}>", self.len()),
        }
    }
}
