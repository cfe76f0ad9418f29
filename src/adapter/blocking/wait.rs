use core::time::Duration;

/// How long a call may wait for the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Without a limit.
    Unlimited,
    /// Until this time since the origin of the clock.
    Until(Duration),
    /// Not at all: the stream is in non-blocking mode.
    Never,
}

impl Wait {
    /// Whether the time of a call with a limit is over. For the other calls it never is.
    pub(super) fn is_over(self, now: Duration) -> bool {
        matches!(self, Self::Until(end) if end <= now)
    }
}
