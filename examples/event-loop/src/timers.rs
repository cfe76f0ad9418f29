//! The deadlines of all connections, the next one first.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// The deadline of one connection. Times are since the origin of the loop's clock.
#[derive(Default)]
pub(crate) struct Timer {
    /// What the last `tick` asked for.
    pub(crate) due: Option<Duration>,
    /// The time of its entry in the heap, which may be earlier.
    queued: Option<Duration>,
}

/// A heap that is corrected late. Nearly every message moves a deadline further away, and moving its entry each time would
/// cost more than the message. So the entry stays, and is moved when its time comes. Only a deadline that gets earlier needs
/// a new entry at once; the old one is then out of date, and is ignored.
#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Timers {
    /// Makes sure that there is an entry no later than the deadline of the connection at `index`.
    pub(crate) fn schedule(&mut self, index: usize, timer: &mut Timer) {
        if let Some(due) = timer.due
            && timer.queued.is_none_or(|queued| due < queued)
        {
            timer.queued = Some(due);
            self.heap.push(Reverse((due, index)));
        }
    }

    /// The time of the next entry.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Removes an entry whose time has come, and returns its time and its connection.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<(Duration, usize)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Removes the entries that are out of date, once they are the majority: a connection that is busy and idle in turn
    /// leaves one behind every second.
    pub(crate) fn tidy<'a>(&mut self, connections: usize, timer_of: impl Fn(usize) -> Option<&'a Timer>) {
        if self.heap.len() > 2 * connections + 64 {
            self.heap.retain(|Reverse((at, index))| timer_of(*index).is_some_and(|timer| timer.queued == Some(*at)));
        }
    }
}

impl Timer {
    /// Whether the deadline has passed, now that the entry for `at` was removed. If not, the entry was out of date or too
    /// early; then [`Timers::schedule`] makes a new one.
    pub(crate) fn has_passed(&mut self, at: Duration, now: Duration) -> bool {
        if self.queued != Some(at) {
            return false;
        }
        self.queued = None;
        self.due.is_some_and(|due| due <= now)
    }
}
