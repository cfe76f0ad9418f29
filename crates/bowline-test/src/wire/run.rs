//! Bytes that leave one after the other.

use std::time::Duration;

/// How far apart two bytes may be that count as one arrival.
const TOGETHER: Duration = Duration::from_nanos(999_999);

/// Consecutive bytes with the same speed.
#[derive(Debug)]
pub(super) struct Run {
    /// How many bytes there were at the beginning, and how many of them are taken.
    end: usize,
    taken: usize,
    /// When the first of them began to leave.
    start: Duration,
    latency: Duration,
    /// Bytes per second.
    rate: Option<u64>,
}

impl Run {
    pub(super) const fn new(len: usize, start: Duration, latency: Duration, rate: Option<u64>) -> Self {
        Self { end: len, taken: 0, start, latency, rate }
    }

    /// Whether all bytes of both arrive at the same time.
    pub(super) fn arrives_with(&self, other: &Self) -> bool {
        (self.start, self.latency, self.rate) == (other.start, other.latency, None)
    }

    pub(super) const fn extend(&mut self, len: usize) {
        self.end += len;
    }

    pub(super) const fn len(&self) -> usize {
        self.end - self.taken
    }

    /// How many bytes can be read.
    pub(super) fn arrived(&self, now: Duration) -> usize {
        now.checked_sub(self.latency).map_or(0, |now| self.departed(now)).saturating_sub(self.taken)
    }

    pub(super) fn has_arrived(&self, now: Duration) -> bool {
        self.arrived(now) == self.len()
    }

    /// When the last byte has left.
    pub(super) fn departs_by(&self) -> Duration {
        self.departure(self.end)
    }

    /// When the next bytes arrive after `now`, taken together if they follow each other closely.
    pub(super) fn next_arrival(&self, now: Duration) -> Duration {
        let next = self.arrival(self.taken + self.arrived(now) + 1);
        self.arrival(self.taken + self.arrived(next.saturating_add(TOGETHER)))
    }

    /// Takes bytes off the front, and returns how many there were.
    pub(super) fn take(&mut self, count: usize) -> usize {
        let count = count.min(self.len());
        self.taken += count;
        count
    }

    /// Drops the bytes from `len` on, and returns how many are kept.
    pub(super) fn truncate(&mut self, len: usize) -> usize {
        let len = len.min(self.len());
        self.end = self.taken + len;
        len
    }

    /// Drops the bytes that have not left, and returns how many there were.
    pub(super) fn keep_departed(&mut self, now: Duration) -> usize {
        let len = self.len();
        len - self.truncate(self.departed(now).saturating_sub(self.taken))
    }

    /// How many bytes have left, those that are taken among them.
    fn departed(&self, now: Duration) -> usize {
        let Some(elapsed) = now.checked_sub(self.start) else { return 0 };
        let Some(rate) = self.rate else { return self.end };
        let departed = elapsed.as_nanos().saturating_mul(u128::from(rate)) / NANOS;
        usize::try_from(departed).unwrap_or(usize::MAX).min(self.end)
    }

    /// When the first `count` bytes have left.
    fn departure(&self, count: usize) -> Duration {
        let Some(rate) = self.rate else { return self.start };
        let nanos = (count as u128 * NANOS).div_ceil(u128::from(rate));
        self.start.saturating_add(u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos))
    }

    fn arrival(&self, count: usize) -> Duration {
        self.departure(count).saturating_add(self.latency)
    }
}

const NANOS: u128 = 1_000_000_000;
