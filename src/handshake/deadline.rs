use crate::{HandshakeError, Timestamp, time::MIN_WAIT};
use core::time::Duration;

/// The deadline of an opening handshake. It counts from the first `tick`, since no earlier call knows the time.
#[derive(Debug)]
pub(super) struct Deadline {
    limit: Option<Duration>,
    armed: Option<Timestamp>,
    /// Stored for `receive`, which has no clock and enforces the deadline.
    passed: bool,
}

impl Deadline {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, armed: None, passed: false }
    }

    /// Returns how long to wait before the next `tick`: `None` without a limit, and never zero (see `MIN_WAIT`).
    pub(super) fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        let limit = self.limit?;
        let armed = *self.armed.get_or_insert(now);
        let left = limit.saturating_sub(now.saturating_since(armed));
        self.passed |= left.is_zero();
        Some(left.max(MIN_WAIT))
    }

    /// Returns the error, if the deadline has passed.
    pub(super) fn check(&self) -> Result<(), HandshakeError> {
        match self.limit {
            Some(limit) if self.passed => Err(HandshakeError::Deadline { limit }),
            _ => Ok(()),
        }
    }
}
