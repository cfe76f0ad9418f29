//! Compressors and decompressors that wait for their next message.

use super::{compressor::Compressor, decompressor::Decompressor};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many of each are kept: as many threads can be busy at a time without building new ones.
const MAX_POOLED: usize = 8;

/// Shared by all connections that are made with the same [`Options`](super::Options): between two messages, a connection
/// without takeover has nothing to remember.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    decompressors: Vec<Decompressor>,
    compressors: Vec<Compressor>,
}

impl Pool {
    /// A decompressor at the beginning of a stream, if there is one.
    pub(super) fn decompressor(&self) -> Option<Decompressor> {
        self.shelves().decompressors.pop()
    }

    /// It must be at the beginning of a stream.
    pub(super) fn return_decompressor(&self, decompressor: Decompressor) {
        let mut shelves = self.shelves();
        if shelves.decompressors.len() < MAX_POOLED {
            shelves.decompressors.push(decompressor);
        }
    }

    /// A compressor at the beginning of a stream, if there is one that fits.
    pub(super) fn compressor(&self, fits: impl Fn(&Compressor) -> bool) -> Option<Compressor> {
        let mut shelves = self.shelves();
        let index = shelves.compressors.iter().position(fits)?;
        Some(shelves.compressors.swap_remove(index))
    }

    /// It must be at the beginning of a stream.
    pub(super) fn return_compressor(&self, compressor: Compressor) {
        let mut shelves = self.shelves();
        if shelves.compressors.len() >= MAX_POOLED {
            // The one that has waited longest fits least.
            shelves.compressors.remove(0);
        }
        shelves.compressors.push(compressor);
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
