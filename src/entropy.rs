//! The default source of masking keys (RFC 6455 §5.3, §10.3): a CSPRNG that the operating system seeds, read in
//! blocks so that a key costs a few instructions.

use core::cell::RefCell;
use rand::Rng;
use std::thread_local;

/// Keys drawn at once. 64 keys; more would only keep more unused ones in memory.
const BLOCK: usize = 256;

struct Keys {
    bytes: [u8; BLOCK],
    used: usize,
}

thread_local! {
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys { bytes: [0; BLOCK], used: BLOCK }) };
}

/// Four bytes that nobody can predict.
pub(crate) fn csprng() -> [u8; 4] {
    // While a thread is torn down its block may be gone already: then draw directly.
    KEYS.try_with(|keys| keys.borrow_mut().next()).unwrap_or_else(|_| fresh())
}

impl Keys {
    fn next(&mut self) -> [u8; 4] {
        if let Some(key) = self.bytes.get(self.used..).and_then(|rest| rest.first_chunk()) {
            self.used += 4;
            return *key;
        }
        rand::rng().fill_bytes(&mut self.bytes);
        self.used = 4;
        *self.bytes.first_chunk().unwrap_or(&[0; 4])
    }
}

fn fresh() -> [u8; 4] {
    let mut key = [0; 4];
    rand::rng().fill_bytes(&mut key);
    key
}
