use alloc::{sync::Arc, task::Wake, vec::Vec};
use core::{mem, task::Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The place of the receiving half.
pub(super) const RECEIVER: usize = 0;

/// Who waits for the stream. Tokio's streams keep one waker for each direction, so all halves poll with this one, which
/// wakes them all.
#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<Vec<Place>>);

/// A half's place in the list.
#[derive(Debug)]
enum Place {
    Free,
    Idle,
    Waiting(Waker),
}

impl Place {
    /// Whoever waits there waits no longer.
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
    /// A place for one more half.
    pub(super) fn add(&self) -> usize {
        let mut places = self.places();
        if let Some(free) = places.iter().position(|place| matches!(place, Place::Free)) {
            set(&mut places, free, Place::Idle);
            return free;
        }
        places.push(Place::Idle);
        places.len().saturating_sub(1)
    }

    pub(super) fn remove(&self, place: usize) {
        set(&mut self.places(), place, Place::Free);
    }

    pub(super) fn wait(&self, place: usize, waker: &Waker) {
        let mut places = self.places();
        let is_there = matches!(places.get(place), Some(Place::Waiting(there)) if there.will_wake(waker));
        if !is_there {
            set(&mut places, place, Place::Waiting(waker.clone()));
        }
    }

    /// Who has what it waited for is not to be woken.
    pub(super) fn done(&self, place: usize) {
        let mut places = self.places();
        if let Some(place) = places.get_mut(place) {
            place.take();
        }
    }

    pub(super) fn wake_receiver(&self) {
        let waker = self.places().get_mut(RECEIVER).and_then(Place::take);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn wake_senders(&self) {
        self.wake_from(RECEIVER + 1);
    }

    fn wake_from(&self, first: usize) {
        // Outside of the lock, as a waker may do what it likes.
        let wakers: Vec<_> = self.places().iter_mut().skip(first).filter_map(Place::take).collect();
        for waker in wakers {
            waker.wake();
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set(places: &mut [Place], place: usize, to: Place) {
    if let Some(place) = places.get_mut(place) {
        *place = to;
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
