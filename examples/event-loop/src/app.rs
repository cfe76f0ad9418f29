//! The interface between the driver and the application.

use bowline::{
    Closure, Config, Connection, Event,
    server::{PlainRequest, Refusal, Request},
};
use mio::Waker;
use std::{sync::Arc, time::Duration};

/// An application on this driver: it decides about requests, answers messages, and is notified how connections end. A
/// connection is identified by its index, which is reused after its end.
///
/// In [`receive`](Self::receive), an answer to the same connection is queued on it directly. Messages for other connections
/// stay in the application until the driver calls [`take_pending`](Self::take_pending) and [`deliver`](Self::deliver), since
/// the driver also has to tick and write those connections.
pub trait App {
    /// Returns the configuration of all connections.
    fn config(&self) -> &Arc<Config>;

    /// Called once, when the server is bound. From any thread, the waker makes the loop call [`woken`](Self::woken).
    fn begin(&mut self, _waker: Waker) {}

    /// Returns the maximum number of connections at a time. Further clients get status 503.
    fn max_connections(&self) -> usize {
        usize::MAX
    }

    /// Decides about a request for a WebSocket connection.
    ///
    /// # Errors
    ///
    /// The answer to a client that is refused: the driver sends it, and closes.
    fn accept(&mut self, index: usize, request: Request, now: Duration) -> Result<Connection, Refusal>;

    /// Answers a plain HTTP request. `None` closes the connection without an answer.
    fn respond(&mut self, request: PlainRequest) -> Option<Refusal> {
        Some(request.into_refusal())
    }

    /// Called when a client gets this answer instead of a WebSocket connection, for a log.
    fn refused(&mut self, _refusal: &Refusal) {}

    /// Called for each event of an accepted connection.
    fn receive(&mut self, index: usize, connection: &mut Connection, event: Event<'_>, now: Duration);

    /// Called for deadlines of the application while a connection is open, after each of its reads and deadlines. It returns
    /// the longest wait before the next call, and may close the connection.
    fn tick(&mut self, _index: usize, _connection: &mut Connection, _now: Duration) -> Option<Duration> {
        None
    }

    /// Called when a connection has ended. `closure` is `None` if its client was refused, or if it was dropped before its end.
    fn ended(&mut self, index: usize, closure: Option<&Closure>);

    /// Returns the connections for which messages are waiting, and clears the list. Called before the loop waits.
    fn take_pending(&mut self) -> Vec<usize> {
        Vec::new()
    }

    /// Queues the waiting messages of a connection.
    fn deliver(&mut self, _index: usize, _connection: &mut Connection) {}

    /// Called after the waker was used. `true` ends the server: it accepts no more clients, and closes all connections.
    fn woken(&mut self) -> bool {
        false
    }
}
