//! Which tasks to wake when the transport is ready.
//!
//! A connection may be used by two tasks: after `split`, one polls the `Stream`, and the other the `Sink`. Both may read and write,
//! since reading answers pings. But a transport keeps only one waker for each direction, the last one. So while the two tasks
//! differ, the transport gets a waker that wakes both.

use std::{
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
#[derive(Debug, Default)]
struct Both(Mutex<[Option<Waker>; 2]>);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Cloned, so that nothing is woken while the lock is held.
        let halves = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
        if own.as_ref().is_some_and(|own| own.will_wake(waker)) {
            return;
        }
        *own = Some(waker.clone());
        let differ = other.as_ref().is_some_and(|other| !other.will_wake(waker));
        if differ || self.both.is_some() {
            let (both, _) = self.both.get_or_insert_with(|| {
                let both = Arc::new(Both::default());
                (both.clone(), both.into())
            });
            both.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&self.halves);
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
