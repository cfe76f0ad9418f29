//! How a connection is made of its parts and a timer.

use super::{Parts, Timer, WebSocket};
use crate::{Connection, adapter::task::Clock};
use ::futures_io::{AsyncRead, AsyncWrite};

impl<S: AsyncRead + AsyncWrite + Unpin, T: Timer> WebSocket<S, T> {
    /// Joins a stream of the crate `futures-io`, a connection whose opening handshake is complete, and the timer of the runtime.
    ///
    /// Use it if an HTTP library made the handshake, or in tests: see [`Connection::new`]. If bytes were read beyond the
    /// handshake, use [`from_parts_with_timer`](Self::from_parts_with_timer).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, adapter::futures_io::{Timer, WebSocket}};
    /// # use futures_io::{AsyncRead, AsyncWrite};
    /// fn server<S: AsyncRead + AsyncWrite + Unpin, T: Timer>(stream: S, timer: T) -> WebSocket<S, T> {
    ///     WebSocket::with_timer(stream, Connection::new(Role::Server, Config::default()), timer)
    /// }
    /// ```
    #[must_use]
    pub fn with_timer(stream: S, mut connection: Connection, timer: T) -> Self {
        connection.restart_clock();
        Self::with_clock(stream, connection, Clock::starting(timer))
    }

    /// Joins a stream of the crate `futures-io`, a connection, bytes that were read from the stream but not yet received, and the
    /// timer of the runtime.
    ///
    /// Use it with the parts of an [`into_parts`](Self::into_parts), also of another adapter, or if frames were read together with
    /// an opening handshake that was made elsewhere: see [`Parts`].
    ///
    /// ```
    /// # use bowline::adapter::{Parts, futures_io::{Timer, WebSocket}};
    /// # use futures_io::{AsyncRead, AsyncWrite};
    /// fn resume<S: AsyncRead + AsyncWrite + Unpin, T: Timer>(parts: Parts<S>, timer: T) -> WebSocket<S, T> {
    ///     WebSocket::from_parts_with_timer(parts, timer)
    /// }
    /// ```
    #[must_use]
    pub fn from_parts_with_timer(parts: Parts<S>, timer: T) -> Self {
        Self::with_parts(parts, timer)
    }
}
