use super::Data;
use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use bytes::Bytes;
use bytestring::ByteString;
use core::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

/// The text of a message, borrowed or owned. It dereferences to `str`, and is always valid UTF-8 (RFC 6455 §8.1).
///
/// Received text is borrowed from the buffer given to [`Connection::receive`](crate::Connection::receive) if all of it was in
/// there. Otherwise it is owned. Owned text is backed by [`Bytes`]: to clone it, to send it and to convert it to `Bytes` copies
/// nothing.
///
/// ```
/// use bowline::Text;
/// use bytes::Bytes;
///
/// let text = Text::from("Grüße".to_owned()); // from `&str`, `String` and others
/// assert!(text.starts_with("Gr")); // all methods of `str`
/// assert_eq!(text, "Grüße");
///
/// let bytes = Bytes::from(text.clone()); // no copy
/// assert_eq!(Text::try_from(bytes)?, text); // validated, no copy
/// # Ok::<(), std::str::Utf8Error>(())
/// ```
#[derive(Clone)]
pub struct Text<'b>(Repr<'b>);

#[derive(Clone)]
enum Repr<'b> {
    Borrowed(&'b str),
    Owned(ByteString),
}

impl<'b> Text<'b> {
    /// Creates text from a string literal or another `&'static str`, without a copy or an allocation.
    ///
    /// ```
    /// use bowline::{Message, Text};
    ///
    /// const GREETING: Text<'static> = Text::from_static("Hello");
    /// let message = Message::from(GREETING); // no allocation
    /// assert_eq!(message.as_text(), Some("Hello"));
    /// ```
    #[must_use]
    pub const fn from_static(text: &'static str) -> Text<'static> {
        Text(Repr::Owned(ByteString::from_static(text)))
    }

    /// Borrows the text as a string slice, where automatic dereferencing does not apply.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self
    }

    /// Returns whether the text is borrowed. Received text is borrowed from the buffer that was given to
    /// [`Connection::receive`](crate::Connection::receive).
    #[must_use]
    pub const fn is_borrowed(&self) -> bool {
        matches!(self.0, Repr::Borrowed(_))
    }

    /// Converts to a string. The text is copied only if it was borrowed, or is shared with a clone.
    #[must_use]
    pub fn into_string(self) -> String {
        match self.0 {
            Repr::Borrowed(text) => text.to_owned(),
            Repr::Owned(text) => match String::from_utf8(Vec::from(text.into_bytes())) {
                Ok(text) => text,
                Err(error) => {
                    debug_assert!(false, "text is valid UTF-8");
                    String::from_utf8_lossy(error.as_bytes()).into_owned()
                }
            },
        }
    }

    /// Converts to text that is no longer tied to the buffer that it was borrowed from, to keep it. It is copied only if it was
    /// borrowed.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Repr::Owned(match self.0 {
            Repr::Borrowed(text) => text.into(),
            Repr::Owned(text) => text,
        }))
    }

    /// Returns the `Bytes` of owned text, to share them without giving up the text. Borrowed text has none.
    ///
    /// ```
    /// use bowline::Text;
    ///
    /// let text = Text::from("Hello".to_owned());
    /// assert_eq!(text.as_shared().map(|bytes| bytes.slice(..4)), Some("Hell".into())); // no copy
    /// assert_eq!(Text::from("borrowed").as_shared(), None);
    /// ```
    #[must_use]
    pub fn as_shared(&self) -> Option<&Bytes> {
        match &self.0 {
            Repr::Borrowed(_) => None,
            Repr::Owned(text) => Some(text.as_bytes()),
        }
    }

    /// Converts to the bytes of the text, to send them.
    #[inline]
    pub(crate) fn into_data(self) -> Data<'b> {
        match self.0 {
            Repr::Borrowed(text) => text.as_bytes().into(),
            Repr::Owned(text) => text.into_bytes().into(),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self(Repr::Borrowed(""))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Repr::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Self {
        Self(Repr::Borrowed(text))
    }
}

impl<'a> From<&'a Text<'_>> for Text<'a> {
    fn from(text: &'a Text<'_>) -> Self {
        Self(Repr::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Repr::Owned(text.into()))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

/// Validates the bytes, and copies nothing.
///
/// # Errors
///
/// Returns the error of the standard library if the bytes are not UTF-8.
impl TryFrom<Bytes> for Text<'_> {
    type Error = core::str::Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        bytes.try_into().map(Repr::Owned).map(Self)
    }
}

/// Copies the text only if it was borrowed, or is shared with a clone.
impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.into_string()
    }
}

/// Copies the text only if it was borrowed.
impl From<Text<'_>> for Bytes {
    fn from(text: Text<'_>) -> Self {
        match text.0 {
            Repr::Borrowed(text) => Self::copy_from_slice(text.as_bytes()),
            Repr::Owned(text) => text.into_bytes(),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            Repr::Borrowed(text) => text,
            Repr::Owned(text) => text,
        }
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl Eq for Text<'_> {}

impl PartialEq<Text<'_>> for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        **self == **other
    }
}

// Equality with types that contain text, in both directions.
macro_rules! equal_to_text {
    ($($other:ty),+) => {$(
        impl PartialEq<$other> for Text<'_> {
            fn eq(&self, other: &$other) -> bool {
                **self == other[..]
            }
        }

        impl PartialEq<Text<'_>> for $other {
            fn eq(&self, other: &Text<'_>) -> bool {
                self[..] == **other
            }
        }
    )+};
}

equal_to_text!(str, &str, String, Cow<'_, str>);

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

/// Hashes as `str` does, so that a map with texts as keys can be searched with a `&str`.
impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
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
