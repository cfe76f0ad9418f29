use super::Payload;
use alloc::{borrow::Cow, vec::Vec};
use bytes::{Bytes, BytesMut};
use core::ops::Deref;

/// Bytes to send, borrowed or owned: the argument of [`Connection::send_binary`](crate::Connection::send_binary).
///
/// You seldom name this type, since `&[u8]`, `&[u8; N]`, `&Vec<u8>`, `Vec<u8>`, `Cow<[u8]>`, [`Bytes`], `&Bytes`, [`BytesMut`], and
/// a received [`Payload`] or `&Payload` convert to it. Borrowed bytes are copied to the output. Large owned ones are queued without
/// a copy.
///
/// ```
/// use bowline::{Config, Connection, Role};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// server.send_binary(b"borrowed")?;
/// server.send_binary(vec![0; 100_000])?; // queued without a copy
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Data<'a>(pub(crate) DataRepr<'a>);

#[derive(Clone, Debug)]
pub(crate) enum DataRepr<'a> {
    Borrowed(&'a [u8]),
    Owned(Bytes),
}

impl Deref for Data<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            DataRepr::Borrowed(bytes) => bytes,
            DataRepr::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Data<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<'a> From<&'a [u8]> for Data<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        Self(DataRepr::Borrowed(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Data<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self(DataRepr::Borrowed(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Data<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self(DataRepr::Borrowed(bytes))
    }
}

impl<'a> From<&'a Payload<'_>> for Data<'a> {
    fn from(bytes: &'a Payload<'_>) -> Self {
        Self(DataRepr::Borrowed(bytes))
    }
}

impl<'a> From<Payload<'a>> for Data<'a> {
    #[inline]
    fn from(payload: Payload<'a>) -> Self {
        match payload.try_into_borrowed() {
            Ok(bytes) => bytes.into(),
            Err(bytes) => bytes.into(),
        }
    }
}

impl<'a> From<Cow<'a, [u8]>> for Data<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        }
    }
}

impl From<Vec<u8>> for Data<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(DataRepr::Owned(bytes.into()))
    }
}

impl From<Bytes> for Data<'_> {
    fn from(bytes: Bytes) -> Self {
        Self(DataRepr::Owned(bytes))
    }
}

impl From<&Bytes> for Data<'_> {
    fn from(bytes: &Bytes) -> Self {
        Self(DataRepr::Owned(bytes.clone()))
    }
}

impl From<BytesMut> for Data<'_> {
    fn from(bytes: BytesMut) -> Self {
        Self(DataRepr::Owned(bytes.freeze()))
    }
}
