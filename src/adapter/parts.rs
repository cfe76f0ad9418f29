use crate::Connection;
use alloc::vec::Vec;
use core::fmt;
use std::time::Instant;

/// The parts of a `WebSocket`: its stream, its connection, and the bytes that were read from the one and are not yet received by
/// the other.
///
/// `into_parts` returns them, for example to drive a connection with code of your own, or with the other adapter. `from_parts`
/// makes a `WebSocket` of them, also of a stream and a connection whose opening handshake was made elsewhere:
///
/// ```
/// use bowline::{Config, Connection, Role, adapter::Parts};
///
/// # let stream = std::io::empty();
/// let mut parts = Parts::new(stream, Connection::new(Role::Server, Config::default()));
/// parts.unread = b"frames that arrived with the head of the request".to_vec();
/// ```
///
/// To drive the connection by a clock of your own, call [`Connection::restart_clock`] first. With [`Parts::new`], for example for
/// another type of stream, its deadlines begin anew.
///
/// What the connection has queued is in its [`output`](Connection::output), and goes with it.
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The connection.
    pub connection: Connection,
    /// Bytes that were read from the stream: pass them to [`Connection::receive`] before reading more.
    pub unread: Vec<u8>,
    /// The origin of the timestamps of the connection: none if the clock that it was driven by is not known.
    pub(super) origin: Option<Instant>,
}

impl<S> Parts<S> {
    /// The origin of the clock that drives the connection from now on. If the one before is not known, the deadlines begin anew.
    pub(super) fn clock_origin(&mut self, now: Instant) -> Instant {
        self.origin.unwrap_or_else(|| {
            self.connection.restart_clock();
            now
        })
    }

    /// A stream and a connection whose opening handshake is over, with no unread bytes.
    #[must_use]
    pub const fn new(stream: S, connection: Connection) -> Self {
        Self { stream, connection, unread: Vec::new(), origin: None }
    }
}

/// The number of unread bytes, and not the bytes: there may be secrets in them.
impl<S> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, unread, .. } = self;
        f.debug_struct("Parts").field("connection", connection).field("unread", &unread.len()).finish_non_exhaustive()
    }
}
