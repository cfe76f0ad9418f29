//! The deadlines of all connections, the next one first.

use std::{cmp::Reverse, collections::BinaryHeap, num::NonZeroU64, time::Duration};

/// A time since the origin of the loop's clock, in nanoseconds. An optional one is half as large as a `Duration`, and a connection
/// has two of them. It is enough for 500 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(NonZeroU64);

impl From<Duration> for Deadline {
    fn from(time: Duration) -> Self {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(NonZeroU64::new(nanoseconds).unwrap_or(NonZeroU64::MIN))
    }
}

/// The deadline of one connection.
#[derive(Default)]
pub(crate) struct Timer {
    /// The deadline that the last `tick` returned.
    pub(crate) due: Option<Deadline>,
    /// The time of its entry in the heap, which may be earlier than `due`.
    queued: Option<Deadline>,
}

/// A heap of deadlines that is updated lazily. Nearly every message postpones a deadline, and updating the heap each time would
/// cost more than the message. So an entry stays in place, and is replaced when its time comes. Only an earlier deadline needs
/// a new entry at once; the old entry is then out of date, and is ignored.
#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Deadline, usize)>>,
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

    /// Returns the time of the next entry.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| Duration::from_nanos(at.0.get()))
    }

    /// Removes an entry whose time has come, and returns its time and its connection.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<(Deadline, usize)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Removes the entries that are out of date, once they are a third. A connection that is busy and idle in turn leaves one of
    /// them every second.
    pub(crate) fn tidy<'a>(&mut self, connections: usize, timer_of: impl Fn(usize) -> Option<&'a Timer>) {
        if self.heap.len() > connections + connections / 2 + 64 {
            self.heap.retain(|Reverse((at, index))| timer_of(*index).is_some_and(|timer| timer.queued == Some(*at)));
        }
    }
}

impl Timer {
    /// Returns whether the deadline has passed, after the entry for `at` was removed from the heap. If not, the entry was out
    /// of date or too early, and [`Timers::schedule`] adds a new one.
    pub(crate) fn has_passed(&mut self, at: Deadline, now: Duration) -> bool {
        if self.queued != Some(at) {
            return false;
        }
        self.queued = None;
        self.due.is_some_and(|due| due <= now.into())
    }
}
