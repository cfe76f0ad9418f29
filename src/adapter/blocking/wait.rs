use core::time::Duration;

/// How long a call may wait for the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Without a limit.
    Unlimited,
    /// Until this long after the origin of the clock.
    Until(Duration),
    /// Not at all: the stream is in non-blocking mode.
    Never,
}

impl Wait {
    /// Whether the time is over, which it never is for a call without a limit, and for one that does not wait.
    pub(super) fn is_over(self, now: Duration) -> bool {
        matches!(self, Self::Until(end) if end <= now)
    }
}
