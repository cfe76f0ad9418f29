//! Memory for the output of compressors and decompressors: one block for each thread, so that no connection has one of its own.

use alloc::vec::Vec;
use core::cell::Cell;
use std::thread_local;

/// How much is compressed or decompressed at a time. The more it is, the less is copied from a decompressor's window.
const LEN: usize = 16 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lets `run` use the thread's scratch memory, which is zeroed only when a thread first needs it.
pub(crate) fn with_scratch<T>(run: impl FnOnce(&mut [u8]) -> T) -> T {
    // While a thread is torn down it may be gone already; then, as in a call within a call, there is new memory.
    let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
    scratch.resize(LEN, 0);
    let result = run(&mut scratch);
    let _ = SCRATCH.try_with(|cell| cell.set(scratch));
    result
}
