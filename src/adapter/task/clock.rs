use super::runtime::Time;
use crate::time::nanos;
use core::{
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::time::Instant;

/// How much too early a timer may be ready. A timer that counts in milliseconds may be that, since it rounds.
const MAX_EARLY: Duration = Duration::from_millis(1);

/// The clock of a connection, with the timer for its next deadline. It is the clock of the runtime, which may be one that tests
/// can pause.
///
/// Most messages move a deadline. Setting the timer for each of them would cost more than the message, and so would polling it. So
/// it is set only for an earlier deadline, and polled only when it has expired, or when another task waits for it. It may fire
/// early, and is then set again.
#[derive(Debug)]
pub(in crate::adapter) struct Clock<T> {
    origin: Instant,
    timer: T,
    /// When the timer fires at the earliest, in nanoseconds since the origin. 0 if it was never set.
    fires_at: u64,
    /// Whom it wakes then. `None` if it has fired, or was never polled.
    waker: Option<Waker>,
}

impl<T> Clock<T> {
    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    pub(in crate::adapter) fn since(origin: Instant, timer: T) -> Self {
        Self { origin, timer, fires_at: 0, waker: None }
    }
}

impl<T: Time> Clock<T> {
    /// Creates a clock whose origin is the current time.
    pub(in crate::adapter) fn starting(timer: T) -> Self {
        Self::since(timer.now(), timer)
    }

    /// The same clock, with the current time as its origin.
    pub(super) fn restarted(self) -> Self {
        Self::starting(self.timer)
    }

    /// Returns the time since the origin.
    pub(super) fn now(&self) -> Duration {
        self.timer.now().saturating_duration_since(self.origin)
    }

    /// Ready when `wait` is over, or earlier. Then the caller asks again how long to wait.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Duration, wait: Option<Duration>) -> Poll<()> {
        let Some(wait) = wait else { return Poll::Pending };
        let due = now.saturating_add(wait);
        if nanos(now) < self.fires_at
            && self.fires_at <= nanos(due)
            && self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            return Poll::Pending;
        }
        self.poll_timer(cx, now, due)
    }

    /// Ready at `due`, the time since the origin, and not earlier. `None` is never.
    pub(super) fn poll_until(&mut self, cx: &mut Context<'_>, due: Option<Duration>) -> Poll<()> {
        loop {
            let now = self.now();
            if due.is_some_and(|due| due <= now) {
                return Poll::Ready(());
            }
            if self.poll(cx, now, due.map(|due| due.saturating_sub(now))).is_pending() {
                return Poll::Pending;
            }
        }
    }

    #[inline(never)]
    fn poll_timer(&mut self, cx: &mut Context<'_>, now: Duration, due: Duration) -> Poll<()> {
        // A deadline beyond what `Instant` can represent never expires.
        let Some(at) = self.origin.checked_add(due) else { return Poll::Pending };
        // If it has fired, it is set again: it may have been early, and a timer that has fired need not fire again.
        if self.waker.is_none() || self.fires_at <= nanos(now) || nanos(due) < self.fires_at {
            self.timer.reset(at);
            self.fires_at = nanos(due).saturating_sub(nanos(MAX_EARLY));
        }
        let poll = self.timer.poll_elapsed(cx);
        self.waker = poll.is_pending().then(|| cx.waker().clone());
        poll
    }
}
