use alloc::{sync::Arc, task::Wake, vec::Vec};
use core::{mem, task::Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The slot of the receiving half.
pub(super) const RECEIVER: usize = 0;

/// The wakers of the halves that wait for the stream, a slot for each half. Tokio's streams keep one waker for each direction, so
/// all halves poll with this one, which wakes them all.
#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<Vec<Slot>>);

#[derive(Debug)]
enum Slot {
    Free,
    Idle,
    Waiting(Waker),
}

impl Slot {
    /// The waker of the half, which is then idle.
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
    /// A slot for one more half.
    pub(super) fn add(&self) -> usize {
        let mut slots = self.slots();
        if let Some(free) = slots.iter().position(|slot| matches!(slot, Slot::Free)) {
            set(&mut slots, free, Slot::Idle);
            return free;
        }
        slots.push(Slot::Idle);
        slots.len().saturating_sub(1)
    }

    pub(super) fn remove(&self, index: usize) {
        set(&mut self.slots(), index, Slot::Free);
    }

    pub(super) fn wait(&self, index: usize, waker: &Waker) {
        let mut slots = self.slots();
        let is_there = matches!(slots.get(index), Some(Slot::Waiting(there)) if there.will_wake(waker));
        if !is_there {
            set(&mut slots, index, Slot::Waiting(waker.clone()));
        }
    }

    /// The half has what it waited for: it is not woken any more.
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
        // Outside of the lock, as a waker may do what it likes.
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
