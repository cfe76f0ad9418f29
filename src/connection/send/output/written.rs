//! What is written leaves the queue: the [`Buf`] of the output.

use super::{MAX_KEPT, Output, Segment};
use crate::bug::OrBug;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};
use core::mem;

impl Output {
    /// Advances in the first segment, or in the tail if there is none. Returns the part of `count` that is left, if more than that
    /// part of the queue was written.
    fn advance_first(&mut self, count: usize) -> usize {
        let beyond = match self.segments.front_mut() {
            Some(segment) => {
                let beyond = segment.advance(count);
                if !segment.is_empty() {
                    return 0;
                }
                if let Some(written) = self.segments.pop_front() {
                    self.reuse(written);
                }
                beyond
            }
            None => {
                let left = self.tail.len() - self.tail_written;
                if count < left {
                    self.tail_written += count;
                    return 0;
                }
                self.tail_written = 0;
                self.tail.clear();
                if self.tail.capacity() > MAX_KEPT {
                    self.tail = Vec::new();
                }
                count - left
            }
        };
        if self.holds_close {
            // The Close frame is last, except for pongs: it is written when there is nothing else.
            self.holds_close = !(self.segments.is_empty() && self.tail.is_empty());
        }
        self.boundary();
        debug_assert!(beyond == 0 || !self.chunk().is_empty(), "more is queued than there is");
        // Ends the loop in `advance` even if the counters were wrong.
        if self.chunk().is_empty() { 0 } else { beyond }
    }

    /// Advances to the end of the queue: the usual case, in which everything was written at once.
    fn advance_all(&mut self) {
        (self.queued, self.tail_written, self.holds_close) = (0, 0, false);
        match self.segments.front() {
            // The payload of a caller cannot be used again, so it need not be moved out of the queue.
            Some(segment) if segment.has_header() && self.segments.len() == 1 => self.segments.clear(),
            _ => {
                while let Some(written) = self.segments.pop_front() {
                    self.reuse(written);
                }
            }
        }
        self.tail.clear();
        if self.pongs.capacity() > 0 {
            self.pongs.clear();
            let space = mem::take(&mut self.pongs);
            if self.tail.capacity() == 0 {
                self.tail = space;
            }
        }
        if self.tail.capacity() > MAX_KEPT {
            self.tail = Vec::new();
        }
    }

    /// Keeps the memory of a segment that was a tail, for the next tail. It is still in use if a writer has a handle of it
    /// (`front`).
    fn reuse(&mut self, written: Segment) {
        if self.tail.capacity() == 0
            && let Some(frames) = written.into_frames()
            && let Ok(space) = frames.try_into_mut()
        {
            let mut space = Vec::from(space);
            if space.capacity() <= MAX_KEPT {
                space.clear();
                self.tail = space;
            }
        }
    }

    /// Moves the pongs to the front, now that the first segment, or the tail, is written.
    fn boundary(&mut self) {
        if self.pongs.is_empty() {
            return;
        }
        let pongs = mem::take(&mut self.pongs);
        if self.segments.is_empty() && self.tail.is_empty() {
            self.tail = pongs;
        } else {
            self.segments.push_front(Bytes::from(pongs).into());
        }
    }
}

impl Buf for Output {
    fn remaining(&self) -> usize {
        self.queued
    }

    fn chunk(&self) -> &[u8] {
        match self.segments.front() {
            Some(segment) => segment.chunk(),
            None => self.tail.get(self.tail_written..).or_bug(),
        }
    }

    fn advance(&mut self, count: usize) {
        let mut count = count.min(self.queued);
        self.accepted = self.accepted.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if count == self.queued {
            return self.advance_all();
        }
        self.queued -= count;
        while count > 0 {
            count = self.advance_first(count);
        }
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let (mut free, mut filled) = (slices.iter_mut(), 0);
        // Returns whether a slice was free for the part.
        let mut show = |part: &'a [u8]| {
            part.is_empty()
                || free.next().is_some_and(|slice| {
                    *slice = std::io::IoSlice::new(part);
                    filled += 1;
                    true
                })
        };
        let tail = self.tail.get(self.tail_written..).or_bug();
        let mut segments = self.segments.iter();
        let _all_shown = match segments.next() {
            None => show(tail) && show(&self.pongs),
            // Nothing behind a segment that is not ready may be shown: its payload is masked window by window.
            Some(first) => {
                show(first.header())
                    && show(first.body())
                    && first.is_ready()
                    && show(&self.pongs)
                    && segments.all(|segment| show(segment.header()) && show(segment.body()) && segment.is_ready())
                    && show(tail)
            }
        };
        filled
    }
}
