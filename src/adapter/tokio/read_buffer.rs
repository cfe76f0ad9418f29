//! Bytes that were read and are not yet received, in a buffer that a connection has only while there are some.

use crate::{adapter::link::without_unexpected_eof, bug::OrBug};
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

/// How many bytes one read can bring. The buffers belong to the thread, so that they can be large: fewer calls to the kernel save
/// more than the nearest cache would.
pub(super) const READ_SPACE: usize = 64 * 1024;

/// How many buffers a thread keeps for its connections.
const MAX_POOLED: usize = 8;

thread_local! {
    static POOL: Cell<Vec<BytesMut>> = const { Cell::new(Vec::new()) };
}

/// Bytes that were read and are not yet received.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    buffer: BytesMut,
    /// How many bytes at the end of the buffer are not yet received.
    left: usize,
    /// How the stream ended, until that is taken.
    end: Option<io::Result<()>>,
    is_over: bool,
    /// Whether the buffer is larger than usual.
    has_grown: bool,
}

impl ReadBuffer {
    /// With bytes that were read elsewhere.
    pub(super) fn of(unread: &[u8]) -> Self {
        let has_grown = unread.len() > READ_SPACE;
        Self { buffer: unread.into(), left: unread.len(), has_grown, ..Self::default() }
    }

    /// How many bytes are not yet received.
    pub(super) const fn len(&self) -> usize {
        self.left
    }

    /// The bytes that are not yet received, and the count of them, to be lowered by what is received.
    pub(super) fn unread(&mut self) -> (&mut [u8], &mut usize) {
        let start = self.buffer.len().saturating_sub(self.left);
        (self.buffer.get_mut(start..).or_bug(), &mut self.left)
    }

    /// Whether a part of the buffer that is [split off](Self::split_off) keeps more alive than one read.
    pub(super) const fn has_grown(&self) -> bool {
        self.has_grown
    }

    /// The last `len` bytes that were received, as a part of the buffer of their own.
    pub(super) fn split_off(&mut self, len: usize) -> Bytes {
        let end = self.buffer.len().saturating_sub(self.left);
        self.buffer.advance(end.saturating_sub(len));
        self.buffer.split_to(len.min(end)).freeze()
    }

    /// Reads once, behind the bytes that are there already. Ready if bytes or the end of the stream arrived.
    pub(super) fn poll_read(&mut self, stream: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
        self.make_space();
        let read = poll_read_buf(stream, cx, &mut self.buffer);
        if let Poll::Ready(Ok(count)) = read {
            self.left = self.left.saturating_add(count);
        }
        self.record(read)
    }

    /// Records the end of the stream if the read, into this buffer or a direct one, has met it.
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

    /// Whether nothing more can be read.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How the stream ended, once, as soon as everything before it is received.
    pub(super) fn take_end(&mut self) -> Option<io::Result<()>> {
        if self.left == 0 { self.end.take() } else { None }
    }

    /// Gives the buffer back if there is nothing in it.
    pub(super) fn release(&mut self) {
        if self.left == 0 && self.buffer.capacity() > 0 {
            give(mem::take(&mut self.buffer));
            self.has_grown = false;
        }
    }

    fn make_space(&mut self) {
        self.buffer.advance(self.buffer.len().saturating_sub(self.left));
        if self.left == 0 {
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
    // Neither one of which a message is still a part, nor one that has grown.
    if buffer.try_reclaim(READ_SPACE) && buffer.capacity() <= 2 * READ_SPACE {
        // A thread that is ending keeps none.
        let _ = POOL.try_with(|pool| {
            let mut buffers = pool.take();
            if buffers.len() < MAX_POOLED {
                buffers.push(buffer);
            }
            pool.set(buffers);
        });
    }
}

/// Reads once. The future has no state of its own, so that it can be made anew for each poll.
pub(super) fn poll_read_buf(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    into: &mut impl BufMut,
) -> Poll<io::Result<usize>> {
    let read = ready!(pin!(stream.read_buf(into)).poll(cx));
    Poll::Ready(read)
}
