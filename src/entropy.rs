//! The default source of masking keys (RFC 6455 §5.3, §10.3): a CSPRNG that the operating system seeds, read in
//! blocks so that a key costs a few instructions.

use core::cell::RefCell;
use rand::Rng;
use std::thread_local;

/// Keys drawn at once. More would only keep more unused ones in memory.
const BLOCK: usize = 64;

struct Keys {
    keys: [[u8; 4]; BLOCK],
    used: usize,
}

thread_local! {
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys { keys: [[0; 4]; BLOCK], used: BLOCK }) };
}

/// Four bytes that nobody can predict.
pub(crate) fn csprng() -> [u8; 4] {
    // While a thread is torn down its block may be gone already: then draw directly.
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
