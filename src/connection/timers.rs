//! The ping interval, and the deadlines for a pong, for an idle connection and for closing. The deadline of the opening handshake
//! is in `handshake/deadline`.
//!
//! Time enters only through `tick`, which arms and fires the timers. Receiving and sending only set flags, which the next tick
//! reads as [`Activity`]: to set a timer for each message would cost more than to parse it.

use super::{
    Cause, CloseFrame, Connection, Deadline, Endpoint,
    transitions::{Phase, Trigger},
};
use crate::{CloseCode, Deadlines, Timestamp, bug::OrBug, frame::Opcode, time::MIN_WAIT};
use core::time::Duration;

/// How long the memory of the output is kept after it was last used, so that a busy connection need not allocate it for each reply,
/// and an idle one holds none.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

/// The timers of a connection, in the order in which they fire if several have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The ping interval: sends a ping.
    Ping,
    /// The deadline for any byte after that ping.
    Pong,
    /// The deadline for a message in either direction.
    Idle,
    /// The deadline for the end of a connection that is closing.
    Close,
    /// Frees the memory of the output.
    Release,
}

impl Timer {
    /// `Pong` is before `Idle`: if both have expired, the peer is gone, and not only idle.
    pub(crate) const ALL: [Self; 5] = [Self::Ping, Self::Pong, Self::Idle, Self::Close, Self::Release];

    /// Returns whether this is a deadline for the peer. It fires only if two ticks find it expired: this endpoint may have been
    /// busy, and the peer's bytes may still be unread in the socket. The driver reads them between the two ticks.
    const fn is_for_peer(self) -> bool {
        matches!(self, Self::Pong | Self::Idle)
    }
}

/// What was received and sent since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Bytes of any kind were received from the peer.
    pub(crate) heard: bool,
    /// A part of a message was received or sent.
    pub(crate) message: bool,
    /// Output was queued.
    pub(crate) output: bool,
}

/// The state of all timers, indexed by [`Timer`].
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// When each timer expires, or `None` if it is not armed.
    at: [Option<Timestamp>; Timer::ALL.len()],
    /// Whether a tick has found a deadline for the peer expired, without firing it. Arming the timer resets this.
    passed: [bool; Timer::ALL.len()],
}

impl Timers {
    /// Arms the deadlines of an open connection.
    pub(crate) fn arm_open(&mut self, now: Timestamp, activity: Activity, deadlines: &Deadlines) {
        // At most one of `Ping` and `Pong` is armed. Any byte from the peer returns to `Ping`.
        if activity.heard || !(self.is_armed(Timer::Ping) || self.is_armed(Timer::Pong)) {
            self.set(Timer::Ping, now, deadlines.ping);
            self.set(Timer::Pong, now, None);
        }
        if activity.message || !self.is_armed(Timer::Idle) {
            self.set(Timer::Idle, now, deadlines.idle);
        }
    }

    /// Arms the deadline for the answer to a ping that was sent.
    pub(crate) fn arm_pong(&mut self, now: Timestamp, deadlines: &Deadlines) {
        self.set(Timer::Pong, now, deadlines.pong);
        // Without a deadline for the answer, the next ping follows after the same interval.
        self.set(Timer::Ping, now, if deadlines.pong.is_some() { None } else { deadlines.ping });
    }

    /// Arms the deadline of a closing connection, and disarms all others. It does so only once, so that a peer cannot put it off.
    pub(crate) fn arm_closing(&mut self, now: Timestamp, deadlines: &Deadlines) {
        if !self.is_armed(Timer::Close) {
            *self = Self::default();
            self.set(Timer::Close, now, Some(deadlines.close));
        }
    }

    /// Arms the release of the output's memory, anew whenever output was queued.
    pub(crate) fn arm_release(&mut self, now: Timestamp, activity: Activity, holds_space: bool) {
        if !holds_space {
            self.set(Timer::Release, now, None);
        } else if activity.output || !self.is_armed(Timer::Release) {
            self.set(Timer::Release, now, Some(RELEASE_AFTER));
        }
    }

    /// Returns whether `timer` fires. If so, it is disarmed.
    pub(crate) fn fires(&mut self, timer: Timer, now: Timestamp) -> bool {
        if self.at(timer).is_none_or(|at| at > now) {
            return false;
        }
        if timer.is_for_peer() {
            let passed = self.passed.get_mut(timer as usize);
            if !passed.map(|passed| core::mem::replace(passed, true)).or_bug() {
                return false;
            }
        }
        self.set(timer, now, None);
        true
    }

    /// Returns the time until the next timer expires, or `None` if none is armed.
    pub(crate) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let next = self.at.iter().flatten().min()?;
        Some(next.saturating_since(now).max(MIN_WAIT))
    }

    fn at(&self, timer: Timer) -> Option<Timestamp> {
        self.at.get(timer as usize).copied().or_bug()
    }

    fn is_armed(&self, timer: Timer) -> bool {
        self.at(timer).is_some()
    }

    fn set(&mut self, timer: Timer, now: Timestamp, after: Option<Duration>) {
        let (at, passed) = (self.at.get_mut(timer as usize), self.passed.get_mut(timer as usize));
        debug_assert!(at.is_some() && passed.is_some(), "there is a slot for each timer");
        if let (Some(at), Some(passed)) = (at, passed) {
            *at = after.map(|after| now.saturating_add(after.max(MIN_WAIT)));
            *passed = false;
        }
    }
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
        let activity = self.activity();
        // Before anything fires: a connection that has begun to close since the last tick must not send a ping behind its Close
        // frame.
        match self.phase {
            Phase::Open => self.timers.arm_open(now, activity, &self.config.deadlines),
            _ => self.timers.arm_closing(now, &self.config.deadlines),
        }
        for timer in Timer::ALL {
            if self.timers.fires(timer, now) {
                self.fire(timer, now);
            }
        }
        if self.is_closed() {
            return None;
        }
        if self.phase != Phase::Open {
            // A deadline for the peer may just have begun to close the connection.
            self.timers.arm_closing(now, &self.config.deadlines);
        }
        self.timers.arm_release(now, activity, self.sender.output.holds_space());
        self.timers.wait(now)
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
    }

    /// Counts bytes from the peer that have arrived, but are not received yet because the caller is busy: the peer is alive.
    #[cfg(feature = "tokio")]
    pub(crate) fn note_sign_of_life(&mut self) {
        self.receiver.note_bytes();
    }

    /// Returns what was received and sent since the last call.
    fn activity(&mut self) -> Activity {
        let (heard, received) = self.receiver.take_seen();
        let sent = self.sender.take_message_seen();
        Activity { heard, message: received || sent, output: self.sender.output.take_used() }
    }

    /// Acts on a timer that has expired.
    fn fire(&mut self, timer: Timer, now: Timestamp) {
        match timer {
            Timer::Ping => {
                // If the output is full, the ping would not reach the peer anyway. The deadline for an answer is armed all the
                // same.
                let _ = self.sender.control(Opcode::Ping, &[], &self.config);
                self.timers.arm_pong(now, &self.config.deadlines);
            }
            Timer::Pong => self.time_out(Deadline::Pong, CloseCode::INTERNAL_ERROR, "no answer to a ping"),
            Timer::Idle => self.time_out(Deadline::Idle, CloseCode::GOING_AWAY, "idle for too long"),
            Timer::Close => {
                let cause = Cause::Deadline(Deadline::Close);
                self.transition(Trigger::CloseDeadline, Endpoint::Local, cause, CloseFrame::without_body());
            }
            Timer::Release => self.sender.output.release(),
        }
    }

    /// Begins to close the connection to a peer that a deadline has expired for.
    fn time_out(&mut self, deadline: Deadline, code: CloseCode, reason: &'static str) {
        let close = CloseFrame { code, reason: reason.into() };
        self.transition(Trigger::PeerTimeout, Endpoint::Local, Cause::Deadline(deadline), close);
    }
}
