use super::Message;

/// A message and whether it may be compressed: the argument of every `send` and `feed`. Any [`Message`] converts to it.
///
/// To change how a message is sent, call [`Message::uncompressed`]:
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
    /// The message.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// Whether the message may be compressed if compression was agreed.
    #[must_use]
    pub const fn compress(&self) -> bool {
        self.compress
    }

    /// The message, owned.
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
