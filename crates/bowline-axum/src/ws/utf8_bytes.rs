use bowline::Text;
use bytes::Bytes;
use std::{fmt, ops::Deref, str::Utf8Error};

/// The text of a message: valid UTF-8, and cheap to clone, since clones share the bytes.
///
/// ```
/// use bowline_axum::ws::Utf8Bytes;
///
/// let text = Utf8Bytes::from("Grüße");
/// assert!(text.starts_with("Gr"));
/// assert_eq!(text.clone(), "Grüße");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Utf8Bytes(pub(super) Text<'static>);

impl Utf8Bytes {
    /// Creates a text that is neither copied nor allocated.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Text::from_static(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Compares with a string: `text == "Hello"`.
impl<T> PartialEq<T> for Utf8Bytes
where
    for<'a> &'a str: PartialEq<T>,
{
    fn eq(&self, other: &T) -> bool {
        self.as_str() == *other
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = Utf8Error;

    /// Validates the bytes, and does not copy them.
    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        Text::try_from(bytes).map(Self)
    }
}

impl TryFrom<Vec<u8>> for Utf8Bytes {
    type Error = Utf8Error;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Utf8Error> {
        Self::try_from(Bytes::from(bytes))
    }
}

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Utf8Bytes {
    fn from(text: &str) -> Self {
        Self(Text::from(text).into_owned())
    }
}

impl From<&String> for Utf8Bytes {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Text<'_>> for Utf8Bytes {
    fn from(text: Text<'_>) -> Self {
        Self(text.into_owned())
    }
}

impl From<Utf8Bytes> for Text<'static> {
    fn from(text: Utf8Bytes) -> Self {
        text.0
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0.into()
    }
}
