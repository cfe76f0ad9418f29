//! The pool of compressors and decompressors that no message uses at the moment.

use super::{compressor::Compressor, decompressor::Decompressor};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many of each are kept. This many threads can use one at the same time without allocating. More would only hold memory.
const MAX_POOLED: usize = 8;

/// The pool of all connections with the same [`Options`](super::Options). With no context takeover, a connection borrows from it
/// for each message, and keeps nothing between two messages.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Pooled>>);

#[derive(Default)]
struct Pooled {
    decompressors: Vec<Decompressor>,
    compressors: Vec<Compressor>,
}

impl Pool {
    /// Takes a decompressor out of the pool. It is at the beginning of a stream.
    pub(super) fn decompressor(&self) -> Option<Decompressor> {
        self.lock().decompressors.pop()
    }

    /// Returns a decompressor to the pool. It must be at the beginning of a stream.
    pub(super) fn return_decompressor(&self, decompressor: Decompressor) {
        let mut pooled = self.lock();
        if pooled.decompressors.len() < MAX_POOLED {
            pooled.decompressors.push(decompressor);
        }
    }

    /// Takes a compressor out of the pool, for which `fits` is true. It does not refer to earlier messages.
    pub(super) fn compressor(&self, fits: impl Fn(&Compressor) -> bool) -> Option<Compressor> {
        let mut pooled = self.lock();
        let index = pooled.compressors.iter().position(fits)?;
        Some(pooled.compressors.swap_remove(index))
    }

    /// Returns a compressor to the pool. It must not refer to earlier messages, after a full flush or a reset.
    pub(super) fn return_compressor(&self, compressor: Compressor) {
        let mut pooled = self.lock();
        if pooled.compressors.len() >= MAX_POOLED {
            // Their settings can differ. The oldest one is the least likely to fit the next message.
            pooled.compressors.remove(0);
        }
        pooled.compressors.push(compressor);
    }

    /// Locks the pool. Nothing panics while the lock is held, so the pool is consistent even if the lock were poisoned.
    fn lock(&self) -> MutexGuard<'_, Pooled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::Options;

    /// What is returned to the pool can be taken out of it again, up to the number that it keeps.
    #[test]
    fn what_is_returned_is_used_again() {
        let pool = Pool::default();
        assert!(pool.decompressor().is_none() && pool.compressor(|_| true).is_none());
        for _ in 0..2 * MAX_POOLED {
            pool.return_decompressor(Decompressor::new());
            pool.return_compressor(Compressor::from_pool(15, &Options::default()));
        }
        let another = pool.clone();
        assert!(pool.compressor(|_| false).is_none(), "none fits");
        for _ in 0..MAX_POOLED {
            assert!(another.decompressor().is_some() && another.compressor(|_| true).is_some());
        }
        assert!(pool.decompressor().is_none() && pool.compressor(|_| true).is_none());
        assert!(alloc::format!("{pool:?}").starts_with("Pool"));
    }
}
