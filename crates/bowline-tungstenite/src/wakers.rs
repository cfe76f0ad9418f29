//! Which tasks to wake when the transport is ready.
//!
//! A connection may be used by two tasks: after `split`, one polls the `Stream`, and the other the `Sink`. Both may read and write,
//! since reading answers pings. But a transport keeps only one waker for each direction, the last one. So while the two tasks
//! differ, the transport gets a waker that wakes both.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    task::{Wake, Waker},
};

/// Which trait of the connection is polled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    Stream,
    Sink,
}

/// The last wakers of both halves.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    halves: [Option<Waker>; 2],
    /// The waker of both, once they have differed.
    both: Option<(Arc<Both>, Waker)>,
}

/// Wakes the tasks of both halves.
#[derive(Debug)]
struct Both(Mutex<[Option<Waker>; 2]>);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Taken out, so that nothing is woken while the lock is held, and so that a task that does not wait is not woken again.
        let halves = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        halves.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Wakers {
    /// Records that the task of `waker` polls a half.
    pub(crate) fn register(&mut self, half: Half, waker: &Waker) {
        let [stream, sink] = &mut self.halves;
        let (own, other) = match half {
            Half::Stream => (stream, sink),
            Half::Sink => (sink, stream),
        };
        if !own.as_ref().is_some_and(|own| own.will_wake(waker)) {
            *own = Some(waker.clone());
            let differ = other.as_ref().is_some_and(|other| !other.will_wake(waker));
            if differ && self.both.is_none() {
                // The other half may be waiting, with its own waker at the transport.
                let both = Arc::new(Both(Mutex::new(self.halves.clone())));
                self.both = Some((both.clone(), both.into()));
            }
        }
        if let Some((both, _)) = &self.both {
            let mut halves = both.0.lock().unwrap_or_else(PoisonError::into_inner);
            let [stream, sink] = &mut *halves;
            let slot = match half {
                Half::Stream => stream,
                Half::Sink => sink,
            };
            slot.get_or_insert_with(|| waker.clone()).clone_from(waker);
        }
    }

    /// Returns the waker for the transport.
    pub(crate) fn transport(&self) -> &Waker {
        let [stream, sink] = &self.halves;
        match (&self.both, stream, sink) {
            (Some((_, both)), ..) => both,
            (None, Some(waker), _) | (None, None, Some(waker)) => waker,
            (None, None, None) => Waker::noop(),
        }
    }
}
