use super::Payload;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use core::ops::Deref;

/// Bytes to send: lent, or owned as [`Bytes`], of which no copy is made if they are many.
///
/// It is made from `&[u8]`, `&[u8; N]`, `&Vec<u8>`, `Vec<u8>`, [`Bytes`], [`BytesMut`] and a received [`Payload`] or `&Payload`:
///
/// ```
/// use bowline::{Config, Connection, Role};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// server.send_binary(b"lent")?;
/// server.send_binary(vec![0; 100_000])?; // queued as it is
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Debug)]
pub struct Data<'a>(pub(crate) Source<'a>);

#[derive(Debug)]
pub(crate) enum Source<'a> {
    Lent(&'a [u8]),
    Owned(Bytes),
}

impl Deref for Data<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Source::Lent(bytes) => bytes,
            Source::Owned(bytes) => bytes,
        }
    }
}

impl<'a> From<&'a [u8]> for Data<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Source::Lent(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Data<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self(Source::Lent(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Data<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self(Source::Lent(bytes))
    }
}

impl<'a> From<&'a Payload<'_>> for Data<'a> {
    fn from(bytes: &'a Payload<'_>) -> Self {
        Self(Source::Lent(bytes))
    }
}

impl<'a> From<Payload<'a>> for Data<'a> {
    fn from(payload: Payload<'a>) -> Self {
        match payload.into_lent() {
            Ok(bytes) => Self(Source::Lent(bytes)),
            Err(bytes) => bytes.into(),
        }
    }
}

impl From<Vec<u8>> for Data<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Source::Owned(bytes.into()))
    }
}

impl From<Bytes> for Data<'_> {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Owned(bytes))
    }
}

impl From<BytesMut> for Data<'_> {
    fn from(bytes: BytesMut) -> Self {
        Self(Source::Owned(bytes.freeze()))
    }
}
