//! The ping interval, and the deadlines for a pong, for an idle connection and for closing. The deadline of the opening handshake
//! is in `handshake/deadline`.
//!
//! Time enters only through `tick`, which arms and fires the timers. Receiving and sending only set flags, which the next tick
//! reads as [`Activity`]: to set a timer for each message would cost more than to parse it.

use super::{
    Cause, CloseFrame, Connection, Deadline, Endpoint,
    progress::{Account, Moved},
    transitions::{Phase, Trigger},
};
use crate::{
    CloseCode, Deadlines, Timestamp,
    bug::OrBug,
    frame::Opcode,
    time::{MIN_WAIT, nanos},
};
use core::time::Duration;

/// How long the memory of the output, and the compressor, are kept after they were last used, so that a busy connection need not
/// allocate them for each reply, and an idle one holds neither.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

/// How many close timeouts the closing takes at most if the peer reads the queued output meanwhile.
const MAX_CLOSE_TIMEOUTS: u64 = 12;

/// The timers of a connection, in the order in which they fire if several have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The ping interval: sends a ping.
    Ping,
    /// The deadline for any byte after that ping.
    Pong,
    /// The deadline for a peer that reads more slowly than the minimum rate.
    Write,
    /// The deadline for a message in either direction.
    Idle,
    /// The deadline for the end of a connection that is closing.
    Close,
    /// The same, if the peer has put it off by reading the output.
    CloseLimit,
    /// Frees the memory of the output, and the compressor.
    Release,
}

impl Timer {
    /// `Pong` is before `Idle`: if both have expired, the peer is gone, and not only idle.
    pub(crate) const ALL: [Self; 7] =
        [Self::Ping, Self::Pong, Self::Write, Self::Idle, Self::Close, Self::CloseLimit, Self::Release];

    /// Returns whether this is a deadline for the peer. It fires only if two ticks find it expired: this endpoint may have been
    /// busy, and the peer's bytes may still be unread in the socket. The driver reads and writes between the two ticks.
    const fn is_for_peer(self) -> bool {
        matches!(self, Self::Pong | Self::Write | Self::Idle)
    }
}

/// What was received and sent since the last tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activity {
    /// The peer has sent or read bytes of any kind.
    pub(crate) is_alive: bool,
    /// A part of a message was received, queued, or read by the peer.
    pub(crate) message: bool,
    /// Output was queued.
    pub(crate) output: bool,
    pub(crate) account: Account,
}

/// The time of a timer that is not armed. The lowest bit of all times is 0: see [`Timers`].
const NEVER: u64 = !PASSED;

/// Whether a tick has found the timer expired, without firing it.
const PASSED: u64 = 1;

/// The state of all timers, indexed by [`Timer`].
///
/// It is the time at which the timer expires, in nanoseconds since the origin of the clock and rounded down to an even number, or
/// [`NEVER`]; and [`PASSED`] in the lowest bit, which saves eight bytes in each connection.
#[derive(Debug)]
pub(crate) struct Timers([u64; Timer::ALL.len()]);

impl Default for Timers {
    fn default() -> Self {
        Self([NEVER; Timer::ALL.len()])
    }
}

impl Timers {
    /// Arms the deadlines of an open connection.
    pub(crate) fn arm_open(&mut self, now: u64, activity: &Activity, deadlines: &Deadlines) {
        // At most one of `Ping` and `Pong` is armed. Any sign of life returns to `Ping`.
        if activity.is_alive || !(self.is_armed(Timer::Ping) || self.is_armed(Timer::Pong)) {
            self.set(Timer::Ping, now, deadlines.ping);
            self.set(Timer::Pong, now, None);
        }
        if activity.message || !self.is_armed(Timer::Idle) {
            self.set(Timer::Idle, now, deadlines.idle);
        }
        let account = &activity.account;
        if !account.is_blocked {
            self.set(Timer::Write, now, None);
        } else if account.has_blocked {
            self.set(Timer::Write, now, deadlines.write);
        } else {
            let credit = account.for_accepted.saturating_add(account.for_received);
            self.extend(Timer::Write, now, credit, deadlines.write);
        }
    }

    /// Arms the deadline for the answer to a ping that was sent. The peer has to read for `before` nanoseconds until it sees it.
    pub(crate) fn arm_pong(&mut self, now: u64, before: u64, deadlines: &Deadlines) {
        self.set(Timer::Pong, now.saturating_add(before), deadlines.pong);
        // Without a deadline for the answer, the next ping follows after the same interval.
        self.set(Timer::Ping, now, if deadlines.pong.is_some() { None } else { deadlines.ping });
    }

    /// Arms the deadline of a closing connection, and disarms all others. It does so only once, so that a peer cannot put it off
    /// by sending. One that reads the output puts it off up to a limit.
    pub(crate) fn arm_closing(&mut self, now: u64, activity: &Activity, deadlines: &Deadlines) {
        if self.is_armed(Timer::Close) {
            if activity.account.has_moved {
                self.extend(Timer::Close, now, activity.account.for_accepted, Some(deadlines.close));
            }
            return;
        }
        *self = Self::default();
        self.set(Timer::Close, now, Some(deadlines.close));
        let limit = nanos(deadlines.close).saturating_mul(MAX_CLOSE_TIMEOUTS);
        self.set(Timer::CloseLimit, now, Some(Duration::from_nanos(limit)));
    }

    /// Arms the release of the output's memory, anew whenever output was queued.
    pub(crate) fn arm_release(&mut self, now: u64, activity: &Activity, holds_space: bool) {
        if !holds_space {
            self.set(Timer::Release, now, None);
        } else if activity.output || !self.is_armed(Timer::Release) {
            self.set(Timer::Release, now, Some(RELEASE_AFTER));
        }
    }

    /// Returns whether `timer` fires. If so, it is disarmed.
    pub(crate) fn fires(&mut self, timer: Timer, now: u64) -> bool {
        if self.at(timer) > now {
            return false;
        }
        let slot = self.slot(timer);
        if timer.is_for_peer() && *slot & PASSED == 0 {
            *slot |= PASSED;
            return false;
        }
        *slot = NEVER;
        true
    }

    /// Returns when the next timer expires, or [`NEVER`].
    pub(crate) fn next(&self) -> u64 {
        self.0.iter().fold(NEVER, |next, at| next.min(at & !PASSED))
    }

    fn at(&self, timer: Timer) -> u64 {
        self.0.get(timer as usize).copied().or_bug() & !PASSED
    }

    fn is_armed(&self, timer: Timer) -> bool {
        self.at(timer) != NEVER
    }

    fn slot(&mut self, timer: Timer) -> &mut u64 {
        let Self([interval, pong, write, idle, close, limit, release]) = self;
        match timer {
            Timer::Ping => interval,
            Timer::Pong => pong,
            Timer::Write => write,
            Timer::Idle => idle,
            Timer::Close => close,
            Timer::CloseLimit => limit,
            Timer::Release => release,
        }
    }

    fn set(&mut self, timer: Timer, now: u64, after: Option<Duration>) {
        *self.slot(timer) = after.map_or(NEVER, |after| later(now, after)) & !PASSED;
    }

    /// Puts `timer` off by `credit` nanoseconds, to at most its whole time from now.
    fn extend(&mut self, timer: Timer, now: u64, credit: u64, after: Option<Duration>) {
        let Some(after) = after else { return };
        let at = self.at(timer).saturating_add(credit).min(later(now, after)) & !PASSED;
        let slot = self.slot(timer);
        *slot = if at > now { at } else { at | *slot & PASSED };
    }
}

/// Returns the time `after` from now, at least the shortest wait.
fn later(now: u64, after: Duration) -> u64 {
    now.saturating_add(nanos(after.max(MIN_WAIT)))
}

impl Connection {
    /// Advances the clock: queues a ping if one is due, and closes the connection if a deadline has expired. Returns how long to
    /// wait for input before the next call. `None` means that nothing is scheduled. It never returns `Some(Duration::ZERO)`.
    ///
    /// Call it once after each read, before writing, since it may queue output. Call it also after that time without a read.
    /// Without it, no [deadline](Deadlines) works. A deadline for the peer expires only at the second call after its time: a driver
    /// that was busy reads what is in the socket between the two calls.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role, Timestamp};
    /// use bytes::Buf;
    /// use std::time::Duration;
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// let wait = server.tick(Timestamp::default());
    /// assert_eq!(wait, Some(Duration::from_secs(30))); // `Deadlines::ping`
    /// let _wait = server.tick(Timestamp::since_origin(Duration::from_secs(30)));
    /// assert_eq!(server.output().chunk(), b"\x89\x00"); // nothing was received until then: a ping
    /// ```
    #[doc(alias("timer", "handle_timeout"))]
    #[must_use = "the time until the next call"]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        let now = now.nanos();
        let activity = self.activity(now);
        // Before anything fires: a connection that has begun to close since the last tick must not send a ping behind its Close
        // frame.
        match self.phase {
            Phase::Open => self.timers.arm_open(now, &activity, &self.config.deadlines),
            _ => self.timers.arm_closing(now, &activity, &self.config.deadlines),
        }
        self.timers.arm_release(now, &activity, self.sender.holds_space());
        let mut next = self.timers.next();
        if next <= now {
            self.fire_expired(now, &activity);
            next = self.timers.next();
        }
        if next == NEVER || self.is_closed() {
            return None;
        }
        Some(Duration::from_nanos(next.saturating_sub(now)).max(MIN_WAIT))
    }

    /// Fires the timers that have expired. It is rarely called, so that the other ticks only look for the earliest timer.
    #[cold]
    fn fire_expired(&mut self, now: u64, activity: &Activity) {
        let was_open = self.phase == Phase::Open;
        for timer in Timer::ALL {
            if self.timers.fires(timer, now) {
                self.fire(timer, now);
            }
        }
        if was_open && self.phase != Phase::Open {
            // A deadline for the peer has just begun to close the connection.
            self.timers.arm_closing(now, activity, &self.config.deadlines);
        }
        // A timer may have queued output.
        self.timers.arm_release(now, activity, self.sender.holds_space());
    }

    /// Returns when the deadline of a closing connection expires, since the origin of the clock. `None` if no tick has armed it.
    #[cfg(feature = "std")]
    pub(crate) fn close_deadline(&self) -> Option<Duration> {
        let at = self.timers.at(Timer::Close).min(self.timers.at(Timer::CloseLimit));
        (at != NEVER).then(|| Duration::from_nanos(at))
    }

    /// Restarts all deadlines at the next [`tick`](Self::tick). Call it when you move a connection to a driver with another clock,
    /// whose [`Timestamp`]s have another origin.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role, Timestamp};
    /// use std::time::Duration;
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// let _wait = server.tick(Duration::from_secs(3600).into()); // the clock of one driver
    /// server.restart_clock();
    /// let wait = server.tick(Timestamp::default()); // the clock of another driver
    /// assert_eq!(wait, Some(Duration::from_secs(30))); // `Deadlines::ping`
    /// ```
    pub fn restart_clock(&mut self) {
        self.timers = Timers::default();
        self.progress.restart_clock();
    }

    /// Returns what was received and sent since the last call.
    fn activity(&mut self, now: u64) -> Activity {
        let (received, message_received) = self.receiver.take_seen();
        let message_sent = self.sender.take_message_seen();
        let output = &mut self.sender.output;
        let moved = Moved { received, accepted: output.take_accepted() };
        let account = self.progress.update(now, moved, output.len(), &self.config.limits);
        Activity {
            is_alive: received > 0 || account.has_moved,
            message: message_received || message_sent || account.has_moved,
            output: output.take_used(),
            account,
        }
    }

    /// Acts on a timer that has expired.
    fn fire(&mut self, timer: Timer, now: u64) {
        match timer {
            Timer::Ping => {
                // If the output is full, the ping would not reach the peer anyway. The deadline for an answer is armed all the
                // same.
                let queued = self.sender.output.len();
                let _ = self.sender.control(Opcode::Ping, &[], &self.config);
                let before = self.progress.ping_queued(now, queued, self.sender.output.len(), &self.config.limits);
                self.timers.arm_pong(now, before, &self.config.deadlines);
            }
            // The ping has not left yet. As long as that is so, the write timeout decides whether the peer is alive.
            Timer::Pong if self.progress.holds_ping() => self.timers.arm_pong(now, 0, &self.config.deadlines),
            Timer::Write => self.time_out(Deadline::Write, CloseCode::INTERNAL_ERROR, "reads too slowly"),
            Timer::Pong => self.time_out(Deadline::Pong, CloseCode::INTERNAL_ERROR, "no answer to a ping"),
            Timer::Idle => self.time_out(Deadline::Idle, CloseCode::GOING_AWAY, "idle for too long"),
            Timer::Close | Timer::CloseLimit => {
                let cause = Cause::Deadline(Deadline::Close);
                self.transition(Trigger::CloseDeadline, Endpoint::Local, cause, CloseFrame::without_body());
            }
            Timer::Release => self.sender.release(&self.config),
        }
    }

    /// Begins to close the connection to a peer that a deadline has expired for.
    fn time_out(&mut self, deadline: Deadline, code: CloseCode, reason: &'static str) {
        let close = CloseFrame { code, reason: reason.into() };
        self.transition(Trigger::PeerTimeout, Endpoint::Local, Cause::Deadline(deadline), close);
    }
}
