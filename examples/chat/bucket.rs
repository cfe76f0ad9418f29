//! How much a client may say in a while.

use std::time::Duration;

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

    /// Whether there were enough tokens.
    pub(crate) fn take(&mut self, tokens: f64, now: Duration) -> bool {
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * Self::PER_SECOND).min(Self::SPACE) - tokens;
        self.filled = now;
        self.tokens >= 0.0
    }
}
