//! Payload as it was received, and the two things that can be done with it: unmask it in place, or append it to a message.
//!
//! Long payload is unmasked block by block while it is appended. To unmask all of it first would write everything twice, and the second
//! time not in the first-level cache.

use crate::{
    bug::OrBug,
    frame::{copy_masked, extend, extend_masked, mask, part_len, rotate_key},
    utf8::{InvalidAt, Unfinished, Utf8Chunk, last_boundary, so_far, validate},
};
use alloc::{string::String, vec::Vec};

/// From this length on, in bytes, binary payload is unmasked while it is copied.
pub(super) const LONG: usize = 512;

/// Up to this length, in bytes, text is unmasked in place before it is copied, since it stays in the first-level cache.
const IN_CACHE: usize = 16 * 1024;

/// How much of a longer text is unmasked, validated and copied at a time, in bytes.
const BLOCK: usize = 4096;

/// Payload as it was received.
#[derive(Debug)]
pub(super) struct RawPayload<'b> {
    bytes: &'b mut [u8],
    /// The key that the bytes begin with, or `None` if they are not masked.
    key: Option<[u8; 4]>,
}

impl<'b> RawPayload<'b> {
    #[inline]
    pub(super) const fn new(bytes: &'b mut [u8], key: Option<[u8; 4]>) -> Self {
        Self { bytes, key }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Unmasks the bytes in place.
    #[inline]
    pub(super) fn unmask(self) -> &'b mut [u8] {
        if let Some(key) = self.key {
            mask(self.bytes, key);
        }
        self.bytes
    }

    /// Appends the bytes to `out`, which has the capacity for them.
    #[inline]
    pub(super) fn append_to(self, out: &mut Vec<u8>) {
        match self.key {
            _ if self.len() < LONG => out.extend_from_slice(self.unmask()),
            Some(key) => extend_masked(out, self.bytes, key),
            None => extend(out, self.bytes),
        }
    }

    /// Validates the bytes and appends them to `out`, which has the capacity for them. `unfinished` is the character at which the
    /// text was cut before, and then the one at which it is cut now. An error counts from the start of the payload.
    pub(super) fn append_to_text(self, out: &mut String, unfinished: &mut Unfinished) -> Result<(), InvalidAt> {
        if self.len() <= IN_CACHE {
            return push(out, unfinished, self.unmask());
        }
        let mut space = Space([0; BLOCK]);
        let Self { bytes, key } = self;
        let mut start = 0;
        while start < bytes.len() {
            let left = bytes.get(start..).or_bug();
            let block = left.get(..BLOCK).unwrap_or(left);
            let is_last = block.len() == left.len();
            let block = match key {
                Some(key) => {
                    let plain = space.0.get_mut(..block.len()).or_bug();
                    copy_masked(plain, block, rotate_key(key, start));
                    plain
                }
                None => block,
            };
            // A character that is cut at the end of a block goes with the next one.
            let whole = block;
            let block = if is_last { whole } else { whole.get(..last_boundary(whole)).or_bug() };
            let appended = if is_last || !unfinished.is_empty() {
                push(out, unfinished, block)
            } else {
                let text = validate(block, false).map(|text| push_str(out, text));
                // The byte that proves it may be the first one after the cut.
                text.map_err(|invalid| so_far(whole).err().unwrap_or(invalid))
            };
            appended.map_err(|InvalidAt(at)| InvalidAt(start.saturating_add(at)))?;
            start = start.saturating_add(block.len());
        }
        Ok(())
    }
}

/// Space for an unmasked block of text, aligned for vector instructions. A long text is not unmasked in place, since all of it would
/// be written back to the second-level cache.
#[repr(align(64))]
struct Space([u8; BLOCK]);

/// Validates a chunk of text and appends it.
fn push(out: &mut String, unfinished: &mut Unfinished, chunk: &[u8]) -> Result<(), InvalidAt> {
    let Utf8Chunk { first, rest } = unfinished.push(chunk)?;
    out.extend(first);
    push_str(out, rest);
    Ok(())
}

/// Appends text in parts that are copied fast: see [`part_len`].
fn push_str(out: &mut String, mut text: &str) {
    let len = part_len(out.as_bytes(), text.as_bytes());
    // A part ends between two characters, of which none is longer than four bytes.
    while let Some((part, rest)) = (0..4).find_map(|back| text.split_at_checked(len.saturating_sub(back))) {
        out.push_str(part);
        text = rest;
    }
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::str;

    const KEY: [u8; 4] = [0x9C, 0x03, 0x71, 0xE8];

    /// Lengths around those at which the code takes another way.
    const LENGTHS: [usize; 17] = [
        1,
        LONG - 1,
        LONG,
        2047,
        2048,
        2049,
        BLOCK,
        IN_CACHE - 1,
        IN_CACHE,
        IN_CACHE + 1,
        IN_CACHE + 4,
        5 * BLOCK - 1,
        5 * BLOCK,
        5 * BLOCK + 1,
        5 * BLOCK + 3,
        6 * BLOCK + 2048,
        70_001,
    ];

    /// The bytes as they are received, masked if there is a key.
    fn received(plain: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
        let key = key.unwrap_or_default();
        plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    }

    /// The index of the first byte after which no continuation can be valid.
    fn first_wrong(text: &[u8]) -> Option<usize> {
        let valid = str::from_utf8(text).err().filter(|error| error.error_len().is_some())?.valid_up_to();
        (valid + 1..=text.len())
            .find(|end| str::from_utf8(&text[valid..*end]).is_err_and(|error| error.error_len().is_some()))
            .map(|end| end - 1)
    }

    /// An empty vector for `len` bytes, or one with some in it, whose end is `distance` bytes behind the start of `from`, modulo the
    /// size of a page.
    fn near(from: &[u8], distance: usize, len: usize) -> Vec<u8> {
        let mut to = Vec::<u8>::with_capacity(len + 4096);
        let before = from.as_ptr().addr().wrapping_add(distance).wrapping_sub(to.as_ptr().addr()) % 4096;
        to.resize(before, b'.');
        to
    }

    /// [J-04] [J-05] What is appended is the payload, whatever its length, and wherever source and destination lie.
    #[test]
    fn binary_like_the_formula() {
        for len in LENGTHS {
            let plain: Vec<u8> = (0..=250).cycle().step_by(7).take(len).collect();
            for key in [None, Some(KEY)] {
                for distance in [0, 1, 16, 64, 65, 4095] {
                    let mut bytes = received(&plain, key);
                    let mut out = near(&bytes, distance, len);
                    let before = out.len();
                    RawPayload::new(&mut bytes, key).append_to(&mut out);
                    assert!(out[..before].iter().all(|byte| *byte == b'.') && out[before..] == plain, "{len} bytes");
                }
            }
        }
    }

    /// [M-01] [M-02] Text in characters of each width, cut by the blocks after each of their bytes.
    #[test]
    fn text_like_std() {
        for len in LENGTHS {
            for character in ["a", "é", "한", "😀", "a한😀é"] {
                for shift in 0..4 {
                    let text: Vec<u8> =
                        b"xyz"[..3.min(shift)].iter().copied().chain(character.bytes().cycle()).take(len).collect();
                    for (key, distance) in [(None, 8), (None, 100), (Some(KEY), 8), (Some(KEY), 100)] {
                        let mut bytes = received(&text, key);
                        let (mut out, mut unfinished) = (String::with_capacity(len), Unfinished::default());
                        if key.is_none() {
                            out = String::from_utf8(near(&bytes, distance, len)).unwrap_or_default();
                        }
                        let before = out.len();
                        let appended = RawPayload::new(&mut bytes, key).append_to_text(&mut out, &mut unfinished);
                        assert_eq!(appended, Ok(()), "{len} bytes of {character:?}");
                        let whole = str::from_utf8(&text).map_or_else(|error| error.valid_up_to(), str::len);
                        assert_eq!(out.as_bytes()[before..], text[..whole], "{len} bytes of {character:?}");
                        assert_eq!(unfinished.is_empty(), whole == len);
                    }
                }
            }
        }
    }

    /// [M-01] [M-08] Invalid bytes around each border of the blocks are found at the byte that proves them.
    #[test]
    fn invalid_text_is_found_at_its_byte() {
        let wrong: [&[u8]; 6] = [b"\xFF", b"\x80", b"\xE2\x82a", b"\xF0\x9F\x98a", b"\xED\xA0\x80", b"\xC3\xC3"];
        for len in [2049, IN_CACHE, IN_CACHE + 1, 5 * BLOCK + 7] {
            let borders = (0..=len / BLOCK).map(|border| border * BLOCK).chain([2048, len - 5]);
            for at in borders.flat_map(|border| border.saturating_sub(8)..border + 8).filter(|at| at + 4 <= len) {
                for (wrong, filler) in wrong.iter().flat_map(|wrong| [(wrong, "a"), (wrong, "한")]) {
                    let start = at % filler.len();
                    let mut text: Vec<u8> =
                        b"xy"[..start].iter().copied().chain(filler.bytes().cycle()).take(len).collect();
                    text[at..at + wrong.len()].copy_from_slice(wrong);
                    let expected = first_wrong(&text);
                    for key in [None, Some(KEY)] {
                        let mut bytes = received(&text, key);
                        let (mut out, mut unfinished) = (String::with_capacity(len), Unfinished::default());
                        let appended = RawPayload::new(&mut bytes, key).append_to_text(&mut out, &mut unfinished);
                        assert_eq!(appended.err().map(|InvalidAt(at)| at), expected, "{wrong:?} at {at} of {len}");
                        assert!(expected.is_some() || !unfinished.is_empty());
                    }
                }
            }
        }
    }
}
