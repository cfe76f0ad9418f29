//! A rate limit for each client.

use std::time::Duration;

/// The costs of a message and of entering a room, in tokens. A room costs more, since its history is sent. A notice (`typing`
/// and `beat`) costs less, since hardly any is passed on.
pub(crate) const COST: f64 = 1.0;
pub(crate) const COST_OF_A_ROOM: f64 = 5.0;
pub(crate) const COST_OF_A_NOTICE: f64 = 0.1;

/// A token bucket: each message removes tokens, and the bucket refills at a fixed rate. So short bursts are allowed.
pub(crate) struct Bucket {
    tokens: f64,
    filled: Duration,
}

impl Bucket {
    /// The number of tokens in a full bucket.
    const SPACE: f64 = 30.0;
    const PER_SECOND: f64 = 10.0;

    pub(crate) fn full(now: Duration) -> Self {
        Self { tokens: Self::SPACE, filled: now }
    }

    /// Removes this many tokens, and returns whether there were enough. If not, none is removed.
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
