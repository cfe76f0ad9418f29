use bowline::Text;
use bytes::{Bytes, BytesMut};
use std::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

/// Text over [`Bytes`]: valid UTF-8, and cheap to clone. It dereferences to `str`.
///
/// ```
/// use bowline_tungstenite::{Bytes, Utf8Bytes};
///
/// let text = Utf8Bytes::from_static("Hello");
/// assert_eq!(text, "Hello");
/// assert_eq!(Bytes::from(text), "Hello".as_bytes());
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Utf8Bytes(
    /// Invariant: owned, so that its bytes are `Bytes`.
    Text<'static>,
);

/// For `AsRef<Bytes>`, where the type of the text allows what its invariant excludes.
static EMPTY: Bytes = Bytes::new();

impl Utf8Bytes {
    /// Creates text from a `&'static str`, without a copy.
    #[must_use]
    pub const fn from_static(str: &'static str) -> Self {
        Self(Text::from_static(str))
    }

    /// Returns the text as a string slice.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Creates text from bytes.
    ///
    /// In the original, this function is unsafe, and does not validate. Here it is safe: it validates, and replaces each invalid
    /// sequence with U+FFFD. A call in an `unsafe` block compiles, with a warning that the block is not needed.
    #[must_use]
    pub fn from_bytes_unchecked(bytes: Bytes) -> Self {
        // A slice is cheap, and the bytes are still at hand if they are not UTF-8.
        let valid = Text::try_from(bytes.slice(..));
        valid.map_or_else(|_| Self(String::from_utf8_lossy(&Vec::from(bytes)).into_owned().into()), Self)
    }

    /// Returns the text of bowline, without a copy.
    pub(crate) fn into_text(self) -> Text<'static> {
        self.0
    }
}

impl Default for Utf8Bytes {
    fn default() -> Self {
        Self::from_static("")
    }
}

/// Copies the text only if it is borrowed.
impl From<Text<'_>> for Utf8Bytes {
    #[inline]
    fn from(text: Text<'_>) -> Self {
        Self(text.into_owned())
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for Utf8Bytes {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<Bytes> for Utf8Bytes {
    fn as_ref(&self) -> &Bytes {
        self.0.as_shared().unwrap_or(&EMPTY)
    }
}

impl Borrow<str> for Utf8Bytes {
    fn borrow(&self) -> &str {
        self
    }
}

impl Hash for Utf8Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Utf8Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Utf8Bytes {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl<T> PartialEq<T> for Utf8Bytes
where
    for<'a> &'a str: PartialEq<T>,
{
    fn eq(&self, other: &T) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = std::str::Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        Text::try_from(bytes).map(Self)
    }
}

impl TryFrom<BytesMut> for Utf8Bytes {
    type Error = std::str::Utf8Error;

    fn try_from(bytes: BytesMut) -> Result<Self, Self::Error> {
        bytes.freeze().try_into()
    }
}

impl TryFrom<Vec<u8>> for Utf8Bytes {
    type Error = std::str::Utf8Error;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        Bytes::from(bytes).try_into()
    }
}

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Utf8Bytes {
    fn from(text: &str) -> Self {
        Text::from(text).into()
    }
}

impl From<&String> for Utf8Bytes {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0.into()
    }
}
