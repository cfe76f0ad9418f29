use core::time::Duration;

/// A moment in monotonic time, as the time elapsed since an origin of the caller's choice.
///
/// The core has no clock. With `std`, keep an [`Instant`](https://doc.rust-lang.org/std/time/struct.Instant.html) as the origin, and pass
/// `origin.elapsed()`. Without, use any monotonic counter.
///
/// ```
/// use bowline::Timestamp;
/// use std::time::Instant;
///
/// let origin = Instant::now(); // once
/// let now = Timestamp::from(origin.elapsed()); // each time
/// assert!(now >= Timestamp::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// The moment at which `elapsed` has passed since the origin.
    #[must_use]
    pub const fn since_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The moment `duration` later. It saturates: a moment from [`NEVER`] on is never reached.
    pub(crate) const fn saturating_add(self, duration: Duration) -> Self {
        match self.0.as_secs().checked_add(duration.as_secs()) {
            Some(seconds) if seconds < NEVER => {
                Self(Duration::new(seconds, self.0.subsec_nanos() + duration.subsec_nanos()))
            }
            _ => Self(Duration::MAX),
        }
    }

    /// How long after `earlier` this is; zero if it is before it.
    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        let at = if self.0.as_secs() < NEVER { self.0 } else { Duration::from_secs(NEVER) };
        at.saturating_sub(earlier.0)
    }
}

/// In seconds after the origin. `Duration` panics where the carry of the nanoseconds overflows the seconds; with this bound, the
/// optimiser can exclude that.
const NEVER: u64 = u64::MAX - 4;

impl From<Duration> for Timestamp {
    fn from(since_origin: Duration) -> Self {
        Self(since_origin)
    }
}

/// The time elapsed since the origin.
impl From<Timestamp> for Duration {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

/// The shortest wait and the shortest deadline: a timeout of zero is an error for the sockets of std, and a ping that is due at
/// once, again and again, would leave no time to read.
pub(crate) const MIN_WAIT: Duration = Duration::from_millis(1);
