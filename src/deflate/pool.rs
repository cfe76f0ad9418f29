//! Compressors and decompressors that no message uses at the moment.

use super::{compressor::Compressor, decompressor::Decompressor};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many of each are kept: as many threads can use one at the same time without allocating new ones.
const MAX_POOLED: usize = 8;

/// The pool of all connections with the same [`Options`](super::Options): with no context takeover, a connection keeps nothing
/// between two messages.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Pooled>>);

#[derive(Default)]
struct Pooled {
    decompressors: Vec<Decompressor>,
    compressors: Vec<Compressor>,
}

impl Pool {
    /// A decompressor at the beginning of a stream, if there is one.
    pub(super) fn decompressor(&self) -> Option<Decompressor> {
        self.lock().decompressors.pop()
    }

    /// It must be at the beginning of a stream.
    pub(super) fn return_decompressor(&self, decompressor: Decompressor) {
        let mut pooled = self.lock();
        if pooled.decompressors.len() < MAX_POOLED {
            pooled.decompressors.push(decompressor);
        }
    }

    /// A compressor at the beginning of a stream, if there is one that fits.
    pub(super) fn compressor(&self, fits: impl Fn(&Compressor) -> bool) -> Option<Compressor> {
        let mut pooled = self.lock();
        let index = pooled.compressors.iter().position(fits)?;
        Some(pooled.compressors.swap_remove(index))
    }

    /// It must be at the beginning of a stream.
    pub(super) fn return_compressor(&self, compressor: Compressor) {
        let mut pooled = self.lock();
        if pooled.compressors.len() >= MAX_POOLED {
            // The oldest one is the least likely to fit.
            pooled.compressors.remove(0);
        }
        pooled.compressors.push(compressor);
    }

    /// Nothing panics while the lock is held, so a poisoned one is consistent.
    fn lock(&self) -> MutexGuard<'_, Pooled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
