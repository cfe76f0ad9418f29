use crate::Deadlines;
use core::time::Duration;

/// Monotonic time, as what has passed since an origin of the caller's choice.
///
/// The core has no clock. With `std`, keep an [`Instant`](https://doc.rust-lang.org/std/time/struct.Instant.html) and pass `origin.elapsed()`; elsewhere any
/// counter will do.
///
/// ```
/// use bowline::Timestamp;
/// use std::time::Instant;
///
/// let origin = Instant::now(); // once
/// let now = Timestamp::since_origin(origin.elapsed()); // each time
/// assert!(now >= Timestamp::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(Duration);

/// A moment this many seconds after the origin, or later, never comes. `Duration` panics where the carry of the nanoseconds overflows the
/// seconds; with this bound, the optimiser can exclude that.
const NEVER: u64 = u64::MAX - 4;

impl Timestamp {
    /// The moment at which `elapsed` has passed since the origin.
    #[must_use]
    pub const fn since_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Saturates from [`NEVER`] on.
    pub(crate) const fn saturating_add(self, duration: Duration) -> Self {
        match self.0.as_secs().checked_add(duration.as_secs()) {
            Some(seconds) if seconds < NEVER => {
                Self(Duration::new(seconds, self.0.subsec_nanos() + duration.subsec_nanos()))
            }
            _ => Self(Duration::MAX),
        }
    }

    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        let at = if self.0.as_secs() < NEVER { self.0 } else { Duration::from_secs(NEVER) };
        at.saturating_sub(earlier.0)
    }
}

/// The shortest wait that is asked for, and the shortest deadline: a wait of zero is an error for the sockets of std, and
/// a ping due at once, again and again, would leave no time to read.
pub(crate) const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// How long the space of the output is kept after it was last used, so that a busy connection need not allocate it for
/// each reply, and an idle one holds none.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

/// The deadlines of a connection, in the order in which those that have passed are seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Time to send a ping.
    Ping,
    /// The ping should have been answered.
    Pong,
    /// A message should have come or gone.
    Idle,
    /// The closing should be over.
    Close,
    /// Time to give back the space of the output.
    Release,
}

impl Timer {
    pub(crate) const ALL: [Self; 5] = [Self::Ping, Self::Pong, Self::Idle, Self::Close, Self::Release];

    /// A deadline for the peer. When it has passed, what the peer sent may still lie unread in the socket, because this
    /// side was busy: so it fires only if it is found passed a second time.
    const fn is_for_silence(self) -> bool {
        matches!(self, Self::Pong | Self::Idle)
    }
}

/// What has happened since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Bytes came from the peer.
    pub(crate) heard: bool,
    /// A part of a message came or went.
    pub(crate) message: bool,
    /// Output was queued.
    pub(crate) output: bool,
}

/// Deadlines are armed and fired by a tick, never by a message: that would cost more than to parse it.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    at: [Option<Timestamp>; Timer::ALL.len()],
    /// Which deadlines were found passed, but not yet fired.
    passed: [bool; Timer::ALL.len()],
}

impl Timers {
    /// Arms what there is reason to arm while the connection is open.
    pub(crate) fn arm_open(&mut self, now: Timestamp, activity: Activity, deadlines: &Deadlines) {
        if activity.heard || !(self.is_armed(Timer::Ping) || self.is_armed(Timer::Pong)) {
            self.set(Timer::Ping, now, deadlines.ping);
            self.set(Timer::Pong, now, None);
        }
        if activity.message || !self.is_armed(Timer::Idle) {
            self.set(Timer::Idle, now, deadlines.idle);
        }
    }

    /// A ping has been sent: arms the deadline for its answer.
    pub(crate) fn arm_pong(&mut self, now: Timestamp, deadlines: &Deadlines) {
        self.set(Timer::Pong, now, deadlines.pong);
        // Without a deadline for the answer, the next ping is all there is to wait for.
        self.set(Timer::Ping, now, if deadlines.pong.is_some() { None } else { deadlines.ping });
    }

    /// Arms what counts while the connection is closing, once.
    pub(crate) fn arm_closing(&mut self, now: Timestamp, deadlines: &Deadlines) {
        if !self.is_armed(Timer::Close) {
            *self = Self::default();
            self.set(Timer::Close, now, Some(deadlines.close));
        }
    }

    /// Arms the return of the output's space.
    pub(crate) fn arm_release(&mut self, now: Timestamp, activity: Activity, holds_space: bool) {
        if !holds_space {
            self.set(Timer::Release, now, None);
        } else if activity.output || !self.is_armed(Timer::Release) {
            self.set(Timer::Release, now, Some(RELEASE_AFTER));
        }
    }

    /// Whether it is time for `timer`, which is disarmed by that.
    pub(crate) fn fires(&mut self, timer: Timer, now: Timestamp) -> bool {
        if self.at(timer).is_none_or(|at| at > now) {
            return false;
        }
        if timer.is_for_silence() {
            let Some(passed) = self.passed.get_mut(timer as usize) else { return false };
            if !core::mem::replace(passed, true) {
                return false;
            }
        }
        self.set(timer, now, None);
        true
    }

    /// How long until something is due.
    pub(crate) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let next = self.at.iter().flatten().min()?;
        Some(next.saturating_since(now).max(SHORTEST_WAIT))
    }

    fn at(&self, timer: Timer) -> Option<Timestamp> {
        self.at.get(timer as usize).copied().flatten()
    }

    fn is_armed(&self, timer: Timer) -> bool {
        self.at(timer).is_some()
    }

    fn set(&mut self, timer: Timer, now: Timestamp, after: Option<Duration>) {
        if let Some(at) = self.at.get_mut(timer as usize) {
            *at = after.map(|after| now.saturating_add(after.max(SHORTEST_WAIT)));
        }
        if let Some(passed) = self.passed.get_mut(timer as usize) {
            *passed = false;
        }
    }
}
