//! The read buffer. A connection has one only while it has unreceived bytes, so that idle connections have none.

use std::{cell::Cell, fmt, io, mem};

/// How many buffers a thread keeps for its connections. Few are enough, since a connection returns its buffer as soon as it has no
/// unreceived bytes.
const MAX_POOLED: usize = 8;

/// The largest read, in bytes. More would not save system calls, since a socket seldom has more.
const MAX_READ: usize = 256 * 1024;

thread_local! {
    static POOL: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) };
}

/// Bytes that were read but not yet received.
#[derive(Default)]
pub(super) struct ReadBuffer {
    /// All of it is initialized, so that a read need not zero it first.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReadBuffer {
    /// Creates a buffer with bytes that were read elsewhere.
    pub(super) const fn with(part: Vec<u8>) -> Self {
        Self { start: 0, end: part.len(), buffer: part }
    }

    /// Returns the bytes that are not yet received.
    #[inline]
    pub(super) fn unread(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Returns whether all bytes are received.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Records that all but the last `left` bytes are received.
    #[inline]
    pub(super) fn keep(&mut self, left: usize) {
        self.start = self.end.saturating_sub(left);
        if self.is_empty() {
            self.release();
        }
    }

    /// Reads once, at most `size` bytes, and returns how many. Call it only when all bytes are received.
    pub(super) fn fill(&mut self, size: usize, stream: &mut impl io::Read) -> io::Result<usize> {
        let size = size.clamp(1, MAX_READ);
        if self.buffer.capacity() == 0 {
            self.buffer = POOL.with(|pool| {
                let mut buffers = pool.take();
                let buffer = buffers.pop();
                pool.set(buffers);
                buffer.unwrap_or_default()
            });
        }
        if self.buffer.len() < size {
            self.buffer = vec![0; size];
        }
        let read = stream.read(self.buffer.get_mut(..size).unwrap_or_default());
        (self.start, self.end) = (0, read.as_ref().map_or(0, |count| (*count).min(size)));
        if self.is_empty() {
            self.release();
        }
        read
    }

    /// Returns the memory to the thread, except for a larger buffer of the program: the pool would keep it.
    fn release(&mut self) {
        (self.start, self.end) = (0, 0);
        let buffer = mem::take(&mut self.buffer);
        if buffer.is_empty() || buffer.capacity() > MAX_READ {
            return;
        }
        POOL.with(|pool| {
            let mut buffers = pool.take();
            if buffers.len() < MAX_POOLED {
                buffers.push(buffer);
            }
            pool.set(buffers);
        });
    }
}

/// Without the bytes: behind the unreceived ones, the buffer has those of other connections.
impl fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuffer").field("unread", &self.end.saturating_sub(self.start)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer of the program is not kept for other connections if it is larger than any that a read needs.
    #[test]
    fn large_buffers_are_not_pooled() {
        for (size, kept) in [(MAX_READ, MAX_READ), (MAX_READ + 1, 0)] {
            POOL.take();
            let mut part = Vec::new();
            part.reserve_exact(size);
            part.push(0);
            ReadBuffer::with(part).keep(0);
            assert_eq!(POOL.take().iter().map(Vec::capacity).sum::<usize>(), kept);
        }
    }
}
