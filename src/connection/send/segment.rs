//! A segment of the output: one large frame, or small frames that were encoded one after the other.

use crate::bug::OrBug;
use crate::frame::{MAX_HEADER_LEN, extend_masked, rotate_key};
use alloc::{boxed::Box, vec::Vec};
use bytes::{Buf, Bytes};

/// How much of a large payload is masked at a time: with what it is made from, it fits into the first-level cache.
const WINDOW: usize = 16 * 1024;

/// Above this, in bytes, an owned payload is masked window by window. Below, one write costs less than several.
const MANY_WINDOWS: usize = 4 * WINDOW;

/// A part of the output that ends with the end of a frame: a header, perhaps empty, and what follows it.
pub(crate) struct Segment {
    header: [u8; MAX_HEADER_LEN],
    header_written: u8,
    header_len: u8,
    /// The part that can be written. It is empty only if nothing is left.
    body: Bytes,
    /// The part after it.
    rest: Option<Box<Unmasked>>,
}

/// The part of a payload that is not yet masked, and the key for its first byte.
struct Unmasked {
    data: Bytes,
    key: [u8; 4],
}

impl Segment {
    /// Whether an owned payload is better queued as it is: always without a key, and above a size if it has to be masked.
    pub(crate) fn suits(body: &Bytes, key: Option<[u8; 4]>) -> bool {
        key.is_none() || body.len() > MANY_WINDOWS
    }

    #[inline]
    pub(crate) fn new(header: [u8; MAX_HEADER_LEN], header_len: usize, body: Bytes, key: Option<[u8; 4]>) -> Self {
        let header_len = u8::try_from(header_len).or_bug();
        let Some(key) = key else {
            return Self { header, header_written: 0, header_len, body, rest: None };
        };
        let rest = Some(Box::new(Unmasked { data: body, key }));
        let mut segment = Self { header, header_written: 0, header_len, body: Bytes::new(), rest };
        segment.mask_next();
        segment
    }

    #[inline]
    pub(crate) fn header(&self) -> &[u8] {
        self.header.get(usize::from(self.header_written)..usize::from(self.header_len)).or_bug()
    }

    /// As much of the payload as can be written.
    pub(crate) const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Frames that were encoded one after the other, to reuse their memory; `None` for a payload of the caller.
    #[inline]
    pub(crate) fn into_frames(self) -> Option<Bytes> {
        (self.header_len == 0).then_some(self.body)
    }

    /// Whether the header and the body are all of it.
    #[cfg(feature = "std")]
    pub(crate) const fn is_ready(&self) -> bool {
        self.rest.is_none()
    }

    #[inline]
    pub(crate) fn chunk(&self) -> &[u8] {
        match self.header() {
            [] => &self.body,
            header => header,
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.header().is_empty() && self.body.is_empty()
    }

    /// Advances, and returns by how much more than there was.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) -> usize {
        let in_header = count.min(self.header().len());
        self.header_written = self.header_written.saturating_add(u8::try_from(in_header).or_bug());
        let in_body = (count - in_header).min(self.body.len());
        self.body.advance(in_body);
        let mut beyond = count - in_header - in_body;
        if self.body.is_empty()
            && let Some(rest) = &mut self.rest
        {
            beyond -= rest.skip(beyond);
            self.mask_next();
        }
        beyond
    }

    /// Masks the next window. The one before it is written.
    #[inline(never)]
    fn mask_next(&mut self) {
        self.body = Bytes::new();
        if let Some(rest) = &mut self.rest {
            let next = rest.data.get(..WINDOW).unwrap_or(&rest.data);
            let mut masked = Vec::with_capacity(next.len());
            extend_masked(&mut masked, next, rest.key);
            rest.skip(masked.len());
            self.body = masked.into();
            if rest.data.is_empty() {
                self.rest = None;
            }
        }
    }
}

impl Unmasked {
    /// Advances by at most `count` bytes, and returns by how many.
    fn skip(&mut self, count: usize) -> usize {
        let count = count.min(self.data.len());
        self.data.advance(count);
        self.key = rotate_key(self.key, count);
        count
    }
}

impl From<Bytes> for Segment {
    fn from(body: Bytes) -> Self {
        Self { header: [0; MAX_HEADER_LEN], header_written: 0, header_len: 0, body, rest: None }
    }
}
