use crate::frame::{Header, MAX_HEADER_LEN, Opcode};
use alloc::vec::Vec;
use bytes::Bytes;

/// A message for many connections, encoded once: see [`Connection::send_prepared`](crate::Connection::send_prepared).
///
/// On servers all connections share its bytes. Clients have to mask each message with a key of its own (RFC 6455 §5.3), so
/// for them it saves nothing. Cloning is cheap.
///
/// ```
/// use bowline::{Config, Connection, Prepared, Role};
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let mut audience = [Connection::new(Role::Server, &config), Connection::new(Role::Server, &config)];
/// let news = Prepared::text("It rains.");
/// for connection in &mut audience {
///     connection.send_prepared(&news)?;
/// }
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    kind: Opcode,
    frame: Bytes,
    header_len: usize,
}

impl Prepared {
    /// A text message.
    #[must_use]
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::new(Opcode::Text, text.as_ref().as_bytes())
    }

    /// A binary message.
    #[must_use]
    pub fn binary(data: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Binary, data.as_ref())
    }

    fn new(kind: Opcode, payload: &[u8]) -> Self {
        let header = Header { fin: true, reserved: 0, opcode: kind, key: None, payload_len: payload.len() as u64 };
        let mut bytes = [0; MAX_HEADER_LEN];
        let header_len = header.encode(&mut bytes);
        let mut frame = Vec::with_capacity(header_len + payload.len());
        frame.extend_from_slice(bytes.get(..header_len).unwrap_or_default());
        frame.extend_from_slice(payload);
        Self { kind, frame: frame.into(), header_len }
    }

    pub(crate) fn kind(&self) -> Opcode {
        self.kind
    }

    /// The frame as a server sends it.
    pub(crate) fn frame(&self) -> &Bytes {
        &self.frame
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.frame.get(self.header_len..).unwrap_or_default()
    }
}
