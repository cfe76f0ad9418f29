//! The clock for deadlines, which a connection has only if its configuration asks for them.

use bowline::{Connection, Timestamp};
use std::{io, time::Duration};
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Clock {
    /// Tokio's clock, so that tests can pause it. It can be read without a runtime.
    origin: Instant,
    /// The longest time to wait for bytes, after the last tick.
    pub(super) wait: Option<Duration>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { origin: Instant::now(), wait: None }
    }

    /// Advances the clock of the connection.
    ///
    /// # Errors
    ///
    /// Returns [`TimedOut`](io::ErrorKind::TimedOut) with the closure, if a deadline has ended the connection.
    pub(super) fn tick(&mut self, connection: &mut Connection) -> io::Result<()> {
        self.wait = connection.tick(Timestamp::since_origin(self.origin.elapsed()));
        match connection.closure() {
            Some(closure) if matches!(closure.cause(), bowline::Cause::Deadline(_)) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, closure.clone()))
            }
            _ => Ok(()),
        }
    }
}
