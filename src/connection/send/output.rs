//! The queue of what is to be written, and the order on the wire: where pongs overtake. It is not limited here; the limit is in
//! `send/frame`.

use super::segment::Segment;
use crate::{
    bug::OrBug,
    frame::{Header, MAX_HEADER_LEN, extend_masked},
    message::{Data, DataRepr},
};
use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use core::{fmt, mem};

/// From this many bytes on, an owned payload is queued as it is: below, a copy costs less than a segment of its own in
/// `writev`.
const MIN_UNCOPIED: usize = 4096;

/// From this many bytes on, the tail is sealed, so that pongs need not wait behind everything that is queued.
const MAX_TAIL: usize = 64 * 1024;

/// The most slices in one write.
#[cfg(feature = "std")]
const MAX_SLICES: usize = 32;

/// How much memory is kept for the next replies when everything is written.
const MAX_KEPT: usize = 32 * 1024;

/// The queue of bytes to write: see [`Connection::output`](crate::Connection::output).
///
/// With `std`, call [`write_to`](Self::write_to). Otherwise use it as a [`bytes::Buf`]: write what [`chunk`](Buf::chunk) returns, and
/// [`advance`](Buf::advance) by the number of bytes accepted. Until then the first segment does not change, whatever is received or
/// sent meanwhile. Advancing by more than is queued empties it.
///
/// Small frames share a segment, so that the replies to all messages of one read are one write. A server queues a large [`Bytes`]
/// without a copy; a client masks it as it is written, in 16 KiB of memory. Pongs overtake everything behind the first segment, which is
/// one large frame, or small frames of about 64 KiB together.
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
//
// Order on the wire: the first segment (or the tail, if there is none), the pongs, the other segments, the tail. The first one is
// never changed, since a writer may hold it; pongs overtake everything else (§5.5.2: "as soon as is practical").
// Invariant: every segment, and the tail, ends at the end of a frame.
#[derive(Default)]
pub struct Output {
    segments: VecDeque<Segment>,
    /// The small frames that were queued last.
    tail: Vec<u8>,
    /// How many bytes of the tail are written: at most its length.
    tail_written: usize,
    /// Pongs that wait for the next boundary.
    pongs: Vec<u8>,
    /// The number of bytes to write: always the sum of what is left of the segments, the pongs and the tail.
    queued: usize,
    /// Whether something was queued since this was last asked.
    used: bool,
    /// Whether the Close frame is queued and not yet written as a whole. Behind it there are only pongs.
    holds_close: bool,
}

impl Output {
    /// `first` goes out before anything else.
    pub(crate) fn starting_with(first: Vec<u8>) -> Self {
        Self { queued: first.len(), tail: first, ..Self::default() }
    }

    /// Queues a frame.
    #[inline]
    pub(crate) fn push(&mut self, header: &Header, payload: Data<'_>) {
        self.used = true;
        let mut bytes = [0; MAX_HEADER_LEN];
        let len = header.encode(&mut bytes);
        self.queued += len + payload.len();
        match payload.0 {
            DataRepr::Owned(body) if body.len() >= MIN_UNCOPIED && Segment::suits(&body, header.key) => {
                self.seal_tail();
                self.segments.push_back(Segment::new(bytes, len, body, header.key));
            }
            _ => {
                let tail = self.tail_to_append(MAX_HEADER_LEN + payload.len());
                tail.reserve(MAX_HEADER_LEN + payload.len());
                let end = tail.len() + len;
                tail.extend_from_slice(&bytes); // a copy of known length needs no call
                tail.truncate(end);
                append(tail, &payload, header.key);
            }
        }
    }

    /// Queues frames that are encoded already.
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

    /// Queues a pong, ahead of what waits, in `limit` bytes: if they are used up, only the latest ping is answered.
    ///
    /// "an endpoint […] MAY elect to send a Pong frame for only the most recently processed Ping frame" (§5.5.3)
    pub(crate) fn push_pong(&mut self, header: &Header, payload: &[u8], limit: usize) {
        if self.queued == 0 {
            return self.push(header, payload.into());
        }
        self.used = true;
        let mut bytes = [0; MAX_HEADER_LEN];
        let len = header.encode(&mut bytes);
        if self.pongs.len() + len + payload.len() > limit {
            self.queued -= self.pongs.len();
            self.pongs.clear();
        }
        self.pongs.reserve_exact(len + payload.len());
        self.pongs.extend_from_slice(bytes.get(..len).or_bug());
        append(&mut self.pongs, payload, header.key);
        self.queued += len + payload.len();
    }

    /// Calls `writer` once with everything that is queued, and advances by what it accepts. It returns the number of bytes written, which
    /// is 0 only if nothing is queued.
    ///
    /// It makes a simple write if there is a single segment, which is less work for the kernel, and a vectored one otherwise.
    ///
    /// # Errors
    ///
    /// Those of the writer, [`WouldBlock`](std::io::ErrorKind::WouldBlock) among them, and
    /// [`WriteZero`](std::io::ErrorKind::WriteZero) if it accepted nothing. The queue is then unchanged. Unless the write can be
    /// repeated, report the error to [`Connection::write_failed`](crate::Connection::write_failed).
    #[cfg(feature = "std")]
    pub fn write_to(&mut self, writer: &mut (impl std::io::Write + ?Sized)) -> std::io::Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        let written = if self.chunk().len() == self.queued {
            writer.write(self.chunk())?
        } else {
            let mut slices = [std::io::IoSlice::new(&[]); MAX_SLICES];
            let count = self.io_slices(&mut slices);
            writer.write_vectored(slices.get(..count).or_bug())?
        };
        if written == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        self.advance(written);
        Ok(written)
    }

    /// Fills `slices` with what can be written next, for `writev`, and returns how many were filled. Then [`advance`](Buf::advance) by the
    /// number of bytes accepted. With 32 slices, one call is usually enough.
    #[cfg(feature = "std")]
    #[must_use = "the number of slices"]
    pub fn io_slices<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        self.chunks_vectored(slices)
    }

    /// The first segment as an owned handle, for writers that keep it while they write, such as `io_uring` or another thread. `None` if
    /// nothing is queued. The segment stays queued until [`advance`](Buf::advance). Drop the handle before that call, so that its memory
    /// can be reused for the next replies.
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
        Some(if header.is_empty() { segment.body().clone() } else { Bytes::copy_from_slice(header) })
    }

    /// The number of bytes to write.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.queued
    }

    /// Whether nothing is left to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queued == 0
    }

    /// The tail, ready to take `len` more bytes.
    #[inline]
    fn tail_to_append(&mut self, len: usize) -> &mut Vec<u8> {
        // Pongs go between what was queued before them and what is queued now.
        if (!self.pongs.is_empty() && self.segments.is_empty()) || self.tail.len() >= MAX_TAIL {
            self.seal_tail();
        }
        if self.tail_written > 0 && self.tail.len() + len > self.tail.capacity() {
            // `min` is for the optimiser, which then sees that this cannot panic.
            self.tail.drain(..self.tail_written.min(self.tail.len()));
            self.tail_written = 0;
        }
        &mut self.tail
    }

    /// Makes a segment of the tail.
    fn seal_tail(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let mut tail = Bytes::from(mem::take(&mut self.tail));
        tail.advance(mem::take(&mut self.tail_written).min(tail.len()));
        self.segments.push_back(tail.into());
    }

    /// Advances in the first segment, or in the tail if there is none; returns by how much more than it had.
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
            // Only pongs are left if everything else is written.
            self.holds_close = !(self.segments.is_empty() && self.tail.is_empty());
        }
        self.boundary();
        debug_assert!(beyond == 0 || !self.chunk().is_empty(), "more is queued than there is");
        if self.chunk().is_empty() { 0 } else { beyond }
    }

    /// The memory of a tail that was handed out by `front`, and is free again, is kept like that of one that was not.
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

    /// The first segment, or the tail, is written: now the pongs may go.
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
        *self = Self::default();
    }

    /// Gives back the space that is kept for the next replies.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            self.clear();
        }
    }

    /// What was queued last is the Close frame.
    pub(crate) const fn close_queued(&mut self) {
        self.holds_close = true;
    }

    /// Whether the Close frame is queued and not yet written as a whole.
    pub(crate) const fn holds_close(&self) -> bool {
        self.holds_close
    }

    /// Whether something was queued since this was last asked.
    pub(crate) fn take_used(&mut self) -> bool {
        mem::take(&mut self.used)
    }

    /// Whether it holds memory, for what is queued or for what may be queued next.
    pub(crate) fn holds_space(&self) -> bool {
        self.tail.capacity() + self.segments.capacity() + self.pongs.capacity() > 0
    }
}

/// Appends a payload, masked if there is a key.
#[inline]
fn append(to: &mut Vec<u8>, payload: &[u8], key: Option<[u8; 4]>) {
    match key {
        Some(key) => extend_masked(to, payload, key),
        None => to.extend_from_slice(payload),
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
        self.queued -= count;
        while count > 0 {
            count = self.advance_first(count);
        }
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let (mut free, mut filled) = (slices.iter_mut(), 0);
        // Whether a slice was free for it.
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
