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
//! also sealed at 64 KiB, and if a frame does not fit into a tail of 16 KiB or more, which would be copied to grow. So a pong waits for
//! about 64 KiB, or for one larger frame.

mod written;

use super::{append::append_frame, segment::Segment};
#[cfg(feature = "std")]
use crate::bug::OrBug;
use crate::frame::{MAX_HEADER_LEN, encode, encoded_len};
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

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("queued", &self.queued).finish_non_exhaustive()
    }
}
