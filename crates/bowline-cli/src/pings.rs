//! Sends pings for `--ping`, and measures their round-trip times.

use crate::screen::{Screen, Tone};
use bowline::Connection;
use std::{
    collections::VecDeque,
    future,
    time::{Duration, Instant},
};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The maximum number of unanswered pings. Older ones are forgotten.
const WAITING: usize = 64;

#[derive(Default)]
pub(crate) struct Pings {
    interval: Option<Interval>,
    /// The payloads that were sent, and when.
    waiting: VecDeque<(String, Instant)>,
    count: u64,
}

impl Pings {
    pub(crate) fn every(period: Option<Duration>) -> Self {
        let interval = period.map(|period| {
            let mut interval = interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self { interval, ..Self::default() }
    }

    /// Waits until the next ping is due.
    pub(crate) async fn due(&mut self) {
        match &mut self.interval {
            Some(interval) => {
                interval.tick().await;
            }
            None => future::pending().await,
        }
    }

    /// Queues a ping, unless the connection is closing.
    pub(crate) fn send(&mut self, connection: &mut Connection, screen: &Screen) {
        self.count = self.count.saturating_add(1);
        let payload = format!("ping {}", self.count);
        if connection.ping(payload.as_bytes()).is_ok() {
            screen.detail(format_args!("sent {payload:?}"));
            self.waiting.truncate(WAITING - 1);
            self.waiting.push_front((payload, Instant::now()));
        }
    }

    /// Prints the round-trip time. A pong also answers all earlier pings (RFC 6455 §5.5.3).
    pub(crate) fn answered(&mut self, payload: &[u8], screen: &Screen) {
        match self.waiting.iter().position(|(sent, _)| sent.as_bytes() == payload) {
            Some(at) => {
                if let Some((payload, sent)) = self.waiting.drain(at..).next() {
                    let milliseconds = sent.elapsed().as_secs_f64() * 1000.0;
                    screen.line(Tone::Plain, format_args!("pong for {payload:?} after {milliseconds:.2} ms"));
                }
            }
            None => screen.detail(format_args!("pong \"{}\"", payload.escape_ascii())),
        }
    }
}
