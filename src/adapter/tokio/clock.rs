use crate::time::nanos;
use ::tokio::time::{Instant, Sleep, sleep_until};
use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The clock of a connection, with the timer for its next deadline. It is Tokio's clock, which tests can pause.
///
/// Most messages move a deadline. Setting the timer for each of them would cost more than the message, and so would polling it. So
/// it is set only for an earlier deadline, and polled only when it has expired, or when another task waits for it. It may fire
/// early, and is then set again.
#[derive(Debug)]
pub(super) struct Clock {
    origin: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// When the timer fires, in nanoseconds since the origin.
    fires_at: u64,
    /// Whom it wakes then. `None` if it has fired, or was never polled.
    waker: Option<Waker>,
}

impl Clock {
    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    pub(super) fn since(origin: Instant) -> Self {
        Self { origin, timer: None, fires_at: 0, waker: None }
    }

    /// Returns the time since the origin.
    pub(super) fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.origin)
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
        self.poll_timer(cx, due)
    }

    #[inline(never)]
    fn poll_timer(&mut self, cx: &mut Context<'_>, due: Duration) -> Poll<()> {
        // A deadline beyond what `Instant` can represent never expires.
        let Some(due) = self.origin.checked_add(due) else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.is_elapsed() || due < timer.deadline() {
            timer.as_mut().reset(due);
        }
        self.fires_at = nanos(timer.deadline().saturating_duration_since(self.origin));
        let poll = timer.as_mut().poll(cx);
        self.waker = poll.is_pending().then(|| cx.waker().clone());
        poll
    }
}
