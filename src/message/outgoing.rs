use super::Message;

/// A message, and whether it may be compressed: the argument of every `send` and `feed`.
///
/// You seldom name this type, since everything that converts to a [`Message`] converts to it, too. To send a message without
/// compression, call [`Message::uncompressed`]:
///
/// ```
/// use bowline::{Message, Outgoing};
///
/// let usual = Outgoing::from("Hello");
/// let plain = Message::from("Hello").uncompressed();
/// assert!(usual.compress() && !plain.compress());
/// assert_eq!(usual.message(), plain.message());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is not sent yet"]
pub struct Outgoing {
    pub(crate) message: Message,
    pub(crate) compress: bool,
}

impl Outgoing {
    /// Returns the message, borrowed.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// Returns whether the message may be compressed if compression was agreed.
    #[must_use]
    pub const fn compress(&self) -> bool {
        self.compress
    }

    /// Converts to the message, and discards how to send it.
    #[must_use]
    pub fn into_message(self) -> Message {
        self.message
    }
}

impl<M: Into<Message>> From<M> for Outgoing {
    fn from(message: M) -> Self {
        Self { message: message.into(), compress: true }
    }
}
