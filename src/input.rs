use crate::bug::OrBug;
use core::{fmt, mem};

/// The bytes of one read, as the argument of [`Connection::receive`](crate::Connection::receive) and of the opening handshakes.
///
/// Make one for each read, before the loop that receives. Each call consumes bytes from its front. Payloads are unmasked in place
/// and borrowed from your buffer, so that it has to be mutable.
///
/// ```
/// use bowline::{Config, Connection, Input, Role};
///
/// let mut client = Connection::new(Role::Client, Config::default());
/// let mut buffer = *b"\x81\x05Hello\x81\x03you\x81"; // two messages, and one byte of the next
/// let mut input = Input::from(&mut buffer[..]);
/// let mut events = 0;
/// while let Some(event) = client.receive(&mut input) {
///     println!("{event:?}");
///     events += 1;
/// }
/// assert_eq!((events, input.len()), (2, 0)); // the connection keeps the last byte
/// ```
#[derive(Default)]
pub struct Input<'b>(pub(crate) &'b mut [u8]);

impl<'b> Input<'b> {
    /// Returns the number of bytes that are not yet consumed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether all bytes are consumed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes that are not yet consumed.
    ///
    /// Use it after an opening handshake: the remaining bytes are the first frames of the peer, if it sent any directly after the
    /// handshake. Pass the same `Input` to [`Connection::receive`](crate::Connection::receive).
    #[must_use]
    pub const fn remaining(&self) -> &[u8] {
        self.0
    }

    /// Consumes `len` bytes from the front, or as many as there are, and returns them.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'b mut [u8] {
        let len = len.min(self.0.len());
        let (front, rest) = mem::take(&mut self.0).split_at_mut_checked(len).or_bug();
        self.0 = rest;
        front
    }
}

impl<'b> From<&'b mut [u8]> for Input<'b> {
    fn from(bytes: &'b mut [u8]) -> Self {
        Self(bytes)
    }
}

impl<'b, const N: usize> From<&'b mut [u8; N]> for Input<'b> {
    fn from(bytes: &'b mut [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<'b> From<&'b mut alloc::vec::Vec<u8>> for Input<'b> {
    fn from(bytes: &'b mut alloc::vec::Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Shows the number of bytes, but not the bytes, since they can contain secrets.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("len", &self.len()).finish_non_exhaustive()
    }
}
