//! One direction of a wire.

use super::{
    faults::{Cut, Faults},
    run::Run,
};
use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    time::Duration,
};

/// Bytes that one end has written and the other has not read, in their order.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) faults: Faults,
    /// The speed with which the bytes on the line were planned.
    planned: (Duration, Option<u64>),
    bytes: VecDeque<u8>,
    /// When these bytes arrive.
    runs: VecDeque<Run>,
    /// What comes after the last byte.
    tail: Option<Tail>,
    /// The reader is gone.
    is_unread: bool,
    /// How many bytes were read.
    read: u64,
}

#[derive(Clone, Copy, Debug)]
struct Tail {
    at: Duration,
    is_reset: bool,
    /// The writer shut the line down itself, and must not write any more.
    is_shut_down: bool,
}

impl Line {
    /// Lets changed faults take effect. Everything else begins with it.
    pub(super) fn settle(&mut self, now: Duration) {
        let wanted = (self.faults.latency, self.faults.bandwidth.map(|rate| rate.max(1)));
        if self.planned != wanted {
            self.planned = wanted;
            self.plan_again(now);
        }
        if let Some(cut) = self.faults.cut {
            let kept = usize::try_from(cut.position().saturating_sub(self.read)).unwrap_or(usize::MAX);
            if kept <= self.bytes.len() {
                self.truncate(kept);
                let is_reset = matches!(cut, Cut::Reset(_));
                let at = now.saturating_add(self.faults.latency);
                self.tail.get_or_insert(Tail { at, is_reset, is_shut_down: false });
            }
        }
    }

    pub(super) fn write(&mut self, now: Duration, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if let Some(kind) = self.faults.write_error {
            return Err(kind.into());
        }
        if self.is_unread || self.tail.is_some_and(|tail| tail.is_shut_down) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.is_reset(now) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let free = self.faults.capacity.saturating_sub(self.bytes.len());
        let len = slices.iter().map(|slice| slice.len()).sum::<usize>();
        let accepted = len.min(self.faults.max_write.max(1)).min(free);
        if accepted == 0 && len > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        // Behind a cut, bytes are accepted and lost.
        if accepted > 0 && self.tail.is_none() {
            let mut left = accepted;
            for slice in slices {
                let part = slice.get(..left).unwrap_or(slice);
                self.bytes.extend(part);
                left -= part.len();
            }
            self.plan(accepted, now);
            self.settle(now);
        }
        Ok(accepted)
    }

    pub(super) fn read(&mut self, now: Duration, space: &mut [u8]) -> io::Result<usize> {
        let count = self.readable(now, space.len());
        if let Some(space) = space.get_mut(..count).filter(|_| count > 0) {
            self.copy_to(space);
            self.bytes.drain(..count);
            self.take(count);
            self.read += count as u64;
            return Ok(count);
        }
        if !self.bytes.is_empty() || self.faults.is_frozen {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match (self.tail.filter(|tail| tail.at <= now), self.faults.read_error) {
            (_, Some(kind)) => Err(kind.into()),
            (Some(Tail { is_reset: true, .. }), None) => Err(io::ErrorKind::ConnectionReset.into()),
            (Some(_), None) => Ok(0),
            (None, None) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Copies the first bytes, and corrupts them.
    fn copy_to(&self, space: &mut [u8]) {
        let (first, second) = self.bytes.as_slices();
        let (from_first, from_second) = space.split_at_mut(first.len().min(space.len()));
        from_first.copy_from_slice(first.get(..from_first.len()).unwrap_or_default());
        from_second.copy_from_slice(second.get(..from_second.len()).unwrap_or_default());
        for (position, bits) in self.faults.corrupt.range(self.read..) {
            let index = usize::try_from(position - self.read).unwrap_or(usize::MAX);
            let Some(byte) = space.get_mut(index) else { break };
            *byte ^= bits;
        }
    }

    /// How many bytes a read into this much space returns.
    fn readable(&self, now: Duration, space: usize) -> usize {
        if self.faults.is_frozen {
            return 0;
        }
        let most = self.faults.max_read.max(1).min(space);
        match self.runs.front() {
            Some(run) if self.faults.keeps_writes_apart => run.arrived(now).min(most),
            _ => self.arrived(now, most).min(most),
        }
    }

    /// The writer has ended its stream.
    pub(super) fn shut_down(&mut self, now: Duration) {
        let at = now.saturating_add(self.faults.latency);
        self.tail.get_or_insert(Tail { at, is_reset: false, is_shut_down: true }).is_shut_down = true;
    }

    /// The reader is gone: nobody gets what is on the line.
    pub(super) fn abandon(&mut self) {
        self.is_unread = true;
        self.truncate(0);
    }

    /// What has arrived can still be read, the rest is lost.
    pub(super) fn reset(&mut self, now: Duration) {
        self.truncate(self.arrived(now, usize::MAX));
        let is_shut_down = self.tail.is_some_and(|tail| tail.is_shut_down);
        // A stream that has already ended for its reader stays as it is.
        if self.tail.is_none_or(|tail| tail.at > now) {
            self.tail = Some(Tail { at: now, is_reset: true, is_shut_down });
        }
    }

    /// Whether a reset has arrived at the reader.
    pub(super) fn is_reset(&self, now: Duration) -> bool {
        self.tail.is_some_and(|tail| tail.is_reset && tail.at <= now)
            && self.arrived(now, usize::MAX) == self.bytes.len()
            && !self.faults.is_frozen
    }

    /// The bytes on the line.
    pub(super) const fn bytes(&self) -> &VecDeque<u8> {
        &self.bytes
    }

    /// When the next byte or the end arrives, if that is later than `now`. Bytes that follow each other within a millisecond count as
    /// one arrival, or a fast line would take a step of the clock for each.
    pub(super) fn next_arrival(&self, now: Duration) -> Option<Duration> {
        if self.faults.is_frozen {
            return None;
        }
        let run = self.runs.iter().find(|run| !run.has_arrived(now));
        let next = match run {
            Some(run) => run.next_arrival(now),
            None => self.tail?.at,
        };
        (next > now).then_some(next)
    }

    /// How many bytes have arrived; it stops counting when there are `enough`.
    fn arrived(&self, now: Duration, enough: usize) -> usize {
        let mut arrived = 0;
        for run in &self.runs {
            arrived += run.arrived(now);
            if arrived >= enough || !run.has_arrived(now) {
                break;
            }
        }
        arrived
    }

    /// Plans the departure of `len` bytes, behind those that are planned.
    fn plan(&mut self, len: usize, now: Duration) {
        let free_at = self.runs.back().map_or(Duration::ZERO, Run::departs_by);
        let (latency, rate) = self.planned;
        let run = Run::new(len, now.max(free_at), latency, rate);
        match self.runs.back_mut() {
            Some(last) if !self.faults.keeps_writes_apart && last.arrives_with(&run) => last.extend(len),
            _ => self.runs.push_back(run),
        }
    }

    /// The bytes that have not left get the speed of now.
    fn plan_again(&mut self, now: Duration) {
        let mut waiting = Vec::new();
        self.runs.retain_mut(|run| {
            waiting.push(run.keep_departed(now));
            run.len() > 0
        });
        for len in waiting.into_iter().filter(|len| *len > 0) {
            self.plan(len, now);
        }
    }

    /// Takes bytes off the front of the runs.
    fn take(&mut self, count: usize) {
        let mut left = count;
        while let Some(run) = self.runs.front_mut().filter(|_| left > 0) {
            left -= run.take(left);
            if run.len() == 0 {
                self.runs.pop_front();
            }
        }
    }

    fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
        let mut left = len;
        self.runs.retain_mut(|run| {
            left -= run.truncate(left);
            run.len() > 0
        });
    }
}
