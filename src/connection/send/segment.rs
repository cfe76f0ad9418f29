//! A segment of the output: one large frame, or small frames that were encoded one after the other.
//!
//! A server sends a large owned payload as it is. A client must not change the caller's bytes, since they may be shared, and a
//! masked copy of the whole payload would double its memory. So it masks one window at a time into memory of its own, the next when
//! that is written.

use crate::bug::OrBug;
use crate::frame::{MAX_HEADER_LEN, extend_masked, rotate_key};
use alloc::{boxed::Box, vec::Vec};
use bytes::{Buf, Bytes};
use core::mem;

/// The number of bytes of a large payload that are masked at a time. With their source, they fit into the first-level cache.
const WINDOW: usize = 16 * 1024;

/// Above this length, in bytes, an owned payload is masked window by window. Up to it, one write costs less than several.
const MANY_WINDOWS: usize = 4 * WINDOW;

/// A part of the output that ends at the end of a frame: the header and the payload of a large frame, or encoded frames without a
/// header of the segment's own.
pub(crate) struct Segment {
    header: [u8; MAX_HEADER_LEN],
    /// Invariant: at most `header_len`.
    header_written: u8,
    /// 0 for encoded frames.
    header_len: u8,
    /// The bytes behind the header that can be written now. Invariant: empty only if nothing is left behind the header.
    body: Bytes,
    /// The part after `body`, or `None` if there is none.
    rest: Option<Box<Unmasked>>,
}

/// The part of a payload that is not yet masked.
struct Unmasked {
    data: Bytes,
    /// The masking key, rotated so that it begins with the key of the first byte of `data`.
    key: [u8; 4],
}

impl Segment {
    /// Returns whether an owned payload should become a segment, and not be copied to the tail: always without a key, and above a
    /// size if it has to be masked.
    pub(crate) fn suits(body: &Bytes, key: Option<[u8; 4]>) -> bool {
        key.is_none() || body.len() > MANY_WINDOWS
    }

    /// Creates the segment of one frame, with a payload that is written as it is.
    #[inline]
    pub(crate) fn new(header: [u8; MAX_HEADER_LEN], header_len: usize, body: Bytes) -> Self {
        Self { header, header_written: 0, header_len: u8::try_from(header_len).or_bug(), body, rest: None }
    }

    /// Creates the segment of one frame, whose payload is masked as it is written.
    pub(crate) fn masked(header: [u8; MAX_HEADER_LEN], header_len: usize, payload: Bytes, key: [u8; 4]) -> Self {
        let mut segment = Self::new(header, header_len, Bytes::new());
        segment.rest = Some(Box::new(Unmasked { data: payload, key }));
        segment.mask_next();
        segment
    }

    /// Returns the part of the header that is still to be written.
    #[inline]
    pub(crate) fn header(&self) -> &[u8] {
        self.header.get(usize::from(self.header_written)..usize::from(self.header_len)).or_bug()
    }

    /// Returns the bytes behind the header that can be written now.
    pub(crate) const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns whether it is the header and the payload of one frame.
    pub(crate) const fn has_header(&self) -> bool {
        self.header_len > 0
    }

    /// Returns the memory of encoded frames, to use it again, or `None` for a payload of the caller.
    #[inline]
    pub(crate) fn into_frames(self) -> Option<Bytes> {
        (self.header_len == 0).then_some(self.body)
    }

    /// Returns whether nothing is left to be masked.
    #[cfg(feature = "std")]
    pub(crate) const fn is_ready(&self) -> bool {
        self.rest.is_none()
    }

    /// Returns the next contiguous bytes to write.
    #[inline]
    pub(crate) fn chunk(&self) -> &[u8] {
        match self.header() {
            [] => &self.body,
            header => header,
        }
    }

    /// Returns whether all of the segment is written.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.header().is_empty() && self.body.is_empty()
    }

    /// Advances, and returns the part of `count` that goes beyond the end of the segment.
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
            // A caller may advance beyond what it was shown. What is skipped need not be masked, but the key has to move on.
            beyond -= rest.skip(beyond);
            self.mask_next();
        }
        beyond
    }

    /// Masks the next window, now that the one before it is written, into the memory of that one. If a writer still has a handle of
    /// it, the next one gets memory of its own.
    #[inline(never)]
    fn mask_next(&mut self) {
        let written = mem::take(&mut self.body);
        if let Some(rest) = &mut self.rest {
            let next = rest.data.get(..WINDOW).unwrap_or(&rest.data);
            let mut masked = written.try_into_mut().map(Vec::from).unwrap_or_default();
            masked.clear();
            masked.reserve_exact(next.len());
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
