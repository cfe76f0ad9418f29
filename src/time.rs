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

    /// Returns the nanoseconds since the origin. It saturates below [`u64::MAX`], after 584 years.
    pub(crate) const fn nanos(self) -> u64 {
        match nanos(self.0) {
            u64::MAX => u64::MAX - 1,
            nanos => nanos,
        }
    }

    /// Returns the moment `duration` later. It saturates: a moment from [`NEVER`] on is never reached.
    pub(crate) const fn saturating_add(self, duration: Duration) -> Self {
        match self.0.as_secs().checked_add(duration.as_secs()) {
            Some(seconds) if seconds < NEVER => {
                Self(Duration::new(seconds, self.0.subsec_nanos() + duration.subsec_nanos()))
            }
            _ => Self(Duration::MAX),
        }
    }

    /// Returns the time from `earlier` to this moment, or zero if `earlier` is the later one.
    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        let at = if self.0.as_secs() < NEVER { self.0 } else { Duration::from_secs(NEVER) };
        at.saturating_sub(earlier.0)
    }
}

/// The seconds after the origin from which on a moment is never reached. `Duration` panics if the carry of the nanoseconds
/// overflows the seconds. With this bound, a few seconds below the maximum, the optimiser can prove that it does not
/// (`tests/no_panic`).
const NEVER: u64 = u64::MAX - 4;

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
