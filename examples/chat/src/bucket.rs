//! How much a client may say in a while.

use std::time::Duration;

/// What a message costs, in tokens. Who comes into a room is sent what was said there.
pub(crate) const COST: f64 = 1.0;
pub(crate) const COST_OF_A_ROOM: f64 = 5.0;

/// A token bucket: each message takes tokens out, and time puts them back. A short rush is fine, a flood is not.
pub(crate) struct Bucket {
    tokens: f64,
    filled: Duration,
}

impl Bucket {
    /// What is in a full bucket.
    const SPACE: f64 = 30.0;
    const PER_SECOND: f64 = 10.0;

    pub(crate) fn full(now: Duration) -> Self {
        Self { tokens: Self::SPACE, filled: now }
    }

    /// Whether there were enough tokens. If not, all stay there.
    pub(crate) fn take(&mut self, tokens: f64, now: Duration) -> bool {
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * Self::PER_SECOND).min(Self::SPACE);
        self.filled = now;
        let is_enough = self.tokens >= tokens;
        if is_enough {
            self.tokens -= tokens;
        }
        is_enough
    }
}
