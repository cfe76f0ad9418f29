//! The read buffer. A connection has one only while it has unreceived bytes, so that idle connections have none.

use crate::{
    Message,
    adapter::{error::Error, link::without_unexpected_eof},
    bug::OrBug,
};
use ::tokio::io::{AsyncRead, AsyncReadExt};
use alloc::vec::Vec;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use core::{
    cell::Cell,
    future::Future,
    mem,
    pin::pin,
    task::{Context, Poll, ready},
};
use std::{io, thread_local};

/// The maximum size of one read, in bytes. The buffers belong to the thread and not to the connections, so that they can be
/// large: fewer system calls save more than a buffer that fits in the nearest cache.
pub(super) const READ_SPACE: usize = 64 * 1024;

/// How many buffers a thread keeps for its connections. Few are enough, since a connection returns its buffer as soon as it has
/// no unreceived bytes.
const MAX_POOLED: usize = 8;

thread_local! {
    static POOL: Cell<Vec<BytesMut>> = const { Cell::new(Vec::new()) };
}

/// Bytes that were read but not yet received, and how the stream ended behind them.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    buffer: BytesMut,
    /// How many bytes at the end of the buffer are not yet received.
    left: usize,
    /// How the stream ended, until `take_end` returns it.
    end: Option<io::Result<()>>,
    /// Whether the stream has ended. It stays true after `take_end`.
    is_over: bool,
    /// Whether the buffer has grown beyond one read, by reading ahead.
    has_grown: bool,
}

impl ReadBuffer {
    /// Creates a buffer with bytes that were read elsewhere, and the end of the stream if that was read, too.
    pub(super) fn of(unread: &[u8], end: Option<io::Result<()>>) -> Self {
        let (has_grown, is_over) = (unread.len() > READ_SPACE, end.is_some());
        Self { buffer: unread.into(), left: unread.len(), has_grown, end, is_over }
    }

    /// Returns the number of bytes that are not yet received.
    pub(super) const fn len(&self) -> usize {
        self.left
    }

    /// Returns the bytes that are not yet received, and their number. The caller lowers it by the number of bytes that it
    /// receives.
    pub(super) fn unread(&mut self) -> (&mut [u8], &mut usize) {
        let start = self.buffer.len().saturating_sub(self.left);
        (self.buffer.get_mut(start..).or_bug(), &mut self.left)
    }

    /// Whether a part that is [split off](Self::split_off) would keep more memory alive than one read.
    pub(super) const fn has_grown(&self) -> bool {
        self.has_grown
    }

    /// Splits off the last `len` received bytes without a copy. They share the memory of the buffer.
    pub(super) fn split_off(&mut self, len: usize) -> Bytes {
        let end = self.buffer.len().saturating_sub(self.left);
        self.buffer.advance(end.saturating_sub(len));
        self.buffer.split_to(len.min(end)).freeze()
    }

    /// Returns a message with a copy of the last `len` received bytes. If they are the last of the buffer, it is returned to the
    /// thread's pool.
    pub(super) fn copy_off(&mut self, len: usize) -> Poll<Result<Option<Message>, Error>> {
        let end = self.buffer.len().saturating_sub(self.left);
        let copied = end.saturating_sub(len)..end;
        if self.left > 0 {
            return message(self.buffer.get(copied).or_bug());
        }
        self.has_grown = false;
        let buffer = scopeguard::guard(mem::take(&mut self.buffer), give);
        message(buffer.get(copied).or_bug())
    }

    /// Reads once, and appends the bytes to those that are not yet received. Ready if bytes or the end of the stream arrived.
    pub(super) fn poll_read(&mut self, stream: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
        self.make_space();
        let read = poll_read_buf(stream, cx, &mut self.buffer);
        if let Poll::Ready(Ok(count)) = read {
            self.left = self.left.saturating_add(count);
        }
        self.record(read)
    }

    /// Records the end of the stream if `read` returned it. `read` is a read into this buffer, or a direct read.
    pub(super) fn record(&mut self, read: Poll<io::Result<usize>>) -> Poll<()> {
        self.end = match read.map(without_unexpected_eof) {
            Poll::Ready(Ok(1..)) => return Poll::Ready(()),
            Poll::Pending => None,
            Poll::Ready(end) => Some(end.map(|_| ())),
        };
        self.is_over = self.end.is_some();
        self.release();
        if self.is_over { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether the stream has ended, so that nothing more can be read.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns how the stream ended, once, when everything before the end is received.
    pub(super) fn take_end(&mut self) -> Option<io::Result<()>> {
        if self.left == 0 { self.end.take() } else { None }
    }

    /// Returns how the stream ended, if that is not yet received, also if bytes before it are not.
    pub(super) fn take_unreceived_end(&mut self) -> Option<io::Result<()>> {
        self.end.take()
    }

    /// Returns the buffer to the thread's pool if it is empty.
    pub(super) fn release(&mut self) {
        if self.left == 0 && self.buffer.capacity() > 0 {
            give(mem::take(&mut self.buffer));
            self.has_grown = false;
        }
    }

    /// Makes capacity for one read behind the unreceived bytes.
    fn make_space(&mut self) {
        self.buffer.advance(self.buffer.len().saturating_sub(self.left));
        if self.left == 0 {
            // A buffer that has grown is not reused, or an idle connection could keep that memory. One that a message still
            // shares cannot be reused.
            if self.has_grown || !self.buffer.try_reclaim(READ_SPACE) {
                self.release();
                self.buffer = take();
            }
        } else if !self.buffer.try_reclaim(READ_SPACE) {
            self.buffer.reserve(READ_SPACE);
            self.has_grown = true;
        }
    }
}

/// Creates a message with a copy of `data`, as the result of a poll: it is not moved from one result into another.
#[inline(never)]
fn message(data: &[u8]) -> Poll<Result<Option<Message>, Error>> {
    Poll::Ready(Ok(Some(Message::Binary(Bytes::copy_from_slice(data)))))
}

fn take() -> BytesMut {
    let pooled = POOL.try_with(|pool| {
        let mut buffers = pool.take();
        let buffer = buffers.pop();
        pool.set(buffers);
        buffer
    });
    pooled.ok().flatten().unwrap_or_else(|| BytesMut::with_capacity(READ_SPACE))
}

fn give(mut buffer: BytesMut) {
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

/// Reads once into the capacity of `into`. The future of `read_buf` has no state, so that a new one can be made for each poll.
pub(super) fn poll_read_buf(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    into: &mut impl BufMut,
) -> Poll<io::Result<usize>> {
    let read = ready!(pin!(stream.read_buf(into)).poll(cx));
    Poll::Ready(read)
}
