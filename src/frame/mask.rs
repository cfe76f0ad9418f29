use crate::bug::OrBug;
use alloc::vec::Vec;

/// From this many bytes on, aligned stores save more time than the alignment costs.
const LONG: usize = 512;

/// The length of a cache line, in bytes.
const LINE: usize = 64;

/// Masks or unmasks `data` in place (RFC 6455 §5.3); doing it twice gives the original.
///
/// The key applies from the first byte of `data` on. If the payload arrives in chunks, rotate it by the bytes already masked:
/// see [`rotate_key`].
///
/// ```
/// let mut data = *b"Hello";
/// bowline::frame::mask(&mut data, [0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(data, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
/// ```
#[inline]
pub fn mask(data: &mut [u8], key: [u8; 4]) {
    // A tail that is not a whole number of words would cost a loop over bytes. Instead the last word, which may
    // overlap the one before it, is masked first, from bytes that nothing has touched yet, and stored last.
    let len = data.len();
    if len >= LONG {
        long(data, key);
    } else if let Some(&last) = data.last_chunk::<8>() {
        let last = masked(last, rotate_key(key, len - 8));
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

/// The key after `by` bytes of the payload, whose byte `i` is masked with `key[i % 4]`.
///
/// ```
/// use bowline::frame::rotate_key;
/// assert_eq!(rotate_key([1, 2, 3, 4], 6), [3, 4, 1, 2]);
/// ```
#[must_use]
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the remainder of a division by 4")]
pub const fn rotate_key(key: [u8; 4], by: usize) -> [u8; 4] {
    u32::from_be_bytes(key).rotate_left((by % 4) as u32 * 8).to_be_bytes()
}

/// Stores across the border of two cache lines cost twice, and payloads begin anywhere. So the middle is masked from the
/// first aligned byte on, and what is before it is masked as the last word is.
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

/// Appends `data`, masked, to `out`, which has the capacity for it: block by block, so that it is written once.
pub(crate) fn extend_masked(out: &mut Vec<u8>, data: &[u8], key: [u8; 4]) {
    let (mut data, mut key) = (data, key);
    if data.len() >= LONG
        && let Some(first) = data.first_chunk::<LINE>()
    {
        // What follows is aligned as it is in `long`: of the first line no more stays than leads to a border.
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
    let end = out.len();
    out.extend_from_slice(rest);
    mask(out.get_mut(end..).or_bug(), key);
}

#[inline]
fn masked<const N: usize>(mut block: [u8; N], key: [u8; 4]) -> [u8; N] {
    words(&mut block, double(key));
    block
}

/// Whole words, in blocks that the compiler turns into vector instructions.
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
