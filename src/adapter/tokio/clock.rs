use ::tokio::time::{Instant, Sleep, sleep_until};
use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// The clock of a connection, with the timer for its next deadline. It is Tokio's clock, which tests can pause.
#[derive(Debug)]
pub(super) struct Clock {
    origin: Instant,
    /// Set to the next deadline or an earlier one. Most messages move a deadline, and resetting the timer would cost more than
    /// the message. So it may fire early, and is then set again.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    pub(super) fn since(origin: Instant) -> Self {
        Self { origin, timer: None }
    }

    /// Returns the time since the origin.
    pub(super) fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.origin)
    }

    /// Ready when `wait` is over, or earlier. Then the caller asks again how long to wait.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Duration, wait: Option<Duration>) -> Poll<()> {
        // A deadline beyond what `Instant` can represent never expires.
        let Some(due) = wait.and_then(|wait| self.origin.checked_add(now.saturating_add(wait))) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.is_elapsed() || due < timer.deadline() {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(cx)
    }
}
