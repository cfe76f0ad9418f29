//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` (RFC 6455 §1.3, §4.1, §4.2.2).

use super::http1::grammar::{self, ByteSet};
use crate::Config;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// The GUID of §1.3: "unlikely to be used by network endpoints that do not understand the WebSocket Protocol".
const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Key`: 16 bytes in base64.
pub(super) type Key = [u8; 24];

/// The value of `Sec-WebSocket-Accept`: a SHA-1 hash in base64.
pub(super) type Accept = [u8; 28];

/// Returns a new key: "a nonce consisting of a randomly selected 16-byte value that has been base64-encoded" (§4.1).
pub(super) fn fresh(config: &Config) -> Key {
    let mut nonce = [0; 16];
    for word in nonce.as_chunks_mut::<4>().0 {
        *word = (config.entropy)();
    }
    in_base64(&nonce)
}

/// Returns `text` as a key, if it has the form of one: 16 bytes in base64, which are 22 digits and two `=`.
///
/// The last digit has four spare bits. RFC 4648 §3.5 requires encoders to set them to zero, but they are not zero in the example
/// of RFC 6455 §4.1 (erratum 3150). So their value is not checked.
pub(super) fn valid(text: &[u8]) -> Option<&Key> {
    static DIGITS: ByteSet = grammar::alphanumeric_and(b"+/");
    let key: &Key = text.try_into().ok()?;
    let (digits, padding) = key.split_last_chunk::<2>()?;
    let are_digits = digits.iter().all(|&byte| grammar::is_in(&DIGITS, byte));
    (are_digits && padding == b"==").then_some(key)
}

/// Returns the value of `Sec-WebSocket-Accept` for a key. The key is hashed as text, and not decoded: "it is not necessary for
/// the server to base64-decode the |Sec-WebSocket-Key| value" (§4.2.2).
pub(super) fn accept(key: &Key) -> Accept {
    in_base64(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Encodes bytes. `N` must be the length of the result.
fn in_base64<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [b'='; N];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(N), "the callers ask for arrays of the right length");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicU8, Ordering};

    /// The bytes 1, 2, 3, ... from one call to the next.
    fn counting() -> [u8; 4] {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        core::array::from_fn(|_| NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// [W-02] [C-13] The bytes 01 to 10 of the example in §4.1, in the canonical form of erratum 3150: each of the
    /// 16 bytes is drawn from the configured source.
    #[test]
    fn the_nonce_is_sixteen_bytes_of_entropy() {
        assert_eq!(fresh(&Arc::new(Config::new(counting))), *b"AQIDBAUGBwgJCgsMDQ4PEA==");
    }

    /// [W-01] The example of §1.3 and §4.2.2, down to the bytes of its hash.
    #[test]
    fn the_accept_of_the_rfc() {
        let hash = Sha1::digest(b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        assert_eq!(hash[..4], [0xb3, 0x7a, 0x4f, 0x2c]);
        assert_eq!(hash[16..], [0xb2, 0xbe, 0xc4, 0xea]);
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    /// [E-14] [W-02] The key that §4.1 prints has non-zero bits to spare, and is a key all the same.
    #[test]
    fn spare_bits_are_not_looked_at() {
        assert!(valid(b"AQIDBAUGBwgJCgsMDQ4PEC==").is_some());
        assert!(valid(b"AQIDBAUGBwgJCgsMDQ4PEA==").is_some());
    }
}
