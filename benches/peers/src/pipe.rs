//! A transport in memory, for blocking and asynchronous subjects: reads always bring something, writes always succeed.

use crate::wire::Wire;
use bytes::Buf;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    hint::black_box,
    io::{self, IoSlice, Read, Write},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};
use tokio::io::ReadBuf;

/// What was sent: counted, and kept if it is to be checked. It also counts the reads.
#[derive(Debug, Default)]
pub struct Sent {
    /// How often the subject has read.
    pub reads: Cell<u64>,
    /// What all reads together brought.
    pub read: Cell<u64>,
    bytes: Cell<usize>,
    keeping: Cell<bool>,
    kept: RefCell<Vec<u8>>,
}

impl Sent {
    pub fn keep(&self, keeping: bool) {
        self.keeping.set(keeping);
        self.kept.borrow_mut().clear();
    }

    pub fn is_kept(&self) -> bool {
        self.keeping.get()
    }

    pub fn take(&self) -> Vec<u8> {
        self.kept.take()
    }

    #[inline]
    pub fn write(&self, bytes: &[u8]) -> usize {
        let bytes = black_box(bytes);
        self.bytes.set(self.bytes.get().wrapping_add(bytes.len()));
        if self.keeping.get() {
            self.kept.borrow_mut().extend_from_slice(bytes);
        }
        bytes.len()
    }

    #[inline]
    pub fn write_vectored(&self, slices: &[IoSlice<'_>]) -> usize {
        slices.iter().map(|slice| self.write(slice)).sum()
    }

    /// Writes all of a `Buf`, as one `writev` after the other.
    #[inline]
    pub fn write_buf(&self, output: &mut impl Buf) {
        while output.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 16];
            let count = output.chunks_vectored(&mut slices);
            let written = self.write_vectored(&slices[..count]);
            output.advance(written);
        }
    }
}

/// Reads a wire, again and again from the front, as a socket would bring it: each read copies.
#[derive(Debug)]
pub struct Pipe {
    wire: Rc<Wire>,
    at: usize,
    pub sent: Rc<Sent>,
}

impl Pipe {
    pub fn new(wire: Rc<Wire>, sent: Rc<Sent>) -> Self {
        Self { wire, at: 0, sent }
    }

    /// What the next read brings, if there is room for `room` bytes.
    #[inline]
    pub fn next_read(&mut self, room: usize) -> &[u8] {
        let start = if self.at == self.wire.bytes.len() { 0 } else { self.at };
        self.at = self.wire.read_end(start, room);
        self.sent.reads.set(self.sent.reads.get().wrapping_add(1));
        self.sent.read.set(self.sent.read.get().wrapping_add((self.at - start) as u64));
        &self.wire.bytes[start..self.at]
    }

    /// Begins at the front again.
    pub fn rewind(&mut self) {
        self.at = 0;
    }

    #[inline]
    pub fn read_into(&mut self, room: &mut [u8]) -> usize {
        let read = self.next_read(room.len());
        room[..read.len()].copy_from_slice(read);
        read.len()
    }
}

impl Read for Pipe {
    #[inline]
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_into(room))
    }
}

impl Write for Pipe {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.sent.write(bytes))
    }

    #[inline]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.sent.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Pipe {
    #[inline]
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.next_read(room.remaining());
        room.put_slice(read);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Pipe {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.sent.write(bytes)))
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.sent.write_vectored(slices)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for Pipe {
    #[inline]
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.read_into(room)))
    }
}

impl futures_io::AsyncWrite for Pipe {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.sent.write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs a future that never waits.
#[inline]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a subject waits, though its transport never does"),
    }
}
