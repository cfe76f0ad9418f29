//! The wakers of the halves, behind the one waker with which all halves poll the stream. The module `split` explains why.

use alloc::{sync::Arc, task::Wake, vec::Vec};
use core::{mem, task::Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The slot of the receiving half, which `split` adds first.
pub(super) const RECEIVER: usize = 0;

/// The wakers of the halves that wait, with a slot for each half. As a waker itself, it wakes all of them.
#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<Vec<Slot>>);

/// The state of a half.
#[derive(Debug)]
enum Slot {
    /// There is no half: the next clone of a sender reuses the slot.
    Free,
    /// The half does not wait.
    Idle,
    /// The half waits, and this wakes its task.
    Waiting(Waker),
}

impl Slot {
    /// Removes the waker of a half that waits. The half registers it again with its next poll.
    fn take(&mut self) -> Option<Waker> {
        match self {
            Self::Waiting(_) => match mem::replace(self, Self::Idle) {
                Self::Waiting(waker) => Some(waker),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Wakers {
    /// Adds a slot for one more half.
    pub(super) fn add(&self) -> usize {
        let mut slots = self.slots();
        if let Some(free) = slots.iter().position(|slot| matches!(slot, Slot::Free)) {
            set(&mut slots, free, Slot::Idle);
            return free;
        }
        slots.push(Slot::Idle);
        slots.len().saturating_sub(1)
    }

    /// Frees the slot of a half that is dropped.
    pub(super) fn remove(&self, index: usize) {
        set(&mut self.slots(), index, Slot::Free);
    }

    /// Registers the waker of a half that is about to poll.
    pub(super) fn wait(&self, index: usize, waker: &Waker) {
        let mut slots = self.slots();
        // Most polls come from the same task, and a clone of its waker costs an atomic operation.
        let is_there = matches!(slots.get(index), Some(Slot::Waiting(there)) if there.will_wake(waker));
        if !is_there {
            set(&mut slots, index, Slot::Waiting(waker.clone()));
        }
    }

    /// Removes the waker of a half that has finished waiting, so that it is not woken for nothing.
    pub(super) fn done(&self, index: usize) {
        let mut slots = self.slots();
        debug_assert!(index < slots.len(), "the half has a slot");
        if let Some(slot) = slots.get_mut(index) {
            slot.take();
        }
    }

    pub(super) fn wake_receiver(&self) {
        let waker = self.slots().get_mut(RECEIVER).and_then(Slot::take);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn wake_senders(&self) {
        self.wake_from(RECEIVER + 1);
    }

    fn wake_from(&self, first: usize) {
        // Collected first, and woken outside of the lock: the code of a waker is not ours, and may call back into this type.
        let wakers: Vec<_> = self.slots().iter_mut().skip(first).filter_map(Slot::take).collect();
        for waker in wakers {
            waker.wake();
        }
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set(slots: &mut [Slot], index: usize, to: Slot) {
    debug_assert!(index < slots.len(), "the half has a slot");
    if let Some(slot) = slots.get_mut(index) {
        *slot = to;
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_from(RECEIVER);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_from(RECEIVER);
    }
}
