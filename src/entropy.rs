//! The default source of masking keys (RFC 6455 §5.3, §10.3): a CSPRNG in user space, seeded by the operating system. Keys are
//! drawn in blocks, so that one key costs a few instructions. A system call for each key would cost more than the frame.

use core::cell::RefCell;
use rand::Rng;
use std::thread_local;

/// The number of keys drawn at once. A larger block would only hold more unused keys in memory.
const BLOCK: usize = 64;

struct Keys {
    keys: [[u8; 4]; BLOCK],
    /// The index of the next unused key. It starts at `BLOCK`, so that the first call draws a block.
    used: usize,
}

thread_local! {
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys { keys: [[0; 4]; BLOCK], used: BLOCK }) };
}

/// Returns four unpredictable bytes.
pub(crate) fn csprng() -> [u8; 4] {
    // While a thread is torn down, its block may already be destroyed: then draw directly.
    KEYS.try_with(|keys| keys.borrow_mut().next()).unwrap_or_else(|_| fresh())
}

impl Keys {
    fn next(&mut self) -> [u8; 4] {
        if let Some(key) = self.keys.get(self.used) {
            self.used += 1;
            return *key;
        }
        rand::rng().fill_bytes(self.keys.as_flattened_mut());
        self.used = 1;
        let [first, ..] = self.keys;
        first
    }
}

fn fresh() -> [u8; 4] {
    let mut key = [0; 4];
    rand::rng().fill_bytes(&mut key);
    key
}
