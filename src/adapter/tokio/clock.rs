use crate::Timestamp;
use ::tokio::time::{Instant, Sleep, sleep_until};
use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// The time of a connection, and its alarm.
#[derive(Debug)]
pub(super) struct Clock {
    origin: Instant,
    /// Set to the next deadline or earlier. To set it anew for each message would cost more than the message, so it may
    /// ring in vain.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self::since(Instant::now())
    }

    pub(super) fn since(origin: Instant) -> Self {
        Self { origin, alarm: None }
    }

    pub(super) fn timestamp(&self, now: Instant) -> Timestamp {
        Timestamp::since_origin(now.saturating_duration_since(self.origin))
    }

    /// Ready when `wait` is over, or earlier: look again what is due, and come back.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Instant, wait: Option<Duration>) -> Poll<()> {
        // What is too far away to be told never comes.
        let Some(due) = wait.and_then(|wait| now.checked_add(wait)) else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if alarm.is_elapsed() || due < alarm.deadline() {
            alarm.as_mut().reset(due);
        }
        alarm.as_mut().poll(cx)
    }
}
