//! The queue of bytes to write, and the order on the wire. It is not limited here: the limit is in `send/frame`.
//!
//! Small frames are encoded one after the other into the tail, so that many sends are one write. A large owned payload becomes a
//! segment of its own, without a copy. The order on the wire is
//!
//! ```text
//! first segment | pongs | other segments | tail      or, without segments:      tail | pongs
//! ```
//!
//! Pongs overtake (§5.5.2: "as soon as is practical"), but not the first segment: a writer may have written a part of it, or may
//! hold it (`front`). As every segment and the tail end at the end of a frame, pongs are always between two frames.
//!
//! So without segments, the first push behind pongs seals the tail: it becomes the first segment, and new frames go behind the
//! pongs. When the first segment or the tail is written, the pongs become the first segment or the tail (`boundary`). The tail is
//! also sealed at 64 KiB. So a pong waits for about 64 KiB, or for one larger frame.

use super::{append::append_frame, segment::Segment};
use crate::{
    bug::OrBug,
    frame::{MAX_HEADER_LEN, encode, encoded_len},
};
use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use core::{fmt, mem};

/// From this length on, in bytes, an owned payload is queued without a copy. Below, a copy costs less than a segment of its own in
/// `writev`.
pub(crate) const MIN_UNCOPIED: usize = 4096;

/// From this length on, in bytes, the tail is sealed, so that pongs need not wait behind everything that is queued.
const MAX_TAIL: usize = 64 * 1024;

/// Up to this length, in bytes, a tail grows. A longer one is sealed instead.
const MAX_GROWN: usize = 16 * 1024;

/// The largest memory of a tail, in bytes, that is kept for the next replies when everything is written.
const MAX_KEPT: usize = 32 * 1024;

/// The queue of bytes to write: [`Connection::output`](crate::Connection::output) returns it.
///
/// With `std`, call `write_to` until [`is_empty`](Self::is_empty). Without `std`, or for a writer of another
/// kind, use the queue as a [`bytes::Buf`]: write what [`chunk`](Buf::chunk) returns, and [`advance`](Buf::advance) by the number
/// of bytes that the transport accepted. Until then the first segment does not change, whatever is received or sent meanwhile. To
/// advance by more than is queued empties the queue.
///
/// Small frames share a segment, so that the replies to all messages of one read are one write. A server queues large [`Bytes`]
/// without a copy. A client masks them while they are written, in 16 KiB of memory. Pongs overtake everything behind the first
/// segment, which is one large frame, or small frames of about 64 KiB together.
///
/// The size of the queue is [`Connection::buffered_amount`](crate::Connection::buffered_amount), and its limit is
/// [`Limits::output`](crate::Limits::output).
///
/// ```
/// use bowline::{Config, Connection, Role};
///
/// let mut connection = Connection::new(Role::Server, Config::default());
/// connection.send_text("one")?;
/// connection.send_text("two")?;
/// let mut transport = Vec::new();
/// while !connection.output().is_empty() {
///     connection.output().write_to(&mut transport)?;
/// }
/// assert_eq!(transport, b"\x81\x03one\x81\x03two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "write buffer")]
#[derive(Default)]
pub struct Output {
    /// Invariant: each ends at the end of a frame, and none is empty.
    segments: VecDeque<Segment>,
    /// The small frames that were queued last. Invariant: it ends at the end of a frame.
    tail: Vec<u8>,
    /// The number of bytes of the tail that are written. Invariant: less than its length, or both are 0. It is 0 unless `segments`
    /// is empty.
    tail_written: usize,
    /// Pongs that wait for the next boundary. Invariant: empty if there are neither segments nor a tail.
    pongs: Vec<u8>,
    /// The number of bytes to write. Invariant: the sum of what is left of the segments, the pongs and the tail.
    queued: usize,
    /// Whether something was queued since the last [`take_used`](Self::take_used).
    used: bool,
    /// Whether a part of the Close frame is still to be written. Behind it there are only pongs.
    holds_close: bool,
    /// The number of bytes written since the last [`take_accepted`](Self::take_accepted). It saturates.
    accepted: u32,
}

impl Output {
    /// Creates a queue that begins with `first`.
    pub(crate) fn starting_with(first: Vec<u8>) -> Self {
        Self { queued: first.len(), tail: first, ..Self::default() }
    }

    /// Queues a frame. The payload is copied.
    #[inline]
    pub(crate) fn push(&mut self, first_byte: u8, key: Option<[u8; 4]>, payload: &[u8]) {
        self.used = true;
        let tail = self.tail_to_append(MAX_HEADER_LEN + payload.len());
        let before = tail.len();
        append_frame(tail, first_byte, key, payload);
        self.queued += self.tail.len() - before;
    }

    /// Queues a frame. The payload is not copied if it suits a segment of its own.
    pub(crate) fn push_owned(&mut self, first_byte: u8, key: Option<[u8; 4]>, payload: Bytes) {
        if payload.len() < MIN_UNCOPIED || !Segment::suits(&payload, key) {
            return self.push(first_byte, key, &payload);
        }
        self.used = true;
        let header_len = encoded_len(key.is_some(), payload.len() as u64);
        self.queued += header_len + payload.len();
        self.seal_tail();
        let header = encode(first_byte, key, payload.len() as u64);
        match key {
            None => self.segments.push_back(Segment::new(header, header_len, payload)),
            Some(key) => self.segments.push_back(Segment::masked(header, header_len, payload, key)),
        }
    }

    /// Queues frames that are already encoded.
    pub(crate) fn push_encoded(&mut self, frames: &Bytes) {
        self.used = true;
        self.queued += frames.len();
        if frames.len() >= MIN_UNCOPIED {
            self.seal_tail();
            self.segments.push_back(frames.clone().into());
        } else {
            self.tail_to_append(frames.len()).extend_from_slice(frames);
        }
    }

    /// Queues a pong, which overtakes everything behind the first segment. If the pongs that wait would exceed `limit` bytes, they
    /// are dropped for this one, which is always queued.
    ///
    /// "an endpoint […] MAY elect to send a Pong frame for only the most recently processed Ping frame" (§5.5.3)
    pub(crate) fn push_pong(&mut self, first_byte: u8, key: Option<[u8; 4]>, payload: &[u8], limit: usize) {
        // Nothing to overtake: then there is no boundary to wait for.
        if self.queued == 0 {
            return self.push(first_byte, key, payload);
        }
        self.used = true;
        let len = encoded_len(key.is_some(), payload.len() as u64) + payload.len();
        if self.pongs.len() + len > limit {
            self.queued -= self.pongs.len();
            self.pongs.clear();
        }
        self.pongs.reserve_exact(MAX_HEADER_LEN + payload.len());
        append_frame(&mut self.pongs, first_byte, key, payload);
        self.queued += len;
    }

    /// Returns the first segment as an owned handle, or `None` if nothing is queued. Use it for writers that keep the bytes while
    /// they write, such as `io_uring` or another thread.
    ///
    /// The segment stays queued until you [`advance`](Buf::advance). Drop the handle before that, so that its memory can be used
    /// again for the next replies.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    /// use bytes::Buf;
    ///
    /// let mut connection = Connection::new(Role::Server, Config::default());
    /// connection.send_text("Hello")?;
    /// let segment = connection.output().front().unwrap();
    /// assert_eq!(segment, b"\x81\x05Hello"[..]);
    /// assert_eq!(connection.buffered_amount(), 7);
    /// connection.output().advance(segment.len());
    /// assert!(connection.output().front().is_none());
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    #[must_use]
    pub fn front(&mut self) -> Option<Bytes> {
        if self.segments.is_empty() {
            self.seal_tail();
        }
        let segment = self.segments.front()?;
        let header = segment.header();
        // A header is in the segment itself, and at most 14 bytes long.
        Some(if header.is_empty() { segment.body().clone() } else { Bytes::copy_from_slice(header) })
    }

    /// Returns the header and the body of the first segment, or the tail as a body.
    #[cfg(feature = "std")]
    pub(super) fn front_header_and_body(&self) -> [&[u8]; 2] {
        match self.segments.front() {
            Some(segment) => [segment.header(), segment.body()],
            None => [&[], self.tail.get(self.tail_written..).or_bug()],
        }
    }

    /// Returns the number of bytes to write.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.queued
    }

    /// Returns the number of bytes to write, without the pongs that wait.
    pub(crate) fn len_without_pongs(&self) -> usize {
        self.queued.saturating_sub(self.pongs.len())
    }

    /// Returns whether nothing is left to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queued == 0
    }

    /// Returns the tail, with the capacity for frames of `len` bytes in all.
    #[inline]
    fn tail_to_append(&mut self, len: usize) -> &mut Vec<u8> {
        let fits = len <= self.tail.capacity() - self.tail.len();
        if !fits || !self.pongs.is_empty() || self.tail.len() >= MAX_TAIL {
            self.prepare_tail(len);
        }
        &mut self.tail
    }

    /// Seals the tail if frames that are queued now must not be appended to it, and gives it the capacity for `len` bytes more.
    #[inline(never)]
    fn prepare_tail(&mut self, len: usize) {
        // The pongs go behind the frames that were queued before them, and before those that are queued now.
        if (!self.pongs.is_empty() && self.segments.is_empty()) || self.tail.len() >= MAX_TAIL {
            self.seal_tail();
        }
        // Instead of an allocation, the space of the bytes that are written is used again.
        if self.tail_written > 0 && len > self.tail.capacity() - self.tail.len() {
            // `min` is for the optimiser, which then sees that this cannot panic.
            self.tail.drain(..self.tail_written.min(self.tail.len()));
            self.tail_written = 0;
        }
        // A long tail does not grow, which would copy it. The next one begins with the same capacity.
        let mut space = len;
        if self.tail.len() >= MAX_GROWN && len > self.tail.capacity() - self.tail.len() {
            space = len.max(self.tail.len().min(MAX_KEPT));
            self.seal_tail();
        }
        self.tail.reserve(space);
    }

    /// Makes a segment of the tail, which is then never changed.
    fn seal_tail(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let mut tail = Bytes::from(mem::take(&mut self.tail));
        tail.advance(mem::take(&mut self.tail_written).min(tail.len()));
        self.segments.push_back(tail.into());
    }

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

    /// Discards everything that is queued.
    pub(crate) fn clear(&mut self) {
        *self = Self { accepted: self.accepted, ..Self::default() };
    }

    /// Frees the memory that is kept for the next replies, unless something is queued.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            self.clear();
        }
    }

    /// Records that the frame that was queued last is the Close frame.
    pub(crate) const fn close_queued(&mut self) {
        self.holds_close = true;
    }

    /// Returns whether a part of the Close frame is still to be written.
    pub(crate) const fn holds_close(&self) -> bool {
        self.holds_close
    }

    /// Returns the number of bytes that were written since the last call.
    pub(crate) const fn take_accepted(&mut self) -> u32 {
        mem::replace(&mut self.accepted, 0)
    }

    /// Returns whether something was queued since the last call.
    pub(crate) fn take_used(&mut self) -> bool {
        mem::take(&mut self.used)
    }

    /// Returns whether there is memory to free: for queued bytes, or kept for the next ones.
    pub(crate) fn holds_space(&self) -> bool {
        self.tail.capacity() + self.segments.capacity() + self.pongs.capacity() > 0
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

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("queued", &self.queued).finish_non_exhaustive()
    }
}
