//! Masking (RFC 6455 §5.3), without a loop over single bytes.
//!
//! A payload has any length and begins at any address. Whole words are fast, and the rest costs more than it should. So the last
//! word is computed first, from bytes that are still unmasked, and stored last: it may overlap the word before it. Long payloads
//! treat their front in the same way, so that the words between are aligned.
//!
//! All of this is plain code, which the compiler turns into vector instructions. With the feature `simd`, long payloads on x86 use a
//! version of it for AVX2, if the processor has that.

use crate::bug::OrBug;
use alloc::vec::Vec;

/// From this length on, in bytes, aligned stores and wider vectors save more time than their preparation costs.
const LONG: usize = 512;

/// The alignment of the stores of a long payload, in bytes.
const ALIGNMENT: usize = 32;

/// The bits of a word of which none is set in ASCII.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

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
    if data.len() >= LONG {
        long(data, key);
    } else {
        short::<false>(data, key);
    }
}

/// Masks or unmasks text in place, and returns whether the result is certain to be ASCII. Only short texts are looked at: their words
/// are in registers, whereas to load them again right after they are stored costs more than the rest.
#[inline]
pub(crate) fn mask_text(data: &mut [u8], key: [u8; 4]) -> bool {
    if data.len() >= LONG {
        long(data, key);
        return false;
    }
    short::<true>(data, key)
}

/// Masks a short payload. With `LOOK`, it returns whether the result is ASCII, and otherwise `false`.
#[expect(clippy::inline_always, reason = "a call costs as much as masking 64 bytes")]
#[inline(always)]
fn short<const LOOK: bool>(data: &mut [u8], key: [u8; 4]) -> bool {
    let len = data.len();
    let bits = if let Some(&last) = data.last_chunk::<8>() {
        let last = u64::from_ne_bytes(last) ^ double(rotate_key(key, len - 8)); // before `words` masks its first bytes
        // Without a loop, two words are faster.
        let bits = match data.first_chunk_mut::<8>() {
            Some(chunk) if len <= 16 => {
                let first = u64::from_ne_bytes(*chunk) ^ double(key);
                *chunk = first.to_ne_bytes();
                first
            }
            _ => words::<LOOK>(data, double(key)),
        };
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last.to_ne_bytes();
        }
        bits | last
    } else if let Some(&last) = data.last_chunk::<4>() {
        let last = u32::from_ne_bytes(last) ^ u32::from_ne_bytes(rotate_key(key, len - 4));
        let mut bits = last;
        if let Some(chunk) = data.first_chunk_mut::<4>() {
            let first = u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(key);
            *chunk = first.to_ne_bytes();
            bits |= first;
        }
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last.to_ne_bytes();
        }
        bits.into()
    } else {
        let mut bits = 0;
        for (byte, key) in data.iter_mut().zip(key) {
            *byte ^= key;
            bits |= *byte;
        }
        bits.into()
    };
    LOOK && bits & NOT_ASCII == 0
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
    let (Some(&first), Some(&last)) = (data.first_chunk::<ALIGNMENT>(), data.last_chunk::<8>()) else {
        debug_assert!(false, "called for long payloads only");
        return;
    };
    let (first, last) = (masked(first, key), masked(last, rotate_key(key, data.len() - 8)));
    let before = data.as_ptr().align_offset(ALIGNMENT);
    let middle = data.get_mut(before..).or_bug();
    vectorized(
        #[inline(always)]
        || _ = words::<false>(middle, double(rotate_key(key, before))),
    );
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
    if data.len() >= LONG
        && let Some(first) = data.first_chunk::<LINE>()
    {
        // Aligned, as in `long`: appends a whole line, and keeps only its bytes up to the next border of a cache line.
        let before = out.as_ptr().wrapping_add(out.len()).align_offset(LINE);
        let end = out.len().saturating_add(before);
        out.extend_from_slice(&masked(*first, key));
        out.truncate(end);
        let (data, key) = (data.get(before..).or_bug(), rotate_key(key, before));
        vectorized(
            #[inline(always)]
            || extend_blocks::<{ 4 * LINE }>(out, data, key),
        );
        extend_end::<{ 4 * LINE }>(out, data, key);
    } else {
        extend_blocks::<{ 2 * LINE }>(out, data, key);
        extend_end::<{ 2 * LINE }>(out, data, key);
    }
}

/// Appends the whole blocks of `data`, masked.
#[expect(clippy::inline_always, reason = "see `vectorized`")]
#[inline(always)]
fn extend_blocks<const N: usize>(out: &mut Vec<u8>, data: &[u8], key: [u8; 4]) {
    for block in data.as_chunks::<N>().0 {
        out.extend_from_slice(&masked(*block, key));
    }
}

/// Appends what is left of `data` behind its whole blocks, masked: as a whole block, which may overlap the one before it.
#[inline]
fn extend_end<const N: usize>(out: &mut Vec<u8>, data: &[u8], key: [u8; 4]) {
    let rest = data.len() % N;
    if let Some(&last) = data.last_chunk::<N>() {
        let before = out.len().saturating_add(rest).saturating_sub(N);
        out.truncate(before);
        out.extend_from_slice(&masked(last, rotate_key(key, data.len())));
    } else {
        let end = out.len();
        out.extend_from_slice(data);
        mask(out.get_mut(end..).or_bug(), key);
    }
}

/// Copies `from` to `to`, which has the same length, and masks it in the same pass.
pub(crate) fn copy_masked(to: &mut [u8], from: &[u8], key: [u8; 4]) {
    debug_assert_eq!(to.len(), from.len(), "the same length");
    let ((to, to_rest), (from, from_rest)) = (to.as_chunks_mut::<LINE>(), from.as_chunks());
    vectorized(
        #[inline(always)]
        || to.iter_mut().zip(from).for_each(|(to, from)| *to = masked(*from, key)),
    );
    to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = *from);
    mask(to_rest, key);
}

/// Runs `work` in a version for the vector instructions that the processor has. What it calls has to be inlined always, since it is
/// compiled for fewer instructions otherwise.
#[inline]
fn vectorized(work: impl FnOnce()) {
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(avx2, work);
    }
    work();
}

/// Returns the block, masked.
#[expect(clippy::inline_always, reason = "see `vectorized`")]
#[inline(always)]
fn masked<const N: usize>(mut block: [u8; N], key: [u8; 4]) -> [u8; N] {
    words::<false>(&mut block, double(key));
    block
}

/// Masks the whole words of `data`, in blocks that the compiler turns into vector instructions. It leaves up to seven bytes at the
/// end. With `LOOK`, it returns the bits that are set in any of the masked words, and otherwise 0.
#[expect(clippy::inline_always, reason = "see `vectorized`")]
#[inline(always)]
fn words<const LOOK: bool>(data: &mut [u8], key: u64) -> u64 {
    let mut bits = 0;
    let mut mask_word = |word: &mut [u8; 8]| {
        let masked = u64::from_ne_bytes(*word) ^ key;
        *word = masked.to_ne_bytes();
        if LOOK {
            bits |= masked;
        }
    };
    let (blocks, rest) = data.as_chunks_mut::<LINE>();
    for block in blocks {
        block.as_chunks_mut().0.iter_mut().for_each(&mut mask_word);
    }
    rest.as_chunks_mut().0.iter_mut().for_each(mask_word);
    bits
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

    /// [J-04] [J-05] What is copied is what the RFC's loop makes of it.
    #[test]
    fn copied_like_the_formula() {
        let (key, data) = ([0x9C, 0x03, 0x71, 0xE8], (0..=255).cycle().take(5000).collect::<Vec<u8>>());
        for len in (0..300).chain([511, 512, 513, 2048, 4095, 4096]) {
            let mut to = alloc::vec![0xAA; len];
            copy_masked(&mut to, &data[..len], key);
            let expected = data[..len].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
            assert!(to.into_iter().eq(expected), "{len} bytes");
        }
    }

    /// [J-04] [M-01] Text is masked like anything else. Only ASCII is reported as such, and short ASCII always, whichever byte is
    /// another.
    #[test]
    fn ascii_is_seen() {
        let key = [0x9C, 0x03, 0x71, 0xE8];
        for len in (0..150).chain([255, 256, 257, LONG - 1, LONG]) {
            let plain = alloc::vec![b'~'; len];
            for other in (0..len).map(Some).chain([None]) {
                let mut expected = plain.clone();
                if let Some(other) = other {
                    expected[other] = 0x80;
                }
                let mut text: Vec<u8> = expected.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
                let is_ascii = mask_text(&mut text, key);
                assert_eq!((&text, is_ascii), (&expected, other.is_none() && len < LONG), "{other:?} of {len}");
            }
        }
    }
}
