//! Memory for the output of compressors and decompressors: one buffer for each thread, so that no connection needs its own.

use alloc::vec::Vec;
use core::cell::Cell;
use std::thread_local;

/// How many bytes of output are produced at a time. With more, less is copied from a decompressor's window.
const LEN: usize = 16 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls `run` with the thread's scratch memory. It is zeroed only when a thread first needs it, so `run` may find old bytes in
/// it.
pub(crate) fn with_scratch<T>(run: impl FnOnce(&mut [u8]) -> T) -> T {
    // The memory is missing in a nested call, and while the thread ends. Then it is allocated anew.
    let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
    scratch.resize(LEN, 0);
    let result = run(&mut scratch);
    let _ = SCRATCH.try_with(|cell| cell.set(scratch));
    result
}
