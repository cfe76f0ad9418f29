use core::time::Duration;

/// The current time, as the argument of [`Connection::tick`](crate::Connection::tick): the time elapsed since an origin of your
/// choice.
///
/// Use it if you drive a connection yourself, since the core has no clock. The adapters do it for you. With `std`, keep an
/// [`Instant`](https://doc.rust-lang.org/std/time/struct.Instant.html) as the origin, one for all connections, and pass
/// `origin.elapsed()`. Without `std`, use any counter that never goes back. In a test, use any values you like: an hour passes in
/// no time.
///
/// ```
/// use bowline::{Config, Connection, Role, Timestamp};
/// use std::time::{Duration, Instant};
///
/// let mut server = Connection::new(Role::Server, Config::default());
/// let origin = Instant::now(); // once, when the program starts
/// let wait = server.tick(Timestamp::from(origin.elapsed())); // before each wait for bytes
/// assert_eq!(wait, Some(Duration::from_secs(30))); // the ping interval
/// ```
#[doc(alias("Instant", "clock"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// Creates the timestamp of the moment at which `elapsed` has passed since the origin.
    #[must_use]
    pub const fn since_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Returns the nanoseconds since the origin, rounded down to an even number, as timers are stored. After 584 years, the clock
    /// stands still a moment before the time that means "never".
    pub(crate) fn nanos(self) -> u64 {
        nanos(self.0).min(u64::MAX - 3) & !1
    }

    /// Returns the time from `earlier` to this moment, or zero if `earlier` is the later one.
    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Returns a duration in nanoseconds. It saturates.
pub(crate) const fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos() as u64)
}

impl From<Duration> for Timestamp {
    fn from(since_origin: Duration) -> Self {
        Self(since_origin)
    }
}

/// Returns the time elapsed since the origin.
impl From<Timestamp> for Duration {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

/// The shortest wait and the shortest deadline. For the sockets of std, a timeout of zero is an error. A ping interval of zero
/// would leave no time to read.
pub(crate) const MIN_WAIT: Duration = Duration::from_millis(1);
