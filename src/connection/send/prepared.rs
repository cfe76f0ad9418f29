use crate::bug::OrBug;
use crate::frame::{Header, MAX_HEADER_LEN, Opcode};
use alloc::{sync::Arc, vec::Vec};
use bytes::Bytes;

/// A message that is encoded once for many connections. Use it for broadcasts, with
/// [`Connection::send_prepared`](crate::Connection::send_prepared).
///
/// The connections of a server share its bytes. With the feature `deflate`, it is compressed once for all connections that agreed
/// on the same window. It saves nothing on a client, which has to mask each message with a new key (RFC 6455 §5.3). To clone it
/// copies nothing.
///
/// ```
/// use bowline::{Config, Connection, Prepared, Role};
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let mut audience = [Connection::new(Role::Server, config.clone()), Connection::new(Role::Server, config.clone())];
/// let news = Prepared::text("It rains.");
/// for connection in &mut audience {
///     connection.send_prepared(&news)?;
/// }
/// # Ok::<(), bowline::SendError>(())
/// ```
#[doc(alias = "broadcast")]
#[derive(Clone, Debug)]
pub struct Prepared {
    forms: Arc<Forms>,
    compress: bool,
}

/// The forms of a message, shared by all clones.
#[derive(Debug)]
struct Forms {
    kind: Opcode,
    plain: Encoded,
    /// The message compressed for windows of 9 to 15 bits, each when it is first needed. `None` if that does not make it shorter.
    #[cfg(feature = "deflate")]
    compressed: [std::sync::OnceLock<Option<Encoded>>; 7],
}

/// A frame as a server sends it, without a masking key.
#[derive(Debug)]
pub(crate) struct Encoded {
    frame: Bytes,
    header_len: usize,
}

impl Prepared {
    /// Encodes a text message (RFC 6455 §5.6).
    #[must_use]
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::new(Opcode::Text, text.as_ref().as_bytes())
    }

    /// Encodes a binary message (§5.6).
    #[must_use]
    pub fn binary(data: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Binary, data.as_ref())
    }

    fn new(kind: Opcode, payload: &[u8]) -> Self {
        let forms = Forms {
            kind,
            plain: Encoded::new(kind, 0, payload),
            #[cfg(feature = "deflate")]
            compressed: Default::default(),
        };
        Self { forms: Arc::new(forms), compress: true }
    }

    /// Returns the same message, to be sent without compression, even if compression was agreed: see
    /// [`Message::uncompressed`](crate::Message::uncompressed).
    #[must_use]
    pub fn uncompressed(mut self) -> Self {
        self.compress = false;
        self
    }

    /// Returns the size of the payload, in bytes, before compression.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plain().payload().len()
    }

    /// Returns whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the message may be sent compressed.
    #[cfg(feature = "deflate")]
    pub(crate) const fn may_be_compressed(&self) -> bool {
        self.compress
    }

    /// Returns the kind of the message: text or binary.
    pub(crate) fn kind(&self) -> Opcode {
        self.forms.kind
    }

    /// Returns the frame without compression.
    pub(crate) fn plain(&self) -> &Encoded {
        &self.forms.plain
    }

    /// Returns the frame compressed for a window of `window_bits`, or `None` if that does not make it shorter. The first call for a
    /// window compresses, with the level of its `options`.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, window_bits: u8, options: &crate::deflate::Options) -> Option<&Encoded> {
        // Windows begin with 9 bits. A smaller value wraps, and has no entry.
        let form = self.forms.compressed.get(usize::from(window_bits.wrapping_sub(9)))?;
        let compressed = form.get_or_init(|| {
            let payload = crate::deflate::compress_alone(self.plain().payload(), window_bits, options)?;
            Some(Encoded::new(self.kind(), 4, &payload))
        });
        compressed.as_ref()
    }
}

impl Encoded {
    /// Encodes a frame. `reserved` is as in [`Header::reserved`].
    fn new(kind: Opcode, reserved: u8, payload: &[u8]) -> Self {
        let header = Header { fin: true, reserved, opcode: kind, key: None, payload_len: payload.len() as u64 };
        let mut bytes = [0; MAX_HEADER_LEN];
        let header_len = header.encode(&mut bytes);
        let mut frame = Vec::with_capacity(header_len + payload.len());
        frame.extend_from_slice(bytes.get(..header_len).or_bug());
        frame.extend_from_slice(payload);
        Self { frame: frame.into(), header_len }
    }

    /// Returns the header and the payload.
    pub(crate) fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// Returns the payload, compressed if this form is.
    pub(crate) fn payload(&self) -> &[u8] {
        self.frame.get(self.header_len..).or_bug()
    }
}
