use crate::bug::OrBug;
use crate::frame::{Header, MAX_HEADER_LEN, Opcode};
use alloc::{sync::Arc, vec::Vec};
use bytes::Bytes;

/// A message for many connections, encoded once: see [`Connection::send_prepared`](crate::Connection::send_prepared).
///
/// Use it for broadcasts. The connections of a server share its bytes, and with the feature `deflate` it is compressed once for all
/// connections that agreed on the same window. A client has to mask each message with a new key (RFC 6455 §5.3), so it saves nothing
/// there. Cloning is cheap.
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
#[derive(Clone, Debug)]
pub struct Prepared {
    forms: Arc<Forms>,
    compress: bool,
}

#[derive(Debug)]
struct Forms {
    kind: Opcode,
    plain: Encoded,
    /// Compressed for windows of 9 to 15 bits, each when it is first needed; `None` if that does not make it shorter.
    #[cfg(feature = "deflate")]
    compressed: [std::sync::OnceLock<Option<Encoded>>; 7],
}

/// A frame as a server sends it.
#[derive(Debug)]
pub(crate) struct Encoded {
    frame: Bytes,
    header_len: usize,
}

impl Prepared {
    /// A text message (RFC 6455 §5.6), encoded now.
    #[must_use]
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::new(Opcode::Text, text.as_ref().as_bytes())
    }

    /// A binary message (§5.6), encoded now.
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

    /// The same message, to be sent without compression, even if compression was agreed: see
    /// [`Message::uncompressed`](crate::Message::uncompressed).
    #[must_use]
    pub fn uncompressed(mut self) -> Self {
        self.compress = false;
        self
    }

    /// The size of the payload, in bytes, before compression.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plain().payload().len()
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(feature = "deflate")]
    pub(crate) const fn may_be_compressed(&self) -> bool {
        self.compress
    }

    pub(crate) fn kind(&self) -> Opcode {
        self.forms.kind
    }

    pub(crate) fn plain(&self) -> &Encoded {
        &self.forms.plain
    }

    /// Compressed for a window of `window_bits`, if that makes it shorter. The first call for a window does the work, with the
    /// level of its `options`.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, window_bits: u8, options: &crate::deflate::Options) -> Option<&Encoded> {
        let form = self.forms.compressed.get(usize::from(window_bits.wrapping_sub(9)))?;
        let compressed = form.get_or_init(|| {
            let payload = crate::deflate::compress_alone(self.plain().payload(), window_bits, options)?;
            Some(Encoded::new(self.kind(), 4, &payload))
        });
        compressed.as_ref()
    }
}

impl Encoded {
    fn new(kind: Opcode, reserved: u8, payload: &[u8]) -> Self {
        let header = Header { fin: true, reserved, opcode: kind, key: None, payload_len: payload.len() as u64 };
        let mut bytes = [0; MAX_HEADER_LEN];
        let header_len = header.encode(&mut bytes);
        let mut frame = Vec::with_capacity(header_len + payload.len());
        frame.extend_from_slice(bytes.get(..header_len).or_bug());
        frame.extend_from_slice(payload);
        Self { frame: frame.into(), header_len }
    }

    pub(crate) fn frame(&self) -> &Bytes {
        &self.frame
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.frame.get(self.header_len..).or_bug()
    }
}
