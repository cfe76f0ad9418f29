//! The wakers of tasks that share a connection, behind the one waker with which all of them poll the stream.
//!
//! A stream keeps only the waker of the last poll in each direction, and a poll of a connection uses both. If each task
//! polled the stream with its own waker, a sender would replace the waker of the receiver, which would then miss the next bytes. So
//! all tasks poll with the waker of [`Tasks`]. It wakes the receiver and one sender, and that is enough: whoever polls the stream
//! registers for all.
//!
//! The stream alone is not enough: one task can do what another one waits for, and the stream does not become ready again for it.
//! [`Tasks::finish`] compares the state before and after a poll, and wakes those that it concerns:
//!
//! - The queue is written: all senders that wait for that.
//! - The queue got shorter, or a sender has finished: the next sender. That one wakes the next in turn, so that each is woken about
//!   once for each message, and not all of them for each.
//! - Something was queued: the receiver, which writes for all while it waits.
//! - A sender read ahead, because it waited for the peer: the receiver, as the bytes are in the inbox now.
//! - The connection began to close, or ended: all of them.

use crate::State;
use alloc::{collections::VecDeque, sync::Arc, task::Wake, vec::Vec};
use core::{
    mem,
    task::{Context, Poll, Waker},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The slot of the receiving task, which is added first.
pub(super) const RECEIVER: usize = 0;

/// The slots of the `Stream`, the `Sink` and the methods of a connection that is not split.
pub(in crate::adapter) const STREAM: usize = RECEIVER;
pub(in crate::adapter) const SINK: usize = 1;
pub(super) const METHOD: usize = 2;

/// A task, and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub(super) slot: usize,
    pub(super) goal: Goal,
    /// Whether [`Tasks::abandon`] is called when the task stops waiting before it is ready. The methods of `Sink` cannot do that.
    pub(super) is_guarded: bool,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapter) enum Goal {
    /// An event.
    Input,
    /// Space for a message.
    Space,
    /// Until everything is written.
    Written,
}

/// The state for which other tasks of a connection may wait: see `wakers`.
#[derive(Debug, PartialEq)]
pub(super) struct Progress {
    pub(super) queued: usize,
    /// Whether a short message fits.
    pub(super) has_space: bool,
    pub(super) flushes: u32,
    pub(super) reads: u32,
    pub(super) state: State,
}

/// The tasks that share a connection.
#[derive(Debug)]
pub(in crate::adapter) struct Tasks {
    wakers: Arc<Wakers>,
    /// The waker of `wakers`, with which all tasks poll the stream.
    waker: Waker,
}

impl Tasks {
    /// `count` is the number of slots, the receiver's included.
    pub(super) fn new(count: usize) -> Self {
        let wakers = Arc::new(Wakers::default());
        wakers.slots().all.resize_with(count, Slot::default);
        Self { waker: Waker::from(wakers.clone()), wakers }
    }

    /// Adds a slot for one more sender.
    pub(super) fn add(&self) -> usize {
        let mut slots = self.wakers.slots();
        if let Some(free) = slots.free.pop() {
            return free;
        }
        slots.all.push(Slot::default());
        slots.all.len().saturating_sub(1)
    }

    /// Frees the slot of a sender that is dropped.
    pub(super) fn remove(&self, slot: usize) {
        self.abandon(slot);
        self.wakers.slots().free.push(slot);
    }

    /// Removes the waker of a task that no longer waits. If it was woken, another one is woken instead.
    pub(super) fn abandon(&self, slot: usize) {
        let mut slots = self.wakers.slots();
        let was_woken = matches!(slots.set(slot, Turn::Idle), Turn::Woken);
        let woken = if was_woken { slots.take_driver() } else { Woken::default() };
        drop(slots);
        woken.wake();
    }

    pub(in crate::adapter) fn wake_senders(&self) {
        let woken = self.wakers.slots().take_senders();
        woken.wake();
    }

    pub(super) fn wake_receiver(&self) {
        let mut woken = Woken::default();
        woken.add(self.wakers.slots().take_receiver());
        woken.wake();
    }

    pub(super) fn wake_all(&self) {
        self.wake_senders();
        self.wake_receiver();
    }

    /// Polls on behalf of a task. Call [`finish`](Self::finish) after it, with the states before and after.
    pub(super) fn poll<T>(
        &self,
        waiter: Waiter,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before the poll, so that a wake-up during the poll or right after it finds the waker.
        self.wakers.slots().wait(waiter, cx.waker());
        run(&mut Context::from_waker(&self.waker))
    }

    /// Wakes the other tasks for which a poll has changed something.
    pub(super) fn finish(&self, waiter: Waiter, is_ready: bool, before: &Progress, now: &Progress) {
        let is_sender = waiter.slot != RECEIVER;
        let has_changed = now != before;
        if !is_ready && !has_changed {
            return;
        }
        let mut slots = self.wakers.slots();
        if is_ready {
            slots.set(waiter.slot, Turn::Idle);
        }
        let state_changed = now.state != before.state;
        let mut woken = Woken::default();
        if state_changed || (is_sender && is_ready && now.state != State::Open) {
            woken = slots.take_senders();
        } else {
            if now.queued == 0 && (before.queued > 0 || now.flushes != before.flushes) {
                slots.take_flushing(&mut woken);
            }
            // A sender that has finished may have been the only one that was woken, and may not have polled the stream.
            if (is_sender && is_ready) || now.queued < before.queued {
                slots.take_next(now.has_space, &mut woken);
            }
        }
        // The receiver itself has just polled, and need not be woken for its own changes.
        if is_sender && (state_changed || now.reads != before.reads || now.queued > before.queued) {
            woken.add(slots.take_receiver());
        }
        drop(slots);
        woken.wake();
    }
}

/// The wakers of the tasks that wait, with a slot for each task. As a waker itself, it wakes the receiver and one sender.
#[derive(Debug, Default)]
struct Wakers(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    all: Vec<Slot>,
    free: Vec<usize>,
    /// The slots of the senders that wait for space, in this order. One that no longer waits is left out when it is reached.
    for_space: VecDeque<usize>,
    /// The same for all others.
    for_written: VecDeque<usize>,
}

/// The state of a task.
#[derive(Debug, Default)]
struct Slot {
    turn: Turn,
    /// Whether it is in `Slots::for_space`, and in `Slots::for_written`.
    is_queued: [bool; 2],
}

#[derive(Debug, Default)]
enum Turn {
    /// The task does not wait, or there is none.
    #[default]
    Idle,
    /// The task waits, and this wakes it.
    Waiting(Waiter, Waker),
    /// The task was woken, and has not polled since then.
    Woken,
}

/// The tasks to wake once the lock is released: the code of a waker is not ours, and may call back into this type.
#[derive(Debug, Default)]
struct Woken {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Woken {
    fn add(&mut self, waker: Option<Waker>) {
        if self.first.is_none() {
            self.first = waker;
        } else {
            self.others.extend(waker);
        }
    }

    fn wake(self) {
        self.first.into_iter().chain(self.others).for_each(Waker::wake);
    }
}

impl Slots {
    /// Registers the waker of a task that is about to poll.
    fn wait(&mut self, waiter: Waiter, waker: &Waker) {
        let Some(slot) = self.all.get_mut(waiter.slot) else {
            debug_assert!(false, "the task has a slot");
            return;
        };
        // Most polls come from the same task, and a clone of its waker costs an atomic operation.
        if matches!(&slot.turn, Turn::Waiting(same, there) if *same == waiter && there.will_wake(waker)) {
            return;
        }
        let was_first = matches!(mem::replace(&mut slot.turn, Turn::Waiting(waiter, waker.clone())), Turn::Woken);
        let [space, written] = &mut slot.is_queued;
        let (queue, is_queued) = match waiter.goal {
            _ if waiter.slot == RECEIVER => return,
            Goal::Space => (&mut self.for_space, space),
            Goal::Input | Goal::Written => (&mut self.for_written, written),
        };
        if !mem::replace(is_queued, true) {
            // One that was woken for nothing keeps its place.
            if was_first { queue.push_front(waiter.slot) } else { queue.push_back(waiter.slot) }
        }
    }

    fn set(&mut self, slot: usize, turn: Turn) -> Turn {
        debug_assert!(slot < self.all.len(), "the task has a slot");
        self.all.get_mut(slot).map_or(Turn::Idle, |slot| mem::replace(&mut slot.turn, turn))
    }

    fn take_receiver(&mut self) -> Option<Waker> {
        let slot = self.all.get_mut(RECEIVER)?;
        match mem::replace(&mut slot.turn, Turn::Woken) {
            Turn::Waiting(_, waker) => Some(waker),
            turn => {
                slot.turn = turn;
                None
            }
        }
    }

    /// Takes the first sender that waits for `goal`, and returns whether it is guarded.
    fn take_first(&mut self, goal: Goal) -> Option<(Waker, bool)> {
        loop {
            let (next, nth) = match goal {
                Goal::Space => (self.for_space.pop_front()?, 0),
                _ => (self.for_written.pop_front()?, 1),
            };
            let Some(slot) = self.all.get_mut(next) else { continue };
            if let Some(is_queued) = slot.is_queued.get_mut(nth) {
                *is_queued = false;
            }
            match mem::replace(&mut slot.turn, Turn::Woken) {
                Turn::Waiting(waiter, waker) if (waiter.goal == Goal::Space) == (goal == Goal::Space) => {
                    return Some((waker, waiter.is_guarded));
                }
                turn => slot.turn = turn,
            }
        }
    }

    /// Takes senders until there is one on which the others can rely: one that passes it on if it is dropped.
    fn take_next(&mut self, has_space: bool, woken: &mut Woken) {
        let goals = if has_space { [Goal::Space, Goal::Written] } else { [Goal::Written, Goal::Space] };
        for goal in goals {
            while let Some((waker, is_guarded)) = self.take_first(goal) {
                woken.add(Some(waker));
                if is_guarded {
                    return;
                }
            }
        }
    }

    /// Takes a sender that polls the stream. One that waits for space may return without a poll, if there is space.
    fn take_driver(&mut self) -> Woken {
        let mut woken = Woken::default();
        self.take_next(false, &mut woken);
        woken
    }

    fn take_flushing(&mut self, woken: &mut Woken) {
        while let Some((waker, _)) = self.take_first(Goal::Written) {
            woken.add(Some(waker));
        }
    }

    fn take_senders(&mut self) -> Woken {
        let mut woken = Woken::default();
        self.take_flushing(&mut woken);
        while let Some((waker, _)) = self.take_first(Goal::Space) {
            woken.add(Some(waker));
        }
        woken
    }
}

impl Wakers {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut slots = self.slots();
        let mut woken = slots.take_driver();
        woken.add(slots.take_receiver());
        drop(slots);
        woken.wake();
    }
}

/// Whom a poll wakes. That everybody is woken in time is tested on connections, in `tests/tokio`; too many wake-ups can only be
/// seen here.
#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    /// A waker that writes down its name.
    struct Named(char, Arc<Mutex<Vec<char>>>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    /// The slot of the task that polls, if it is a sender.
    const SENDER: usize = 4;

    /// The tasks that are woken by a poll of the receiver, or of a sender, that has changed the state from `before` to `now`. The
    /// receiver is R. A waits for space, B and C wait until everything is written.
    fn woken(polls: usize, is_ready: bool, before: &Progress, now: &Progress) -> String {
        let (log, tasks) = (Arc::new(Mutex::new(Vec::new())), Tasks::new(SENDER + 1));
        let waiters = [
            ('R', RECEIVER, Goal::Input),
            ('A', 1, Goal::Space),
            ('B', 2, Goal::Written),
            ('C', 3, Goal::Written),
            ('D', SENDER, Goal::Written),
        ];
        for (name, slot, goal) in waiters {
            if name != 'D' || polls == SENDER {
                let waker = Waker::from(Arc::new(Named(name, log.clone())));
                let waiter = Waiter { slot, goal, is_guarded: true };
                assert!(tasks.poll(waiter, &Context::from_waker(&waker), |_| Poll::<()>::Pending).is_pending());
            }
        }
        tasks.finish(Waiter { slot: polls, goal: Goal::Written, is_guarded: true }, is_ready, before, now);
        let mut names = log.lock().unwrap().clone();
        names.sort_unstable();
        names.into_iter().collect()
    }

    fn progress(queued: usize, flushes: u32, reads: u32, state: State) -> Progress {
        Progress { queued, has_space: true, flushes, reads, state }
    }

    /// A sender that polls wakes those for whom it has changed something, and nobody else.
    #[test]
    fn by_a_sender() {
        let (open, closing) = (State::Open, State::Closing);
        let table = [
            ("nothing has changed", false, [(10, 1, 1, open), (10, 1, 1, open)], ""),
            ("something was queued", false, [(10, 1, 1, open), (20, 1, 1, open)], "R"),
            ("a part was written", false, [(20, 1, 1, open), (10, 1, 1, open)], "A"),
            ("something was read", false, [(10, 1, 1, open), (10, 1, 2, open)], "R"),
            ("a flush alone", false, [(10, 1, 1, open), (10, 2, 1, open)], ""),
            ("it has finished", true, [(10, 1, 1, open), (10, 1, 1, open)], "A"),
            ("it has finished, and nothing was queued", true, [(0, 1, 1, open), (0, 1, 1, open)], "A"),
            ("it has finished, and something was read", true, [(0, 1, 1, open), (0, 1, 2, open)], "AR"),
            ("everything was written", true, [(10, 1, 1, open), (0, 2, 1, open)], "ABC"),
            ("everything was queued and written", true, [(0, 1, 1, open), (0, 2, 1, open)], "ABC"),
            ("the connection began to close", true, [(10, 1, 1, open), (10, 1, 1, closing)], "ABCR"),
            ("it has finished while the connection closes", true, [(10, 1, 1, closing), (10, 1, 1, closing)], "ABC"),
            ("it waits while the connection closes", false, [(20, 1, 1, closing), (10, 1, 1, closing)], "A"),
        ];
        for (what, is_ready, states, expected) in table {
            let [before, now] = states.map(|(queued, flushes, reads, state)| progress(queued, flushes, reads, state));
            assert_eq!(woken(SENDER, is_ready, &before, &now), expected, "{what}");
        }
    }

    /// The receiver does not wake itself, and it wakes the senders only for what concerns them.
    #[test]
    fn by_the_receiver() {
        let (open, closing) = (State::Open, State::Closing);
        let table = [
            ("it has a message", true, [(10, 1, 1, open), (10, 1, 2, open)], ""),
            ("it has a message while the connection closes", true, [(10, 1, 1, closing), (10, 1, 2, closing)], ""),
            ("something was queued", false, [(10, 1, 1, open), (20, 1, 1, open)], ""),
            ("a part was written", false, [(20, 1, 1, open), (10, 1, 1, open)], "A"),
            ("everything was written", false, [(20, 1, 1, open), (0, 2, 1, open)], "ABC"),
            ("the connection began to close", false, [(10, 1, 1, open), (10, 1, 1, closing)], "ABC"),
        ];
        for (what, is_ready, states, expected) in table {
            let [before, now] = states.map(|(queued, flushes, reads, state)| progress(queued, flushes, reads, state));
            assert_eq!(woken(RECEIVER, is_ready, &before, &now), expected, "{what}");
        }
    }

    /// If a short message does not fit, one that waits until everything is written is woken first: it certainly polls the stream.
    #[test]
    fn without_space() {
        let [before, now] = [20, 10].map(|queued| Progress { has_space: false, ..progress(queued, 1, 1, State::Open) });
        assert_eq!(woken(RECEIVER, false, &before, &now), "B");
    }
}
