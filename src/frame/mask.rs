//! Masking (RFC 6455 §5.3), without a loop over single bytes.
//!
//! A payload has any length and begins at any address. Whole words are fast, and the rest costs more than it should. So the last
//! word is computed first, from bytes that are still unmasked, and stored last: it may overlap the word before it. Long payloads
//! treat their front in the same way, so that the words between are aligned.

use crate::bug::OrBug;
use alloc::vec::Vec;

/// From this length on, in bytes, aligned stores save more time than the alignment costs.
const LONG: usize = 512;

/// The length of a cache line, in bytes.
const LINE: usize = 64;

/// Masks or unmasks `data` in place (RFC 6455 §5.3). Masking twice with the same key restores the data.
///
/// The first byte of `data` is masked with the first byte of the key. If the payload arrives in chunks, rotate the key for each
/// later chunk: see [`rotate_key`].
///
/// ```
/// let mut data = *b"Hello";
/// bowline::frame::mask(&mut data, [0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(data, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
/// ```
#[inline]
pub fn mask(data: &mut [u8], key: [u8; 4]) {
    let len = data.len();
    if len >= LONG {
        long(data, key);
    } else if let Some(&last) = data.last_chunk::<8>() {
        let last = masked(last, rotate_key(key, len - 8)); // before `words` masks its first bytes
        words(data, double(key));
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last;
        }
    } else if let Some(&last) = data.last_chunk::<4>() {
        let last = u32::from_ne_bytes(last) ^ u32::from_ne_bytes(rotate_key(key, len - 4));
        if let Some(chunk) = data.first_chunk_mut::<4>() {
            *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(key)).to_ne_bytes();
        }
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last.to_ne_bytes();
        }
    } else {
        for (byte, key) in data.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

/// Returns the key for the next chunk of a payload, after a chunk of `by` bytes.
///
/// Byte `i` of a payload is masked with byte `i % 4` of the key.
///
/// ```
/// use bowline::frame::{mask, rotate_key};
///
/// let key = [0x37, 0xfa, 0x21, 0x3d];
/// let mut data = *b"Hello";
/// let (first, second) = data.split_at_mut(3); // as if it had arrived in two reads
/// mask(first, key);
/// mask(second, rotate_key(key, 3));
/// assert_eq!(data, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
/// ```
#[must_use]
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the remainder of a division by 4")]
pub const fn rotate_key(key: [u8; 4], by: usize) -> [u8; 4] {
    u32::from_be_bytes(key).rotate_left((by % 4) as u32 * 8).to_be_bytes()
}

/// Masks a long payload, with aligned stores except for its first and last bytes: a store across two cache lines costs twice.
#[inline(never)]
fn long(data: &mut [u8], key: [u8; 4]) {
    let (Some(&first), Some(&last)) = (data.first_chunk::<16>(), data.last_chunk::<8>()) else {
        debug_assert!(false, "called for long payloads only");
        return;
    };
    let (first, last) = (masked(first, key), masked(last, rotate_key(key, data.len() - 8)));
    let before = data.as_ptr().align_offset(16);
    words(data.get_mut(before..).or_bug(), double(rotate_key(key, before)));
    if let Some(chunk) = data.first_chunk_mut() {
        *chunk = first;
    }
    if let Some(chunk) = data.last_chunk_mut() {
        *chunk = last;
    }
}

/// Appends `data`, masked, to `out`, which has the capacity for it. It masks block by block, so that each byte is written once: to
/// copy first and mask afterwards would write everything twice.
pub(crate) fn extend_masked(out: &mut Vec<u8>, data: &[u8], key: [u8; 4]) {
    let (mut data, mut key) = (data, key);
    if data.len() >= LONG
        && let Some(first) = data.first_chunk::<LINE>()
    {
        // Aligned, as in `long`: appends a whole line, and keeps only its bytes up to the next border of a cache line.
        let before = out.as_ptr().wrapping_add(out.len()).align_offset(LINE);
        let end = out.len().saturating_add(before);
        out.extend_from_slice(&masked(*first, key));
        out.truncate(end);
        (data, key) = (data.get(before..).or_bug(), rotate_key(key, before));
    }
    let (blocks, rest) = data.as_chunks::<{ 2 * LINE }>();
    for block in blocks {
        out.extend_from_slice(&masked(*block, key));
    }
    // The end is a whole block, too, which may overlap the one before it.
    if let Some(&last) = data.last_chunk::<{ 2 * LINE }>() {
        let before = out.len() + rest.len() - 2 * LINE;
        out.truncate(before);
        out.extend_from_slice(&masked(last, rotate_key(key, data.len())));
    } else {
        let end = out.len();
        out.extend_from_slice(rest);
        mask(out.get_mut(end..).or_bug(), key);
    }
}

/// Returns the block, masked.
#[inline]
fn masked<const N: usize>(mut block: [u8; N], key: [u8; 4]) -> [u8; N] {
    words(&mut block, double(key));
    block
}

/// Masks the whole words of `data`, in blocks that the compiler turns into vector instructions. It leaves up to seven bytes at the
/// end.
#[inline]
fn words(data: &mut [u8], key: u64) {
    let (blocks, rest) = data.as_chunks_mut::<LINE>();
    for block in blocks {
        for word in block.as_chunks_mut().0 {
            *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
        }
    }
    for word in rest.as_chunks_mut().0 {
        *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
}

/// Returns the key twice, as a word.
#[inline]
fn double(key: [u8; 4]) -> u64 {
    let key = u64::from(u32::from_ne_bytes(key)); // built from bytes, it would take thirty instructions
    key << 32 | key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [J-04] [J-05] What is appended is what the RFC's loop makes of it, wherever it begins.
    #[test]
    fn appended_like_the_formula() {
        let (key, data) = ([0x9C, 0x03, 0x71, 0xE8], (0..=255).cycle().take(5000).collect::<Vec<u8>>());
        for before in 0..70 {
            for len in (0..300).step_by(7).chain(500..=780).chain([4096, 5000]) {
                let mut out = Vec::with_capacity(before + len + LINE);
                out.resize(before, 0xAA);
                extend_masked(&mut out, &data[..len], key);
                let expected = data[..len].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
                assert!(out[..before].iter().all(|byte| *byte == 0xAA), "what was there before {len} bytes");
                assert!(out[before..].iter().copied().eq(expected), "{len} bytes after {before}");
            }
        }
    }
}
