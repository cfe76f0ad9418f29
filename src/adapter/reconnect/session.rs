//! What a client that reconnects remembers from one connection to the next.

use super::{Attempt, Backoff, Outbox, RetryPolicy, Update};
use crate::{Closure, Message, Timestamp, adapter::error::Error, client::Response};
use alloc::{boxed::Box, sync::Arc};
use core::time::Duration;

/// The part of a `Reconnecting` that is the same in both adapters: its decisions, and what it has to return.
#[derive(Debug)]
pub(in crate::adapter) struct Session {
    pub(in crate::adapter) backoff: Backoff,
    pub(in crate::adapter) outbox: Outbox,
    /// How the last connection ended.
    pub(in crate::adapter) closure: Option<Closure>,
    /// Whether `close` has sent a Close frame.
    pub(in crate::adapter) is_closing: bool,
    /// Why the last attempt failed, or how the last connection ended.
    last_error: Option<Arc<Error>>,
    attempts: u64,
    /// An update that comes after the reports about messages.
    pending: Option<Update>,
    /// How the client ended, until that is returned.
    outcome: Option<Result<(), Error>>,
}

impl Session {
    pub(in crate::adapter) fn new() -> Self {
        Self {
            backoff: Backoff::new(RetryPolicy::default()),
            outbox: Outbox::default(),
            closure: None,
            is_closing: false,
            last_error: None,
            attempts: 0,
            pending: None,
            outcome: None,
        }
    }

    /// Returns what is ready to be returned: the fate of messages, then a change, then the end.
    pub(in crate::adapter) fn next_result(&mut self) -> Option<Result<Option<Update>, Error>> {
        match self.outbox.next_report().or_else(|| self.pending.take()) {
            Some(update) => Some(Ok(Some(update))),
            None => self.outcome.take().map(|outcome| outcome.map(|()| None)),
        }
    }

    pub(in crate::adapter) fn begin_attempt(&mut self) -> Attempt {
        let number = self.attempts;
        self.attempts = number.wrapping_add(1);
        Attempt { number, failures: self.backoff.failures(), last_error: self.last_error.clone() }
    }

    pub(in crate::adapter) fn connected(&mut self, response: Response, now: Timestamp) {
        self.backoff.connected(now);
        self.pending = Some(Update::Connected(Box::new(response)));
    }

    pub(in crate::adapter) fn received(&mut self, message: Message) {
        self.pending = Some(Update::Message(message));
    }

    /// Records how the connection ended.
    pub(in crate::adapter) fn disconnected(&mut self, closure: Option<&Closure>) {
        self.closure = closure.cloned();
        // If the closure were not certain, nothing would be known about the messages.
        self.outbox.disconnected(closure.map_or(1, Closure::unsent));
    }

    /// Decides what follows an attempt that failed, or a connection that ended. Returns the time until the next attempt, or
    /// `None` if the client has ended.
    pub(in crate::adapter) fn failed(&mut self, error: Error, now: Timestamp) -> Option<Duration> {
        if self.is_closing {
            self.end(Ok(()));
            return None;
        }
        let Some(retry_in) = self.backoff.failed(&error, now) else {
            let is_normal = matches!(&error, Error::Closed(closure) if closure.is_normal());
            let is_over = is_normal && self.backoff.policy().is_final(&error);
            self.end(if is_over { Ok(()) } else { Err(error) });
            return None;
        };
        let error = Arc::new(error);
        self.last_error = Some(error.clone());
        self.pending = Some(Update::Disconnected { error, retry_in });
        Some(retry_in)
    }

    /// Records that `close` has ended the client: nothing more is returned but the fate of messages.
    pub(in crate::adapter) fn closed(&mut self) {
        self.pending = None;
        self.end(Ok(()));
    }

    fn end(&mut self, outcome: Result<(), Error>) {
        self.outbox.give_up();
        self.outcome = Some(outcome);
    }
}
