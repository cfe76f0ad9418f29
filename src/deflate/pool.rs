//! Compressors and decompressors that wait for their next message.

use super::{compressor::Deflater, decompressor::Inflater};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many of each are kept: as many threads can be busy at a time without building new ones.
const KEPT: usize = 8;

/// Shared by all connections that are made with the same [`Options`](super::Options): between two messages, a connection
/// without takeover has nothing to remember.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    inflaters: Vec<Inflater>,
    deflaters: Vec<Deflater>,
}

impl Pool {
    /// A decompressor at the beginning of a stream, if there is one.
    pub(super) fn inflater(&self) -> Option<Inflater> {
        self.shelves().inflaters.pop()
    }

    /// It must be at the beginning of a stream.
    pub(super) fn give_back_inflater(&self, inflater: Inflater) {
        let mut shelves = self.shelves();
        if shelves.inflaters.len() < KEPT {
            shelves.inflaters.push(inflater);
        }
    }

    /// A compressor at the beginning of a stream, if there is one that fits.
    pub(super) fn deflater(&self, fits: impl Fn(&Deflater) -> bool) -> Option<Deflater> {
        let mut shelves = self.shelves();
        let index = shelves.deflaters.iter().position(fits)?;
        Some(shelves.deflaters.swap_remove(index))
    }

    /// It must be at the beginning of a stream.
    pub(super) fn give_back_deflater(&self, deflater: Deflater) {
        let mut shelves = self.shelves();
        if shelves.deflaters.len() >= KEPT {
            // The one that has waited longest fits least.
            shelves.deflaters.remove(0);
        }
        shelves.deflaters.push(deflater);
    }

    /// Nothing panics while it is held, so it cannot be left half changed.
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
