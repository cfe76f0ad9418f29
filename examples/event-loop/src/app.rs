//! The interface between the driver and the application.

use bowline::{
    Closure, Config, Connection, Event,
    server::{PlainRequest, Refusal, Request},
};
use mio::Waker;
use std::{sync::Arc, time::Duration};

/// What a server does: it decides about requests, answers messages, and is told how connections end. Connections are
/// identified by their index, which is reused after the end of one.
///
/// An answer to the connection whose event is received is sent at once. Messages for other connections are kept in the
/// application until the driver asks for them, since each of those connections has to be ticked and written, too.
pub trait App {
    /// The configuration of all connections.
    fn config(&self) -> &Arc<Config>;

    /// Called once, when the server is bound. The waker makes the loop call [`woken`](Self::woken), from any thread.
    fn begin(&mut self, _waker: Waker) {}

    /// The maximum number of connections at a time.
    fn max_connections(&self) -> usize {
        usize::MAX
    }

    /// Decides about a request for a WebSocket connection.
    ///
    /// # Errors
    ///
    /// The answer to a client that is refused.
    fn accept(&mut self, index: usize, request: Request, now: Duration) -> Result<Connection, Refusal>;

    /// Answers a plain HTTP request. `None` closes the connection without an answer.
    fn respond(&mut self, request: PlainRequest) -> Option<Refusal> {
        Some(request.into_refusal())
    }

    /// A client is about to get this answer instead of a WebSocket connection: for a log.
    fn refused(&mut self, _refusal: &Refusal) {}

    /// An event of a connection that was accepted.
    fn receive(&mut self, index: usize, connection: &mut Connection, event: Event<'_>, now: Duration);

    /// For deadlines of the application: called while a connection is open, after each of its events and deadlines. It
    /// returns how long to wait at most before the next call, and may close the connection.
    fn tick(&mut self, _index: usize, _connection: &mut Connection, _now: Duration) -> Option<Duration> {
        None
    }

    /// A connection has ended. `closure` is `None` if its client was refused, or if it was dropped before its end.
    fn ended(&mut self, index: usize, closure: Option<&Closure>);

    /// Takes the list of connections for which messages are kept.
    fn take_pending(&mut self) -> Vec<usize> {
        Vec::new()
    }

    /// Sends the messages that are kept for a connection.
    fn deliver(&mut self, _index: usize, _connection: &mut Connection) {}

    /// The waker was used. `true` ends the server: no client is accepted any more, and all connections are closed.
    fn woken(&mut self) -> bool {
        false
    }
}
