//! Keepalive pings, the idle deadline, the deadline for a pong and that for closing. Those of the opening handshake are in
//! `handshake/deadline`.

use super::{
    Cause, CloseFrame, Connection, Deadline, Endpoint,
    transitions::{Phase, Trigger},
};
use crate::{CloseCode, Deadlines, Timestamp, bug::OrBug, frame::Opcode, time::MIN_WAIT};
use core::time::Duration;

/// How long the space of the output is kept after it was last used, so that a busy connection need not allocate it for
/// each reply, and an idle one holds none.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

/// The deadlines of a connection, in the order in which they fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Time to send a ping.
    Ping,
    /// The ping should have been answered.
    Pong,
    /// A message should have been received or sent.
    Idle,
    /// The closing should be over.
    Close,
    /// Time to release the memory of the output.
    Release,
}

impl Timer {
    pub(crate) const ALL: [Self; 5] = [Self::Ping, Self::Pong, Self::Idle, Self::Close, Self::Release];

    /// A deadline for the peer. When it has passed, what the peer sent may still lie unread in the socket, because this
    /// endpoint was busy: so it fires only if it is found passed a second time.
    const fn is_for_peer(self) -> bool {
        matches!(self, Self::Pong | Self::Idle)
    }
}

/// What has happened since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Bytes were received from the peer.
    pub(crate) heard: bool,
    /// A part of a message was received or sent.
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
    /// Arms the deadlines of an open connection.
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

    /// Arms the deadline of a closing connection, once.
    pub(crate) fn arm_closing(&mut self, now: Timestamp, deadlines: &Deadlines) {
        if !self.is_armed(Timer::Close) {
            *self = Self::default();
            self.set(Timer::Close, now, Some(deadlines.close));
        }
    }

    /// Arms the release of the output's memory.
    pub(crate) fn arm_release(&mut self, now: Timestamp, activity: Activity, holds_space: bool) {
        if !holds_space {
            self.set(Timer::Release, now, None);
        } else if activity.output || !self.is_armed(Timer::Release) {
            self.set(Timer::Release, now, Some(RELEASE_AFTER));
        }
    }

    /// Whether `timer` has expired. If so, it is disarmed.
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

    /// How long until something is due.
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
    /// Advances the clock: queues a ping if one is due, ends the connection if a deadline has expired. Returns how long to wait
    /// for input before the next call; `None` means that nothing is scheduled. It never returns `Some(Duration::ZERO)`.
    ///
    /// Call it once after each read, before writing: it may queue output. A deadline for the peer expires only at the second call after
    /// its time, so that a driver that was busy first reads what is in the socket.
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
    #[must_use = "the time until the next call"]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        let activity = self.activity();
        // Closing disarms what counts for an open connection, before it can fire: nothing follows a Close frame.
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
            // A deadline for the peer may just have begun it.
            self.timers.arm_closing(now, &self.config.deadlines);
        }
        self.timers.arm_release(now, activity, self.sender.output.holds_space());
        self.timers.wait(now)
    }

    /// Begins all deadlines anew at the next [`tick`](Self::tick). Call it when the connection is driven by another clock from
    /// now on, whose [`Timestamp`]s have nothing to do with those before.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role, Timestamp};
    /// use std::time::Duration;
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// let _wait = server.tick(Duration::from_secs(3600).into()); // the clock of one driver
    /// server.restart_clock();
    /// let wait = server.tick(Timestamp::default()); // that of another
    /// assert_eq!(wait, Some(Duration::from_secs(30))); // `Deadlines::ping`
    /// ```
    pub fn restart_clock(&mut self) {
        self.timers = Timers::default();
    }

    /// Bytes have arrived from the peer that are not received yet, because the caller is busy: the peer is alive.
    #[cfg(feature = "tokio")]
    pub(crate) fn note_sign_of_life(&mut self) {
        self.receiver.note_bytes();
    }

    fn activity(&mut self) -> Activity {
        let (heard, received) = self.receiver.take_seen();
        let sent = self.sender.take_message_seen();
        Activity { heard, message: received || sent, output: self.sender.output.take_used() }
    }

    fn fire(&mut self, timer: Timer, now: Timestamp) {
        match timer {
            Timer::Ping => {
                // If the output is full the ping could not leave anyway; the deadline for an answer counts all the same.
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

    fn time_out(&mut self, deadline: Deadline, code: CloseCode, reason: &'static str) {
        let close = CloseFrame { code, reason: reason.into() };
        self.transition(Trigger::PeerTimeout, Endpoint::Local, Cause::Deadline(deadline), close);
    }
}
