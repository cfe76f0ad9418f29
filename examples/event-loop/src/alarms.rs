//! The deadlines of all connections, the next one first.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// When a connection has to be looked at, and when it is going to be. Times are since the origin of the loop's clock.
#[derive(Default)]
pub(crate) struct Alarm {
    /// What the last `tick` asked for.
    pub(crate) due: Option<Duration>,
    /// For when there is an entry in the heap, which may be earlier.
    set: Option<Duration>,
}

/// A heap that is put right late. Nearly every message moves a deadline further away: to find and move its entry each
/// time would cost more than the message. The entry stays, and when its time comes it moves to where it belongs by then.
/// Only a deadline that comes nearer needs an entry at once; the old one is then out of date, and nobody misses it.
#[derive(Default)]
pub(crate) struct Alarms {
    heap: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Alarms {
    /// Sees to it that the connection at `index` is looked at in time.
    pub(crate) fn set(&mut self, index: usize, alarm: &mut Alarm) {
        if let Some(due) = alarm.due
            && alarm.set.is_none_or(|set| due < set)
        {
            alarm.set = Some(due);
            self.heap.push(Reverse((due, index)));
        }
    }

    /// For when the next entry is.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes an entry whose time has come: when, and for which connection.
    pub(crate) fn take(&mut self, now: Duration) -> Option<(Duration, usize)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Drops the entries that are out of date, once they are the most: a connection that talks and rests once a second
    /// leaves one behind each time.
    pub(crate) fn tidy<'a>(&mut self, connections: usize, alarm_of: impl Fn(usize) -> Option<&'a Alarm>) {
        if self.heap.len() > 2 * connections + 64 {
            self.heap.retain(|Reverse((at, index))| alarm_of(*index).is_some_and(|alarm| alarm.set == Some(*at)));
        }
    }
}

impl Alarm {
    /// Whether the connection is to be looked at, now that its entry for `at` was taken. If not, the entry was out of
    /// date, or is too early; then [`Alarms::set`] makes a new one.
    pub(crate) fn rings(&mut self, at: Duration, now: Duration) -> bool {
        if self.set != Some(at) {
            return false;
        }
        self.set = None;
        self.due.is_some_and(|due| due <= now)
    }
}
