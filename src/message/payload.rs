use alloc::vec::Vec;
use core::{
    fmt,
    ops::{Deref, DerefMut},
};

/// The payload of a received message or control frame: lent from the caller's buffer if it lay there whole, owned if it
/// had to be assembled. It derefs to `[u8]`, and which of the two it is seldom matters.
///
/// ```
/// # use bowline::{Config, Connection, Event, Role};
/// # let mut connection = Connection::new(Role::Client, Config::default());
/// # let mut read = *b"\x82\x03\x01\x02\x03";
/// if let Some(Event::Binary(mut data)) = connection.receive(&mut (&mut read[..]).into()) {
///     data[0] += 1; // it is yours to change
///     assert!(data.is_lent());
///     let owned: Vec<u8> = data.into_vec(); // to keep it
///     assert_eq!(owned, [2, 2, 3]);
/// }
/// ```
pub struct Payload<'b>(Raw<'b>);

enum Raw<'b> {
    Lent(&'b mut [u8]),
    Owned(Vec<u8>),
}

impl<'b> Payload<'b> {
    pub(crate) const fn lent(bytes: &'b mut [u8]) -> Self {
        Self(Raw::Lent(bytes))
    }

    /// The slice if it was lent, else the vector.
    pub(crate) fn into_lent(self) -> Result<&'b mut [u8], Vec<u8>> {
        match self.0 {
            Raw::Lent(bytes) => Ok(bytes),
            Raw::Owned(bytes) => Err(bytes),
        }
    }

    /// Whether it lies in the buffer that was given to [`Connection::receive`](crate::Connection::receive): then it is
    /// the last part of what that call consumed.
    #[must_use]
    pub const fn is_lent(&self) -> bool {
        matches!(self.0, Raw::Lent(_))
    }

    /// Its bytes; they are copied if they were lent.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Raw::Lent(bytes) => bytes.to_vec(),
            Raw::Owned(bytes) => bytes,
        }
    }

    /// The same payload, no longer tied to the caller's buffer.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        Payload(Raw::Owned(self.into_vec()))
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Raw::Owned(bytes))
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Raw::Lent(bytes) => bytes,
            Raw::Owned(bytes) => bytes,
        }
    }
}

impl DerefMut for Payload<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Raw::Lent(bytes) => bytes,
            Raw::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq<Payload<'_>> for Payload<'_> {
    fn eq(&self, other: &Payload<'_>) -> bool {
        **self == **other
    }
}

impl Eq for Payload<'_> {}

impl PartialEq<[u8]> for Payload<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
