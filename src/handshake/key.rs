//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` (RFC 6455 §1.3, §4.1, §4.2.2).

use super::http1::grammar;
use crate::Config;
use base64::{Engine, engine::general_purpose::STANDARD};

/// What is hashed, as SHA-1 takes it (FIPS 180-4 §5.1.1): room for the key; the GUID of §1.3, which makes sure that
/// whoever answers knows WebSocket; and a bit that is set. What follows are zeros, and the length.
const FIRST_BLOCK: &[u8; 64] = b"........................258EAFA5-E914-47DA-95CA-C5AB0DC85B11\x80\0\0\0";

/// The length of that, in bits.
const BITS: u16 = 8 * (24 + 36);

/// What SHA-1 begins with (FIPS 180-4 §5.3.1).
const SHA1: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];

/// The length of a key in base64.
const LEN: usize = 24;

/// "A nonce consisting of a randomly selected 16-byte value that has been base64-encoded" (§4.1).
pub(super) fn fresh(config: &Config) -> [u8; 24] {
    let mut nonce = [0; 16];
    for word in nonce.as_chunks_mut::<4>().0 {
        *word = (config.entropy)();
    }
    in_base64(&nonce)
}

/// The same bytes, if they have the form of a key: 16 bytes in base64, which are 22 digits and two `=`.
///
/// The last digit has four bits to spare. RFC 4648 wants them zero, the example in §4.1 does not have them so
/// (erratum 3150): they are not looked at.
pub(super) fn valid(text: &[u8]) -> Option<&[u8; LEN]> {
    static DIGITS: [bool; 256] = grammar::table(b"+/");
    let key: &[u8; LEN] = text.try_into().ok()?;
    let (digits, padding) = key.split_last_chunk::<2>()?;
    // All of them, without a branch for each.
    let are_digits = digits.iter().fold(true, |all, &byte| all & grammar::is_in(&DIGITS, byte));
    (are_digits && padding == b"==").then_some(key)
}

/// The answer to a key. It is hashed as text, as it was received: "it is not necessary for the server to base64-decode
/// the |Sec-WebSocket-Key| value" (§4.2.2).
///
/// As its length is known, the two blocks are laid out here (FIPS 180-4 §5.1.1), which saves the way through the buffer of
/// a general hasher.
pub(super) fn accept(key: &[u8; LEN]) -> [u8; 28] {
    let mut blocks = [*FIRST_BLOCK, [0; 64]];
    let [first, second] = &mut blocks;
    if let (Some(start), Some(end)) = (first.first_chunk_mut(), second.last_chunk_mut()) {
        *start = *key;
        *end = BITS.to_be_bytes();
    }
    let mut state = SHA1;
    sha1::block_api::compress(&mut state, &blocks);
    let mut hash = [0; 20];
    for (to, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    in_base64(&hash)
}

/// `N` is how long it is in base64.
fn in_base64<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [b'='; N];
    // It cannot fail, as there is room.
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(N));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicU8, Ordering};
    use sha1::{Digest, Sha1};

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

    /// The blocks that are laid out here are those that a general hasher makes.
    #[test]
    fn the_blocks_are_those_of_a_hasher() {
        for byte in 0..=u8::MAX {
            let mut key = [byte; LEN];
            key[usize::from(byte) % LEN] ^= 0x55;
            let hash = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
            assert_eq!(accept(&key).as_slice(), STANDARD.encode(hash).as_bytes());
        }
    }

    /// [E-14] [W-02] The key that §4.1 prints has non-zero bits to spare, and is a key all the same.
    #[test]
    fn spare_bits_are_not_looked_at() {
        assert!(valid(b"AQIDBAUGBwgJCgsMDQ4PEC==").is_some());
        assert!(valid(b"AQIDBAUGBwgJCgsMDQ4PEA==").is_some());
    }
}
