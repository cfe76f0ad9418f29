//! The assembly of a message that spans reads, and how its memory grows.

use crate::{Payload, Text, Violation};
use alloc::{string::String, vec::Vec};
use core::mem;

/// Below this number of bytes, received or missing, a direct read costs more than the copy that it saves.
const MIN_DIRECT_READ: usize = 4096;

/// The part of the memory bound that does not depend on the bytes received, as far as the content of a message may use it. With it, a
/// short beginning need not grow at once, and a header before the payload does not decide when a message grows.
const SLACK: usize = 512;

/// The part of a message that was received in earlier reads. Text is stored as a `String`, so that it need not be validated again.
#[derive(Debug, Default)]
pub(super) enum Store {
    #[default]
    Empty,
    Text(String),
    Binary(Vec<u8>),
}

impl Store {
    /// Returns the text, with capacity for `len` bytes in all. `max_len` is the largest size that the message can reach.
    pub(super) fn text(&mut self, len: usize, max_len: usize) -> Result<&mut String, Violation> {
        if !matches!(self, Self::Text(_)) {
            *self = Self::Text(String::new());
        }
        let Self::Text(text) = self else {
            debug_assert!(false, "just made so");
            return Err(Violation::NoMemory);
        };
        if text.capacity() < max_len.max(len) {
            text.try_reserve_exact(grown_capacity(len, max_len) - text.len()).map_err(|_| Violation::NoMemory)?;
        }
        Ok(text)
    }

    /// Returns the binary data, with capacity for `len` bytes in all. `max_len` is the largest size that the message can reach.
    pub(super) fn binary(&mut self, len: usize, max_len: usize) -> Result<&mut Vec<u8>, Violation> {
        if !matches!(self, Self::Binary(_)) {
            *self = Self::Binary(Vec::new());
        }
        let Self::Binary(data) = self else {
            debug_assert!(false, "just made so");
            return Err(Violation::NoMemory);
        };
        if data.capacity() < max_len.max(len) {
            data.try_reserve_exact(grown_capacity(len, max_len) - data.len()).map_err(|_| Violation::NoMemory)?;
        }
        Ok(data)
    }

    /// Takes out the text of a message that is complete.
    pub(super) fn take_text(&mut self) -> Text<'static> {
        match mem::take(self) {
            Self::Text(text) => text.into(),
            other => {
                debug_assert!(matches!(other, Self::Empty), "binary data in a text message");
                Text::default()
            }
        }
    }

    /// Takes out the binary data of a message that is complete.
    pub(super) fn take_binary(&mut self) -> Payload<'static> {
        match mem::take(self) {
            Self::Binary(data) => data.into(),
            other => {
                debug_assert!(matches!(other, Self::Empty), "text in a binary message");
                Vec::new().into()
            }
        }
    }

    /// Returns the binary data, and how many of the `missing` bytes of a frame can be appended to it without another allocation.
    /// Returns `None` if a direct read is not worth it.
    pub(super) fn spare_capacity(&mut self, missing: u64) -> Option<(&mut Vec<u8>, usize)> {
        let Self::Binary(data) = self else { return None };
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        if data.len().min(missing) < MIN_DIRECT_READ {
            return None;
        }
        if data.capacity() == data.len() {
            // As for a chunk that is appended. A failure is reported when the bytes arrive.
            let capacity = grown_capacity(data.len(), data.len().saturating_add(missing));
            data.try_reserve_exact(capacity - data.len()).ok()?;
        }
        let limit = missing.min(data.capacity() - data.len());
        Some((data, limit))
    }
}

/// Returns the capacity for `needed` bytes of a message that can reach `max_len`.
///
/// This is the memory bound: memory follows the bytes received, never the length declared. The capacity is at most twice the bytes
/// received and [`SLACK`].
///
/// It is `max_len`, or a half of it, a quarter, and so on: the largest of these within the bound. So the last growth, which copies
/// most, comes when half of the message is received. To double whatever was received could lead to a capacity that is only a few bytes
/// too small, and then to a copy of nearly the whole message.
fn grown_capacity(needed: usize, max_len: usize) -> usize {
    // The sum saturates, since an overflow must not panic; `max_len` bounds the result anyway.
    let bound = needed.saturating_mul(2).saturating_add(SLACK);
    let mut capacity = max_len;
    while capacity > bound {
        capacity = capacity.div_ceil(2);
    }
    capacity.max(needed)
}
