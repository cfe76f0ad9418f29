//! Which tasks to wake when the transport is ready.
//!
//! A connection may be used by two tasks: after `split`, one polls the `Stream`, and the other the `Sink`. Both may read and write,
//! since reading answers pings. But a transport keeps only one waker for each direction, the last one. So while the two tasks
//! differ, the transport gets a waker that wakes both.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
        // Taken, so that a task that no longer polls is not woken again. One that does is woken now, and registers anew.
        let halves = mem::take(&mut *self.lock());
        halves.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Both {
    fn lock(&self) -> MutexGuard<'_, [Option<Waker>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            if self.both.is_none() && other.as_ref().is_some_and(|other| !other.will_wake(waker)) {
                // The transport may have the waker of the other half, which still waits.
                let both = Arc::new(Both(Mutex::new(self.halves.clone())));
                self.both = Some((both.clone(), both.into()));
            }
        }
        if let Some((both, _)) = &self.both {
            let [stream, sink] = &mut *both.lock();
            let registered = match half {
                Half::Stream => stream,
                Half::Sink => sink,
            };
            if !registered.as_ref().is_some_and(|registered| registered.will_wake(waker)) {
                *registered = Some(waker.clone());
            }
        }
    }

    /// Wakes the task that polls the other half: what it waits for has changed without the transport.
    pub(crate) fn wake_other(&self, half: Half) {
        let [stream, sink] = &self.halves;
        let other = match half {
            Half::Stream => sink,
            Half::Sink => stream,
        };
        if let Some(waker) = other {
            waker.wake_by_ref();
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
