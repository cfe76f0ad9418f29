//! UTF-8 that arrives in chunks (RFC 6455 §8.1, RFC 3629): validated as it arrives, refused at the first invalid byte, and never
//! validated twice.
//!
//! A chunk can end inside a character. Its bytes, three at most, wait in [`Unfinished`] until the next chunk completes the
//! character. Everything before them is a `str` already.

use crate::bug::OrBug;
use ascii::AsAsciiStr;
use core::str;

/// Up to this length, in bytes, ASCII is validated faster by a test for it than by the general validation.
const SHORT: usize = 64;

/// Up to this length, in bytes, ASCII is validated faster by the standard library than by `simdutf8`, which copies what does not fill
/// a block, and then waits for that to be stored.
const MEDIUM: usize = 255;

/// The index of the byte that proves that a text is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidAt(pub(crate) usize);

/// Returns whether a text is short and ASCII. The first byte excludes most texts in other scripts.
#[inline]
pub(crate) fn is_short_ascii(text: &[u8]) -> bool {
    text.len() <= SHORT && text.first().is_some_and(u8::is_ascii) && text.is_ascii()
}

/// Validates a complete text. `is_ascii` is whether it is certain to be ASCII, which makes short texts faster. An error has the index
/// of the first byte after which no continuation can be valid. If the text ends inside a character, that is its last byte.
#[inline]
pub(crate) fn validate(text: &[u8], is_ascii: bool) -> Result<&str, InvalidAt> {
    if is_ascii && text.len() <= SHORT {
        if let Ok(ascii) = text.as_ascii_str() {
            return Ok(ascii.as_str());
        }
    } else if is_ascii
        && text.len() <= MEDIUM
        && let Ok(ascii) = str::from_utf8(text)
    {
        return Ok(ascii);
    }
    // `first_invalid` returns `None` if the text ends inside a character.
    simdutf8::basic::from_utf8(text).map_err(|_| first_invalid(text).unwrap_or(InvalidAt(text.len().saturating_sub(1))))
}

/// Validates the beginning of a text, which may end inside a character.
pub(crate) fn so_far(text: &[u8]) -> Result<(), InvalidAt> {
    first_invalid(text).map_or(Ok(()), Err)
}

/// A character of which only the first bytes were received, since the text is split there: between reads or between fragments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unfinished {
    /// The first `len` bytes are the beginning of a valid character.
    bytes: [u8; 4],
    /// At most 3.
    len: u8,
}

/// The text of a chunk.
#[derive(Debug)]
pub(crate) struct Utf8Chunk<'a> {
    /// The character that began in an earlier chunk and ends in this one.
    pub(crate) first: Option<char>,
    /// The text after it, up to a character that is now unfinished.
    pub(crate) rest: &'a str,
}

impl Unfinished {
    /// Returns whether the text ends between two characters.
    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Validates the next chunk of a text. An error has the index in `chunk` of the first invalid byte.
    pub(crate) fn push<'a>(&mut self, chunk: &'a [u8]) -> Result<Utf8Chunk<'a>, InvalidAt> {
        let mut index = 0;
        let mut first = None;
        while !self.is_empty() {
            let Some(&byte) = chunk.get(index) else { break };
            first = self.push_byte(byte).map_err(|Impossible| InvalidAt(index))?;
            index += 1;
        }
        let rest = self.push_rest(chunk.get(index..).or_bug());
        Ok(Utf8Chunk { first, rest: rest.map_err(|InvalidAt(at)| InvalidAt(index + at))? })
    }

    /// Validates `rest`, which begins with a character, and keeps the beginning of an unfinished character at its end.
    fn push_rest<'a>(&mut self, rest: &'a [u8]) -> Result<&'a str, InvalidAt> {
        let (complete, unfinished) = rest.split_at_checked(last_boundary(rest)).unwrap_or((rest, &[]));
        let text =
            simdutf8::basic::from_utf8(complete).map_err(|_| first_invalid(rest).unwrap_or(InvalidAt(rest.len())))?;
        for (index, byte) in unfinished.iter().enumerate() {
            self.push_byte(*byte).map_err(|Impossible| InvalidAt(complete.len() + index))?;
        }
        Ok(text)
    }

    /// Appends a byte to the unfinished character. Returns the character if the byte completes it.
    fn push_byte(&mut self, byte: u8) -> Result<Option<char>, Impossible> {
        let len = usize::from(self.len) + 1;
        if let Some(slot) = self.bytes.get_mut(len - 1) {
            *slot = byte;
        }
        match str::from_utf8(self.bytes.get(..len).or_bug()) {
            Ok(character) => {
                self.len = 0;
                Ok(character.chars().next())
            }
            // No length means that the bytes are valid so far, and incomplete.
            Err(error) if error.error_len().is_none() => {
                self.len += 1;
                Ok(None)
            }
            Err(_) => Err(Impossible),
        }
    }
}

/// No character continues with this byte.
struct Impossible;

/// Returns the index at which the last character begins if it is unfinished, and otherwise the length of the text. It looks at
/// widths only: invalid bytes are found by the validation that follows.
pub(crate) fn last_boundary(text: &[u8]) -> usize {
    for (back, byte) in (1..=3).zip(text.iter().rev()) {
        let width = match byte {
            0x80..=0xBF => continue,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0.. => 4,
            _ => 1,
        };
        return if width > back { text.len() - back } else { text.len() };
    }
    text.len()
}

/// Returns the first byte that proves that the text is not UTF-8, or `None` if the text can still become valid.
///
/// `valid_up_to` of the standard library is where the invalid character begins. The byte that proves it can be up to three bytes
/// later.
#[cold]
fn first_invalid(text: &[u8]) -> Option<InvalidAt> {
    let valid = str::from_utf8(text).err()?.valid_up_to();
    let mut unfinished = Unfinished::default();
    let wrong = text.get(valid..)?.iter().position(|byte| unfinished.push_byte(*byte).is_err())?;
    Some(InvalidAt(valid + wrong))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    /// What RFC 3629 allows, one byte at a time: the text may be valid as far as it goes, or ends inside a character.
    fn oracle(text: &[u8]) -> Result<(), InvalidAt> {
        for end in 1..=text.len() {
            if str::from_utf8(&text[..end]).is_err_and(|error| error.error_len().is_some()) {
                return Err(InvalidAt(end - 1));
            }
        }
        Ok(())
    }

    fn in_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Result<(), InvalidAt>, String, bool) {
        let (mut unfinished, mut text, mut before) = (Unfinished::default(), String::new(), 0);
        for chunk in chunks {
            match unfinished.push(chunk) {
                Ok(Utf8Chunk { first, rest }) => {
                    text.extend(first);
                    text.push_str(rest);
                }
                Err(InvalidAt(at)) => return (Err(InvalidAt(before + at)), text, false),
            }
            before += chunk.len();
        }
        (Ok(()), text, unfinished.is_empty())
    }

    fn assert_like_std(text: &[u8], chunks: &[&[u8]]) {
        let (verdict, delivered, finished) = in_chunks(chunks.iter().copied());
        assert_eq!(verdict, oracle(text));
        if verdict.is_ok() {
            assert_eq!(finished, str::from_utf8(text).is_ok());
            assert!(text.starts_with(delivered.as_bytes()) && text.len() - delivered.len() < 4);
        }
    }

    /// [M-01] [M-02] [M-03] [M-04] [M-05] [M-06] [M-08] Every sequence that begins a character, at every cut.
    #[test]
    fn all_short_sequences_like_std() {
        let edges = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC];
        let edges: Vec<u8> = edges.into_iter().chain([0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]).collect();
        for a in &edges {
            for b in &edges {
                for c in &edges {
                    for d in &edges {
                        let text = [*a, *b, *c, *d];
                        assert_like_std(&text, &[&text]);
                        assert_like_std(&text, &[&text[..1], &text[1..]]);
                        assert_like_std(&text, &[&text[..2], &text[2..]]);
                        assert_like_std(&text, &[&text[..1], &text[1..2], &text[2..3], &text[3..]]);
                        let expected = oracle(&text).err().or(str::from_utf8(&text).err().map(|_| InvalidAt(3)));
                        assert_eq!(validate(&text, false).err(), expected);
                    }
                }
            }
        }
    }

    /// [M-01] A whole text of any length, with a byte anywhere that is not ASCII.
    #[test]
    fn whole_texts_like_std() {
        for len in 0..140 {
            let mut text = b"abcdefghijklmnopqrstuvwxyz".iter().copied().cycle().take(len).collect::<Vec<u8>>();
            assert_eq!(validate(&text, true).map(str::as_bytes), Ok(&*text));
            for at in 0..len {
                for wrong in [&b"\x80"[..], b"\xFF", "é".as_bytes(), "한".as_bytes(), b"\xF0\x9F\x98"] {
                    let before = text.clone();
                    text.iter_mut().skip(at).zip(wrong).for_each(|(slot, byte)| *slot = *byte);
                    let expected = oracle(&text).and(str::from_utf8(&text).map_err(|_| InvalidAt(len - 1)));
                    assert_eq!(validate(&text, false), expected, "{wrong:?} at {at} of {len}");
                    text = before;
                }
            }
        }
    }

    proptest! {
        /// [M-01] [M-08] Verdict and position do not depend on the cuts, and equal those of `core::str::from_utf8`.
        #[test]
        fn cuts_do_not_matter(
            text in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..80),
                ".{0,60}".prop_map(String::into_bytes),
                (".{0,40}", any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
                    let mut bytes = text.into_bytes();
                    if !bytes.is_empty() { let at = at.index(bytes.len()); bytes[at] = byte; }
                    bytes
                }),
            ],
            cut in 1_usize..70,
        ) {
            let chunks: Vec<&[u8]> = text.chunks(cut).collect();
            assert_like_std(&text, &chunks);
            assert_like_std(&text, &[&text]);
        }
    }
}
