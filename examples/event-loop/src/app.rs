//! What a server is for, as the driver sees it.

use bowline::{
    Closure, Config, Connection, Event,
    server::{Refusal, Request},
};
use bytes::Buf;
use mio::Waker;
use std::{sync::Arc, time::Duration};

/// The other half of a server: it decides about requests, answers messages, and hears how connections end. It knows
/// connections by their index, which is used again after the end of one.
///
/// An answer to the connection that speaks is sent at once. What is for others waits in the app until the driver asks for
/// it, as each of them has to be told the time and written to as well.
pub trait App {
    /// How all connections behave.
    fn config(&self) -> &Arc<Config>;

    /// The loop begins. A waker makes it call [`woken`](Self::woken), from any thread.
    fn begin(&mut self, _waker: Waker) {}

    /// How many connections there may be at once.
    fn most_connections(&self) -> usize {
        usize::MAX
    }

    /// Whether a client gets the WebSocket that it asks for.
    ///
    /// # Errors
    ///
    /// The answer to a client that does not.
    fn accept(&mut self, request: Request) -> Result<Connection, Refusal>;

    /// What came is no handshake, or a bad one. `head` is what came, with its beginning whole and its end as far as it was
    /// read. The answer is the refusal, unless it is a plain request for something that is served here.
    fn answer(&mut self, refusal: Refusal, _head: &[u8]) -> Box<dyn Buf> {
        Box::new(refusal)
    }

    /// What the peer did.
    fn receive(&mut self, index: usize, connection: &mut Connection, event: Event<'_>, now: Duration);

    /// A deadline of the app's own: it may end a connection that is open, and says in how long it wants to be asked again.
    /// It is also asked whenever something happens to the connection.
    fn tick(&mut self, _index: usize, _connection: &mut Connection, _now: Duration) -> Option<Duration> {
        None
    }

    /// A connection is gone, and so it ended. Each that was accepted comes here once.
    fn ended(&mut self, index: usize, closure: Option<&Closure>);

    /// For whom something waits.
    fn waiting(&mut self) -> Vec<usize> {
        Vec::new()
    }

    /// Sends what waits for a connection.
    fn deliver(&mut self, _index: usize, _connection: &mut Connection) {}

    /// The waker was used. True ends the server: nobody is accepted any more, and everybody gets a Close frame.
    fn woken(&mut self) -> bool {
        false
    }
}
