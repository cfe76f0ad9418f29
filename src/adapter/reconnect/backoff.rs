//! The delays of a client that reconnects, without a clock and without waiting.

use super::{RetryPolicy, retry_after::retry_after};
use crate::{Timestamp, adapter::error::Error, time::nanos};
use core::time::Duration;
use std::time::SystemTime;

/// The delays between the attempts of a client that reconnects: exponential back-off with full jitter (RFC 6455 §7.2.3).
///
/// `Reconnecting` of the adapters contains one. Use it by itself for a client with a loop of its own:
///
/// ```no_run
/// use bowline::{Config, Timestamp, adapter::{Error, blocking, reconnect::{Backoff, RetryPolicy}}};
/// use std::{thread, time::Instant};
///
/// fn run() -> Result<(), Error> {
///     let (origin, mut backoff) = (Instant::now(), Backoff::new(RetryPolicy::default()));
///     let now = || Timestamp::from(origin.elapsed());
///     loop {
///         let error = match blocking::connect("ws://127.0.0.1:9001/", Config::default()) {
///             Ok((mut socket, _response)) => {
///                 backoff.connected(now());
///                 loop {
///                     match socket.recv() {
///                         Ok(Some(message)) => println!("{message:?}"),
///                         Ok(None) => return Ok(()),
///                         Err(error) => break error,
///                     }
///                 }
///             }
///             Err(error) => error,
///         };
///         let Some(delay) = backoff.failed(&error, now()) else { return Err(error) };
///         eprintln!("{error}; next attempt in {delay:.1?}");
///         thread::sleep(delay);
///     }
/// }
/// ```
///
/// It has no clock: each call that depends on the time has it as an argument. Only a `Retry-After` with a date in a response
/// without a `Date` makes it ask for the system's time.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: RetryPolicy,
    /// Consecutive failures: attempts that failed, and connections that ended before they were stable.
    failures: u32,
    /// When the first of them was.
    failing_since: Option<Timestamp>,
    connected_at: Option<Timestamp>,
}

impl Backoff {
    /// Creates the state of a client that has not yet connected.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        Self { policy, failures: 0, failing_since: None, connected_at: None }
    }

    /// Records that an attempt has succeeded. The failures before it are forgotten when the connection has been open for
    /// [`RetryPolicy::stable_after`].
    pub fn connected(&mut self, now: Timestamp) {
        self.connected_at = Some(now);
    }

    /// Records that an attempt failed or that the connection ended, and returns how long to wait before the next attempt. `None`
    /// means that the client should give up: the error is final, or a limit of the policy is reached.
    ///
    /// ```
    /// use bowline::{Timestamp, adapter::{Error, reconnect::{Backoff, RetryPolicy}}};
    /// use std::{io, time::Duration};
    ///
    /// let policy = RetryPolicy::default().max_failures(3);
    /// let (mut backoff, now) = (Backoff::new(policy), Timestamp::default());
    /// let error = Error::Io(io::ErrorKind::ConnectionReset.into());
    /// assert!(backoff.failed(&error, now).unwrap() <= Duration::from_secs(5));
    /// assert!(backoff.failed(&error, now).unwrap() <= Duration::from_secs(10));
    /// assert_eq!(backoff.failed(&error, now), None);
    /// ```
    #[must_use = "it returns how long to wait"]
    pub fn failed(&mut self, error: &Error, now: Timestamp) -> Option<Duration> {
        self.failed_at(error, now, SystemTime::now)
    }

    fn failed_at(&mut self, error: &Error, now: Timestamp, date: impl FnOnce() -> SystemTime) -> Option<Duration> {
        let opened = self.connected_at.take();
        if opened.is_some_and(|opened| now.saturating_since(opened) >= self.policy.stable_after) {
            (self.failures, self.failing_since) = (0, None);
        }
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        if self.policy.is_final(error) || self.policy.max_failures.is_some_and(|max| self.failures >= max) {
            return None;
        }
        let delay = self.random_delay().saturating_add(self.asked_for(error, date));
        let spent = now.saturating_since(since).saturating_add(delay);
        self.policy.give_up_after.is_none_or(|limit| spent <= limit).then_some(delay)
    }

    /// Returns the number of consecutive failures: attempts that failed, and connections that ended before they were stable.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the settings with which this was created, for example to ask whether an error is final.
    pub const fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// Returns a random delay below the maximum, which doubles with each failure (RFC 6455 §7.2.3: "truncated binary exponential
    /// backoff").
    fn random_delay(&self) -> Duration {
        let RetryPolicy { first_delay, max_delay, entropy, .. } = &self.policy;
        let doublings = self.failures.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let max = first_delay.saturating_mul(factor).min(*max_delay);
        let random = u32::from_be_bytes(entropy());
        let part = (u128::from(nanos(max)) * u128::from(random)) >> u32::BITS; // less than `max`
        Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// Returns the time that the server asks for, up to the policy's maximum.
    fn asked_for(&self, error: &Error, date: impl FnOnce() -> SystemTime) -> Duration {
        let Error::Handshake { response: Some(response), .. } = error else { return Duration::ZERO };
        retry_after(response, date).unwrap_or_default().min(self.policy.max_retry_after)
    }
}
