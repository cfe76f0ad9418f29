//! Time: deadlines are armed and fired here, and nowhere else.

use super::{
    Cause, CloseFrame, Connection, Deadline, Endpoint,
    closing::{Phase, Trigger},
    timers::{Activity, Timer},
};
use crate::{CloseCode, Timestamp, frame::Opcode};
use core::time::Duration;

impl Connection {
    /// Advances the clock: queues a ping if one is due, ends the connection if a deadline has expired. Returns how long to wait
    /// for input before the next call; `None` means that nothing is scheduled. It never returns `Some(Duration::ZERO)`.
    ///
    /// Call it once for all that one read brought, before writing: it may queue output. A deadline for the peer expires
    /// only at the second call after it has passed, so that a driver that was busy first reads what is in the socket.
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
    /// assert_eq!(server.output().chunk(), b"\x89\x00"); // nothing came until then: a ping
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

    /// Bytes have arrived from the peer that are not received yet, because the caller is busy: the peer is alive.
    #[cfg(feature = "tokio")]
    pub(crate) fn note_sign_of_life(&mut self) {
        self.position_at_tick = self.position_at_tick.wrapping_sub(1);
    }

    fn activity(&mut self) -> Activity {
        let position = self.receiver.position();
        let heard = position != core::mem::replace(&mut self.position_at_tick, position);
        let (received, sent) = (self.receiver.take_message_seen(), self.sender.take_message_seen());
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
