use super::Data;
use crate::utf8::Piece;
use alloc::{borrow::ToOwned, string::String};
use core::{fmt, ops::Deref};

/// Text: lent or owned. It derefs to `str`.
///
/// Received text is lent from the caller's buffer if it lay there whole. To be sent, it is made from `&str`, `&String`,
/// `String` or a received `Text`. It is always valid UTF-8 (RFC 6455 §8.1).
///
/// ```
/// # use bowline::{Config, Connection, Event, Role};
/// # let mut connection = Connection::new(Role::Client, Config::default());
/// # let mut read = *b"\x81\x05Hello";
/// if let Some(Event::Text(text)) = connection.receive(&mut (&mut read[..]).into()) {
///     assert!(text.starts_with("He")); // all methods of `str`
///     let owned: String = text.into_string(); // to keep it
///     assert_eq!(owned, "Hello");
/// }
/// ```
#[derive(Clone)]
pub struct Text<'b>(Str<'b>);

#[derive(Clone)]
enum Str<'b> {
    Lent(&'b str),
    Owned(String),
}

impl<'b> Text<'b> {
    /// Whether it is borrowed; from a received message, whether it lies in the buffer that was given to
    /// [`Connection::receive`](crate::Connection::receive).
    #[must_use]
    pub const fn is_lent(&self) -> bool {
        matches!(self.0, Str::Lent(_))
    }

    /// The text as a string; it is copied if it was lent.
    #[must_use]
    pub fn into_string(self) -> String {
        match self.0 {
            Str::Lent(text) => text.to_owned(),
            Str::Owned(text) => text,
        }
    }

    /// The same text, no longer tied to what it was lent from.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Str::Owned(self.into_string()))
    }

    /// Its bytes, to be sent.
    pub(crate) fn into_data(self) -> Data<'b> {
        match self.0 {
            Str::Lent(text) => text.as_bytes().into(),
            Str::Owned(text) => text.into_bytes().into(),
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Str::Lent(text))
    }
}

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Self {
        Self(Str::Lent(text))
    }
}

impl<'a> From<&'a Text<'_>> for Text<'a> {
    fn from(text: &'a Text<'_>) -> Self {
        Self(Str::Lent(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Str::Owned(text))
    }
}

/// A piece of text is contiguous unless it begins with a character that was cut.
impl<'a> From<Piece<'a>> for Text<'a> {
    fn from(piece: Piece<'a>) -> Self {
        match piece.first {
            None => piece.rest.into(),
            Some(first) => {
                let mut text = String::with_capacity(first.len_utf8() + piece.rest.len());
                text.push(first);
                text.push_str(piece.rest);
                text.into()
            }
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Str::Lent(text) => text,
            Str::Owned(text) => text,
        }
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq<Text<'_>> for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}
