//! The account of progress: which bytes show that the peer is alive, and how long it may take for the rest.
//!
//! Bytes that were received show it. Bytes that the transport accepted do not, as long as it accepts everything: they may all be in
//! the buffers of this machine. Once it has refused some, those buffers are full, and it accepts more only because the peer has
//! read. So accepted bytes count from the first refusal until everything is accepted again.
//!
//! The core learns about refusals without a method of its own: bytes that were queued at one tick and are not accepted by the next
//! one were refused, since every driver writes between two ticks.

use crate::{Limits, config::DEFAULT_MIN_RATE};

/// The most bytes that the buffers between this endpoint and the peer are assumed to hold: the limit of Linux for the send buffer
/// of a socket, by default.
const MAX_IN_FLIGHT: u64 = 4 * 1024 * 1024;

/// What moved since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    /// The number of bytes received.
    pub(crate) received: u32,
    /// The number of bytes that the transport accepted.
    pub(crate) accepted: u32,
}

/// The state of the account, brought up to date by each tick. Times are nanoseconds since the origin of the clock.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The number of bytes that were queued at the last tick.
    offered: u32,
    /// The number of bytes to write up to the end of the last ping.
    before_pong: u32,
    /// How many bytes more were received than accepted since the transport refused some.
    ahead: u32,
    /// Whether the transport refused some of the bytes that were queued at the tick before the last one.
    is_blocked: bool,
    /// When a peer that reads at the minimum rate has read everything that was accepted.
    read_by: u64,
}

/// The result of an update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// Whether the transport refuses bytes.
    pub(crate) is_blocked: bool,
    /// Whether it has begun to.
    pub(crate) has_blocked: bool,
    /// Whether it accepted some after it had refused some.
    pub(crate) has_moved: bool,
    /// The time for which the accepted bytes pay, at the minimum rate, in nanoseconds.
    pub(crate) for_accepted: u64,
    /// The same for the received bytes, as far as they count.
    pub(crate) for_received: u64,
}

impl Progress {
    /// Brings the account up to date: `queued` bytes are left to write.
    pub(crate) fn update(&mut self, now: u64, moved: Moved, queued: usize, limits: &Limits) -> Account {
        let was_blocked = self.is_blocked;
        self.is_blocked = moved.accepted < self.offered;
        self.offered = saturated(queued);
        self.before_pong = self.before_pong.saturating_sub(moved.accepted);
        if moved.accepted > 0 {
            let most = now.saturating_add(time_in_flight(MAX_IN_FLIGHT, limits));
            let time = time_in_flight(moved.accepted.into(), limits);
            self.read_by = self.read_by.max(now).saturating_add(time).min(most);
        }
        let counted = self.count_ahead(was_blocked, moved, saturated(limits.ahead()));
        Account {
            is_blocked: self.is_blocked,
            has_blocked: self.is_blocked && !was_blocked,
            has_moved: was_blocked && moved.accepted > 0,
            // Divisions, which are needed only if somebody waits for the peer.
            for_accepted: if was_blocked { time_for(moved.accepted.into(), limits.min_rate) } else { 0 },
            for_received: if was_blocked { time_for(counted.into(), limits.min_rate) } else { 0 },
        }
    }

    /// Returns how many of the received bytes count: those within the bound of what is
    /// received ahead. A peer that sends everything before it reads
    /// anything is not slow. One that sends without end, and reads nothing, is.
    fn count_ahead(&mut self, was_blocked: bool, moved: Moved, bound: u32) -> u32 {
        if !was_blocked {
            self.ahead = 0;
            return 0;
        }
        self.ahead = self.ahead.saturating_sub(moved.accepted);
        let counted = moved.received.min(bound.saturating_sub(self.ahead));
        self.ahead = self.ahead.saturating_add(moved.received);
        counted
    }

    /// A ping was queued: `queued` bytes are before it, and it ends `end` bytes from here. Returns how long a peer that reads at
    /// the minimum rate takes at most until it reads the ping.
    pub(crate) fn ping_queued(&mut self, now: u64, queued: usize, end: usize, limits: &Limits) -> u64 {
        self.before_pong = saturated(end);
        let before = self.read_by.saturating_sub(now).saturating_add(time_in_flight(queued as u64, limits));
        before.min(time_in_flight(MAX_IN_FLIGHT, limits))
    }

    /// Whether a part of the last ping is still to be written. Then its answer cannot be expected.
    pub(crate) const fn holds_ping(&self) -> bool {
        self.before_pong > 0
    }

    /// A pong arrived. It answers a ping, so everything that was written before that has been read.
    pub(crate) const fn pong_received(&mut self) {
        self.read_by = 0;
    }

    /// Forgets all times, as the clock begins anew.
    pub(crate) const fn restart_clock(&mut self) {
        self.read_by = 0;
    }
}

/// Returns how long a peer takes to read `bytes` that are on their way, at the minimum rate, or at the default one if there is no
/// minimum: the deadline for a pong must not become infinite.
fn time_in_flight(bytes: u64, limits: &Limits) -> u64 {
    time_for(bytes, if limits.min_rate == 0 { DEFAULT_MIN_RATE } else { limits.min_rate })
}

/// Returns how long a peer takes for `bytes` at the minimum rate, in nanoseconds. Without a minimum, any byte pays for any time.
fn time_for(bytes: u64, rate: usize) -> u64 {
    match rate as u64 {
        0 if bytes > 0 => u64::MAX,
        0 => 0,
        rate => bytes.saturating_mul(1_000_000_000) / rate,
    }
}

fn saturated(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
