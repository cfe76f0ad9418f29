use super::CloseFrame;
use crate::{Message, Payload, ProtocolError, Text};

/// A message or control frame from the peer, or a violation: [`Connection::receive`](crate::Connection::receive) returns it.
///
/// The contents are borrowed from the caller's buffer if all of them were in it. To keep an event, call
/// [`into_owned`](Self::into_owned). `Message::try_from(event)` converts an event with a message, or with a chunk of one, to a
/// [`Message`]. Two events are equal if their contents are, whether borrowed or owned.
///
/// ```
/// use bowline::{Config, Connection, Event, Input, Message, Role};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// let mut read = *b"\x81\x05Hello\x89\x00\x88\x00"; // a text message, a ping and a Close frame
/// let mut input = Input::from(&mut read);
/// while let Some(event) = client.receive(&mut input) {
///     match event {
///         Event::Text(text) => assert_eq!(text, "Hello"),
///         Event::Close(frame) => assert_eq!(frame, None), // it had no code
///         Event::Failed(error) => eprintln!("{error}"),
///         other => println!("{other:?}"), // pings are already answered
///     }
/// }
/// assert_eq!(Message::try_from(Event::Text("kept".into())), Ok(Message::text("kept")));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'b> {
    /// A text message (RFC 6455 §5.6): valid UTF-8.
    Text(Text<'b>),
    /// A binary message (§5.6).
    Binary(Payload<'b>),
    /// A chunk of a text message, only with [`Delivery::Chunks`](crate::Delivery::Chunks). Characters are never split. Chunks are
    /// cut where reads and frames end, so that they are not the chunks that the peer sent.
    #[doc(alias = "fragment")]
    TextChunk {
        /// The contents of the chunk. Only the last chunk may be empty.
        text: Text<'b>,
        /// Whether the message ends with this chunk.
        last: bool,
    },
    /// A chunk of a binary message, only with [`Delivery::Chunks`](crate::Delivery::Chunks). Chunks are cut where reads and frames
    /// end, so that they are not the chunks that the peer sent.
    #[doc(alias = "fragment")]
    BinaryChunk {
        /// The contents of the chunk. Only the last chunk may be empty.
        data: Payload<'b>,
        /// Whether the message ends with this chunk.
        last: bool,
    },
    /// A ping (§5.5.2). The pong is already queued, so that nothing has to be done.
    Ping(Payload<'b>),
    /// A pong (§5.5.3): the answer to a ping, with the same payload, or unsolicited.
    Pong(Payload<'b>),
    /// The peer's Close frame (§5.5.1), or `None` if it had no body. It is the last event. If the peer began, the answer is already
    /// queued.
    Close(Option<CloseFrame<'b>>),
    /// The peer broke a rule (§7.1.7). It is the last event. The Close frame for the peer is already queued, unless this endpoint
    /// was already closing.
    Failed(ProtocolError),
}

impl Event<'_> {
    /// Converts to an event that is no longer tied to the caller's buffer, to keep it. Contents are copied only if they were
    /// borrowed.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Self::Text(text) => Event::Text(text.into_owned()),
            Self::Binary(data) => Event::Binary(data.into_owned()),
            Self::TextChunk { text, last } => Event::TextChunk { text: text.into_owned(), last },
            Self::BinaryChunk { data, last } => Event::BinaryChunk { data: data.into_owned(), last },
            Self::Ping(data) => Event::Ping(data.into_owned()),
            Self::Pong(data) => Event::Pong(data.into_owned()),
            Self::Close(frame) => Event::Close(frame.map(CloseFrame::into_owned)),
            Self::Failed(error) => Event::Failed(error),
        }
    }
}

/// Converts an event with a message, or with a chunk of one. Contents are copied only if they were borrowed.
///
/// # Errors
///
/// Returns pings, pongs, Close frames and failures unchanged.
impl<'b> TryFrom<Event<'b>> for Message {
    type Error = Event<'b>;

    fn try_from(event: Event<'b>) -> Result<Self, Event<'b>> {
        Ok(match event {
            Event::Text(text) => Self::Text(text.into_owned()),
            Event::Binary(data) => Self::Binary(data.into()),
            Event::TextChunk { text, last } => Self::TextChunk { text: text.into_owned(), last },
            Event::BinaryChunk { data, last } => Self::BinaryChunk { data: data.into(), last },
            other => return Err(other),
        })
    }
}
