//! The default source of masking keys (RFC 6455 §5.3, §10.3): a CSPRNG in user space, seeded by the operating system. Keys are
//! drawn in blocks, so that one key costs a few instructions. A system call for each key would cost more than the frame.

use core::cell::Cell;
use rand::Rng;
use std::thread_local;

/// The number of keys drawn at once. A larger block would only hold more unused keys in memory.
const BLOCK: usize = 64;

/// In cells and not in a `RefCell`, whose flag would be checked and written twice for each key.
struct Keys {
    keys: [Cell<[u8; 4]>; BLOCK],
    /// The index of the next unused key. It starts at `BLOCK`, so that the first call draws a block.
    used: Cell<usize>,
}

thread_local! {
    static KEYS: Keys = const { Keys { keys: [const { Cell::new([0; 4]) }; BLOCK], used: Cell::new(BLOCK) } };
}

/// Returns four unpredictable bytes.
pub(crate) fn csprng() -> [u8; 4] {
    // While a thread is torn down, its block may already be destroyed: then draw directly.
    KEYS.try_with(Keys::next).unwrap_or_else(|_| fresh())
}

impl Keys {
    #[inline]
    fn next(&self) -> [u8; 4] {
        let used = self.used.get();
        let Some(key) = self.keys.get(used) else { return self.draw() };
        self.used.set(used + 1);
        key.get()
    }

    /// Draws a block, and returns its first key.
    #[inline(never)]
    fn draw(&self) -> [u8; 4] {
        let mut keys = [[0; 4]; BLOCK];
        rand::rng().fill_bytes(keys.as_flattened_mut());
        for (cell, key) in self.keys.iter().zip(keys) {
            cell.set(key);
        }
        self.used.set(1);
        let [first, ..] = keys;
        first
    }
}

fn fresh() -> [u8; 4] {
    let mut key = [0; 4];
    rand::rng().fill_bytes(&mut key);
    key
}
