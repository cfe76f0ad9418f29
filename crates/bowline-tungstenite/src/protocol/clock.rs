//! The clock for deadlines, which a connection has only if its configuration asks for them.

use super::Message;
use crate::Result;
use bowline::{Cause, Closure, Connection, Timestamp};
use std::io;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Clock {
    /// Tokio's clock, so that tests can pause it. It can be read without a runtime.
    origin: Instant,
    /// The time of the next deadline, after the last tick.
    pub(super) next: Option<Instant>,
    /// The result of a read that was made while a write was blocked. The next read returns it.
    pub(super) early: Option<Result<Message>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { origin: Instant::now(), next: None, early: None }
    }

    /// Advances the clock of the connection.
    pub(super) fn tick(&mut self, connection: &mut Connection) {
        let now = Instant::now();
        let wait = connection.tick(Timestamp::since_origin(now.saturating_duration_since(self.origin)));
        self.next = wait.and_then(|wait| now.checked_add(wait));
    }
}

/// Returns whether a deadline has ended the connection.
pub(super) fn is_by_deadline(closure: &Closure) -> bool {
    matches!(closure.cause(), Cause::Deadline(_))
}

/// Returns the error for a connection that a deadline has ended.
pub(super) fn timed_out(closure: &Closure) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, closure.clone())
}
