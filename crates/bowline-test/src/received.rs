use bowline::CloseCode;
use std::fmt;

/// How much of a payload is shown.
const MAX_SHOWN: usize = 100;

/// Something that a scripted peer received: a message with its fragments joined, a control frame, a part of the opening handshake, or
/// the end of the stream.
///
/// Printed, it is a short description for the message of a failed test:
///
/// ```
/// use bowline_test::Received;
///
/// assert_eq!(Received::Text("Hello".into()).to_string(), "text \"Hello\"");
/// assert_eq!(Received::Binary(vec![1, 2, 255]).to_string(), "binary [01 02 ff] (3 bytes)");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A Close frame. Without a body, its code is [`CloseCode::NO_STATUS`].
    Close {
        /// The close code.
        code: CloseCode,
        /// The reason; often empty.
        reason: String,
    },
    /// The end of the stream.
    End,
    /// The stream failed: it was reset, for example.
    Reset,
    /// An opening handshake that keeps all rules.
    Request(RequestHead),
    /// The answer to an opening handshake.
    Response {
        /// The HTTP status: 101 if the connection is open.
        status: u16,
        /// The beginning of the body, as far as it arrived with the head.
        body: String,
    },
    /// Something that breaks a rule of the protocol: a description of it.
    Illegal(String),
}

/// The request of an opening handshake that a scripted server received: see [`Played::request`](crate::Played::request) and
/// `MockServer::requests`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    pub(crate) path_and_query: String,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
}

impl RequestHead {
    /// The path, and the query with its `?` if there is one.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The value of the first header field with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All header fields, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text {}", Shown(text.as_bytes())),
            Self::Binary(data) => write!(f, "binary {}", WithSize(data)),
            Self::Ping(payload) => write!(f, "a ping {}", Shown(payload)),
            Self::Pong(payload) => write!(f, "a pong {}", Shown(payload)),
            Self::Close { code, reason } if reason.is_empty() => write!(f, "a Close frame with {code}"),
            Self::Close { code, reason } => write!(f, "a Close frame with {code} {reason:?}"),
            Self::End => f.write_str("the end of the stream"),
            Self::Reset => f.write_str("a failure of the stream"),
            Self::Request(head) => write!(f, "a request for {}", head.path_and_query),
            Self::Response { status, body } if body.is_empty() => write!(f, "a response with status {status}"),
            Self::Response { status, body } => {
                write!(f, "a response with status {status} {}", Shown(body.as_bytes()))
            }
            Self::Illegal(what) => f.write_str(what),
        }
    }
}

/// A payload as text in quotes if it is text, else in hexadecimal.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(text) = str::from_utf8(self.0) else { return Hex(self.0).fmt(f) };
        match text.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => write!(f, "{:?}… ({} bytes)", text.get(..end).unwrap_or(text), text.len()),
            None => write!(f, "{text:?}"),
        }
    }
}

/// The first bytes in hexadecimal, and how many there are.
pub(crate) struct WithSize<'a>(pub(crate) &'a [u8]);

impl fmt::Display for WithSize<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(f, "{} ({} byte{plural})", Hex(self.0), self.0.len())
    }
}

/// The first bytes in hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..MAX_SHOWN / 4).unwrap_or(self.0);
        let more = if shown.len() < self.0.len() { " …" } else { "" };
        let digits: Vec<_> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(f, "[{}{more}]", digits.join(" "))
    }
}
