use crate::{Connection, Event};
use alloc::{collections::VecDeque, vec::Vec};
use core::fmt;
#[cfg(any(feature = "tokio", feature = "futures-io"))]
use std::io;
use std::time::Instant;

/// A `WebSocket` taken apart: the stream, the connection, and the bytes that were read but not yet received.
///
/// Use it to move an open connection: to the other adapter, to a driver of your own, or to another stream type. `into_parts` of
/// an adapter's `WebSocket` returns the parts without losing a byte. The queued output is in the connection's
/// [`output`](Connection::output).
///
/// Use it also for a connection whose opening handshake was made elsewhere, if frames were read together with the handshake. Make
/// the parts with [`new`](Self::new), set [`unread`](Self::unread), and pass them to the `from_parts` of an adapter:
///
/// ```
/// use bowline::{Config, Connection, Role, adapter::{Parts, blocking::WebSocket}};
///
/// # let stream = std::io::empty();
/// let connection = Connection::new(Role::Client, Config::default());
/// let mut parts = Parts::new(stream, connection);
/// parts.unread = b"\x81\x05Hello".to_vec(); // arrived with the head of the response
/// let socket = WebSocket::from_parts(parts);
/// assert_eq!(socket.into_parts().unread, b"\x81\x05Hello");
/// ```
///
/// # Deadlines
///
/// Parts of `into_parts` keep the clock of the connection, so that its deadlines continue. Parts of [`new`](Self::new) begin all
/// deadlines anew. To drive the connection with a clock of your own, call [`Connection::restart_clock`] first.
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream, with nothing lost: what was read from it is in [`unread`](Self::unread), or was received.
    pub stream: S,
    /// The connection, with everything that is queued on it.
    pub connection: Connection,
    /// Events that were received while a call waited to write, and not yet returned. They come before those in `unread`.
    pub events: VecDeque<Event<'static>>,
    /// Bytes that were read from the stream and not yet received. Pass them to [`Connection::receive`] before you read more.
    pub unread: Vec<u8>,
    /// How the stream ended, if a read has returned that already, and the bytes before it are not yet received.
    #[cfg(any(feature = "tokio", feature = "futures-io"))]
    pub(super) end: Option<io::Result<()>>,
    /// The origin of the connection's timestamps. `None` if its clock is not known, as for parts of `new`.
    pub(super) origin: Option<Instant>,
}

impl<S> Parts<S> {
    /// Returns the origin of the clock that drives the connection from now on. If the previous clock is not known, `now` is the
    /// origin, and the deadlines begin anew.
    pub(super) fn clock_origin(&mut self, now: Instant) -> Instant {
        self.origin.unwrap_or_else(|| {
            self.connection.restart_clock();
            now
        })
    }

    /// Creates the parts of a stream and a connection whose opening handshake is complete, without unread bytes.
    #[must_use]
    pub const fn new(stream: S, connection: Connection) -> Self {
        Self {
            stream,
            connection,
            events: VecDeque::new(),
            unread: Vec::new(),
            #[cfg(any(feature = "tokio", feature = "futures-io"))]
            end: None,
            origin: None,
        }
    }
}

/// Prints the number of unread bytes instead of the bytes, which may contain secrets.
impl<S> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, events, unread, .. } = self;
        f.debug_struct("Parts")
            .field("connection", connection)
            .field("events", &events.len())
            .field("unread", &unread.len())
            .finish_non_exhaustive()
    }
}
