//! Tokio's streams and its clock.

use super::runtime::{Io, Time};
use ::tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    time::{Instant, Sleep, sleep_until},
};
use alloc::boxed::Box;
use bytes::BufMut;
use core::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
use std::io::{self, IoSlice};

/// Tokio as the runtime of a connection: the second parameter of [`WebSocket`](super::WebSocket) if none is given.
///
/// You need not name it: the functions and methods of `adapter::tokio` create it. Its clock is Tokio's, which tests can pause.
#[derive(Debug, Default)]
pub struct Tokio {
    /// `None` until the first deadline.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> for Tokio {
    /// A stream of Tokio is `Pending` when its task has used up its budget.
    const YIELDS: bool = false;

    /// The future of `read_buf` has no state, so that a new one can be made for each poll.
    #[inline]
    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut impl BufMut) -> Poll<io::Result<usize>> {
        let read = ready!(pin!(stream.read_buf(into)).poll(cx));
        Poll::Ready(read)
    }

    fn poll_write(stream: &mut S, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(stream: &mut S, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write_vectored(cx, slices)
    }

    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_shutdown(cx)
    }
}

impl Time for Tokio {
    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }

    fn reset(&mut self, at: std::time::Instant) {
        let at = at.into();
        match &mut self.timer {
            Some(timer) => timer.as_mut().reset(at),
            None => self.timer = Some(Box::pin(sleep_until(at))),
        }
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(cx))
    }
}
