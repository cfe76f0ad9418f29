use alloc::vec::Vec;
use bytes::Bytes;
use core::{
    fmt,
    ops::{Deref, DerefMut},
};

/// The payload of a received binary message or control frame. It dereferences to `[u8]`.
///
/// It is borrowed from the buffer given to [`Connection::receive`](crate::Connection::receive) if all of it was in there, and owned
/// if it was assembled from several reads or was compressed. The difference matters only if you keep it: convert it to a `Vec` or
/// to [`Bytes`] then.
///
/// ```
/// # use bowline::{Config, Connection, Event, Input, Role};
/// # let mut connection = Connection::new(Role::Client, Config::default());
/// # let mut read = *b"\x82\x03\x01\x02\x03";
/// # let mut input = Input::from(&mut read);
/// if let Some(Event::Binary(mut data)) = connection.receive(&mut input) {
///     data[0] += 1; // the bytes may be changed
///     assert_eq!(data, [2, 2, 3]);
///     let owned: Vec<u8> = data.into(); // to keep them
///     assert_eq!(owned, [2, 2, 3]);
/// }
/// ```
pub struct Payload<'b>(Repr<'b>);

enum Repr<'b> {
    Borrowed(&'b mut [u8]),
    /// Not `Bytes`, so that a received payload can be changed in place.
    Owned(Vec<u8>),
}

impl<'b> Payload<'b> {
    #[inline]
    pub(crate) const fn borrowed(bytes: &'b mut [u8]) -> Self {
        Self(Repr::Borrowed(bytes))
    }

    /// Returns whether the payload is borrowed from the buffer that was given to
    /// [`Connection::receive`](crate::Connection::receive). It is then the last part of the bytes that this call consumed.
    ///
    /// A driver can use this to keep a range of its buffer instead of a copy.
    #[must_use]
    pub const fn is_borrowed(&self) -> bool {
        matches!(self.0, Repr::Borrowed(_))
    }

    /// Converts to a vector. The bytes are copied only if they were borrowed.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Repr::Borrowed(bytes) => crate::frame::to_vec(bytes),
            Repr::Owned(bytes) => bytes,
        }
    }

    /// Converts to a payload that is no longer tied to the caller's buffer, to keep it. The bytes are copied only if they were
    /// borrowed.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        self.into_vec().into()
    }

    /// Returns the slice if it was borrowed, and otherwise the vector as the `Err`.
    pub(crate) fn try_into_borrowed(self) -> Result<&'b [u8], Vec<u8>> {
        match self.0 {
            Repr::Borrowed(bytes) => Ok(bytes),
            Repr::Owned(bytes) => Err(bytes),
        }
    }
}

/// Copies the bytes: the clone is owned.
impl Clone for Payload<'_> {
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Repr::Owned(bytes))
    }
}

/// Copies the bytes only if they were borrowed.
impl From<Payload<'_>> for Vec<u8> {
    fn from(payload: Payload<'_>) -> Self {
        payload.into_vec()
    }
}

/// Copies the bytes only if they were borrowed.
impl From<Payload<'_>> for Bytes {
    fn from(payload: Payload<'_>) -> Self {
        payload.into_vec().into()
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(bytes) => bytes,
            Repr::Owned(bytes) => bytes,
        }
    }
}

impl DerefMut for Payload<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Repr::Borrowed(bytes) => bytes,
            Repr::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Eq for Payload<'_> {}

impl PartialEq<Payload<'_>> for Payload<'_> {
    fn eq(&self, other: &Payload<'_>) -> bool {
        **self == **other
    }
}

// Equality with types that contain bytes, in both directions.
macro_rules! equal_to_bytes {
    ($([$($generic:tt)*] $other:ty),+ $(,)?) => {$(
        impl<$($generic)*> PartialEq<$other> for Payload<'_> {
            fn eq(&self, other: &$other) -> bool {
                **self == other[..]
            }
        }

        impl<$($generic)*> PartialEq<Payload<'_>> for $other {
            fn eq(&self, other: &Payload<'_>) -> bool {
                self[..] == **other
            }
        }
    )+};
}

equal_to_bytes!([] [u8], [] &[u8], [const N: usize] [u8; N], [const N: usize] &[u8; N], [] Vec<u8>, [] Bytes);

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
