//! The read buffer. A connection has one only while it has unreceived bytes, so that idle connections have none.

use crate::{
    Message,
    adapter::{error::Error, link::without_unexpected_eof},
    bug::OrBug,
    frame::to_vec,
};
use alloc::{boxed::Box, vec::Vec};
use bytes::{Buf, Bytes, BytesMut};
use core::{cell::Cell, mem, task::Poll};
use std::{io, thread_local};

/// The maximum size of one read, in bytes. The buffers belong to the thread and not to the connections, so that they can be
/// large: fewer system calls save more than a buffer that fits in the nearest cache.
pub(super) const READ_SPACE: usize = 64 * 1024;

/// After so many reads, a connection lets other tasks run, if its runtime leaves that to the tasks. It is a power of two, as the
/// count wraps.
const READS_PER_TURN: u32 = 64;

/// How many buffers a thread keeps for its connections. Few are enough, since a connection returns its buffer as soon as it has
/// no unreceived bytes.
const MAX_POOLED: usize = 8;

thread_local! {
    static POOL: Cell<Pool> = const { Cell::new(Vec::new()) };
}

/// In boxes, since the connections that have no buffer are the most, and a box takes one word of each.
type Pool = Vec<Box<BytesMut>>;

/// Bytes that were read but not yet received, and how the stream ended behind them.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    buffer: Option<Box<BytesMut>>,
    /// How many bytes at the end of the buffer are not yet received.
    left: usize,
    /// The error with which the stream ended, until `take_end` returns it.
    error: Option<io::Error>,
    /// The number of reads that returned bytes or the end of the stream, so that other tasks notice them.
    reads: u32,
    /// Whether the stream has ended, until `take_end` returns how.
    has_end: bool,
    /// Whether the stream has ended. It stays true after `take_end`.
    is_over: bool,
    /// Whether the buffer has grown beyond one read, by reading ahead.
    has_grown: bool,
}

impl ReadBuffer {
    /// Creates a buffer with bytes that were read elsewhere, and the end of the stream if that was read, too.
    pub(super) fn of(unread: &[u8], end: Option<io::Result<()>>) -> Self {
        let (has_end, has_grown) = (end.is_some(), unread.len() > READ_SPACE);
        Self {
            buffer: (!unread.is_empty()).then(|| Box::new(unread.into())),
            left: unread.len(),
            error: end.and_then(Result::err),
            reads: 0,
            has_end,
            is_over: has_end,
            has_grown,
        }
    }

    /// Returns the number of reads that returned something. It wraps.
    pub(super) const fn reads(&self) -> u32 {
        self.reads
    }

    /// Returns whether it is another task's turn, after some reads. That counts as a read, so that the next call returns `false`.
    pub(super) const fn ends_turn(&mut self) -> bool {
        let has_ended = self.reads % READS_PER_TURN == READS_PER_TURN - 1;
        if has_ended {
            self.reads = self.reads.wrapping_add(1);
        }
        has_ended
    }

    /// Returns the number of bytes that are not yet received.
    pub(super) const fn len(&self) -> usize {
        self.left
    }

    /// Returns the bytes that are not yet received, and their number. The caller lowers it by the number of bytes that it
    /// receives.
    pub(super) fn unread(&mut self) -> (&mut [u8], &mut usize) {
        let Some(buffer) = &mut self.buffer else { return (&mut [], &mut self.left) };
        let start = buffer.len().saturating_sub(self.left);
        (buffer.get_mut(start..).or_bug(), &mut self.left)
    }

    /// Whether a part that is [split off](Self::split_off) would keep more memory alive than one read.
    pub(super) const fn has_grown(&self) -> bool {
        self.has_grown
    }

    /// Splits off the last `len` received bytes without a copy. They share the memory of the buffer.
    pub(super) fn split_off(&mut self, len: usize) -> Bytes {
        let Some(buffer) = &mut self.buffer else {
            debug_assert!(false, "received bytes are in a buffer");
            return Bytes::new();
        };
        let end = buffer.len().saturating_sub(self.left);
        buffer.advance(end.saturating_sub(len));
        buffer.split_to(len.min(end)).freeze()
    }

    /// Returns a message with a copy of the last `len` received bytes. If they are the last of the buffer, it is returned to the
    /// thread's pool.
    pub(super) fn copy_off(&mut self, len: usize) -> Poll<Result<Option<Message>, Error>> {
        let end = self.buffer.as_ref().map_or(0, |buffer| buffer.len()).saturating_sub(self.left);
        let copied = end.saturating_sub(len)..end;
        if self.left > 0 {
            return message(self.buffer.as_ref().and_then(|buffer| buffer.get(copied)).or_bug());
        }
        self.has_grown = false;
        let buffer = scopeguard::guard(self.buffer.take(), |buffer| buffer.into_iter().for_each(give));
        message(buffer.as_ref().and_then(|buffer| buffer.get(copied)).or_bug())
    }

    /// Reads once with `read`, which appends the bytes to those that are not yet received. Ready if bytes or the end of the stream
    /// arrived.
    #[inline(never)]
    pub(super) fn poll_read(&mut self, read: impl FnOnce(&mut BytesMut) -> Poll<io::Result<usize>>) -> Poll<()> {
        self.make_space();
        let buffer = self.buffer.get_or_insert_with(take);
        let read = read(buffer);
        if let Poll::Ready(Ok(count)) = read {
            self.left = self.left.saturating_add(count);
        }
        self.record(read)
    }

    /// Records the end of the stream if `read` returned it. `read` is a read into this buffer, or a direct read.
    pub(super) fn record(&mut self, read: Poll<io::Result<usize>>) -> Poll<()> {
        let Poll::Ready(read) = read.map(without_unexpected_eof) else {
            self.release();
            return Poll::Pending;
        };
        self.reads = self.reads.wrapping_add(1);
        if !matches!(read, Ok(1..)) {
            (self.error, self.has_end, self.is_over) = (read.err(), true, true);
            self.release();
        }
        Poll::Ready(())
    }

    /// Whether the stream has ended, so that nothing more can be read.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns how the stream ended, once, when everything before the end is received.
    pub(super) fn take_end(&mut self) -> Option<io::Result<()>> {
        if self.left == 0 { self.take_unreceived_end() } else { None }
    }

    /// Returns how the stream ended, if that is not yet received, also if bytes before it are not.
    pub(super) fn take_unreceived_end(&mut self) -> Option<io::Result<()>> {
        mem::take(&mut self.has_end).then(|| self.error.take().map_or(Ok(()), Err))
    }

    /// Returns the buffer to the thread's pool if it is empty.
    #[inline]
    pub(super) fn release(&mut self) {
        if self.left == 0
            && let Some(buffer) = self.buffer.take()
        {
            self.has_grown = false;
            give(buffer);
        }
    }

    /// Makes capacity for one read behind the unreceived bytes, if there is a buffer.
    fn make_space(&mut self) {
        let Some(buffer) = &mut self.buffer else { return };
        buffer.advance(buffer.len().saturating_sub(self.left));
        // A buffer that has grown is not reused, or an idle connection could keep that memory. One that a message still shares
        // cannot be reused.
        if self.left == 0 && self.has_grown {
            self.release();
        } else if !buffer.try_reclaim(READ_SPACE) {
            if self.left == 0 {
                return self.release();
            }
            buffer.reserve(READ_SPACE);
            self.has_grown = true;
        }
    }
}

/// Creates a message with a copy of `data`, as the result of a poll: it is not moved from one result into another.
#[inline(never)]
fn message(data: &[u8]) -> Poll<Result<Option<Message>, Error>> {
    Poll::Ready(Ok(Some(Message::Binary(to_vec(data).into()))))
}

#[inline]
#[expect(clippy::unnecessary_box_returns, reason = "the boxes are kept in the pool")]
fn take() -> Box<BytesMut> {
    let pooled = POOL.try_with(|pool| {
        let mut buffers = pool.take();
        let buffer = buffers.pop();
        pool.set(buffers);
        buffer
    });
    pooled.ok().flatten().unwrap_or_else(|| Box::new(BytesMut::with_capacity(READ_SPACE)))
}

fn give(mut buffer: Box<BytesMut>) {
    buffer.clear();
    // Not if a message still shares the buffer, and not if it has grown.
    if buffer.try_reclaim(READ_SPACE) && buffer.capacity() <= 2 * READ_SPACE {
        // `try_with` fails in a thread that is ending. The buffer is then freed.
        let _ = POOL.try_with(|pool| {
            let mut buffers = pool.take();
            if buffers.len() < MAX_POOLED {
                buffers.push(buffer);
            }
            pool.set(buffers);
        });
    }
}
