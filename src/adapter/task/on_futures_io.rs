//! Streams of the crate `futures-io`, with a timer of their runtime.

use super::{
    read_buffer::READ_SPACE,
    runtime::{Io, Time},
};
use crate::bug::OrBug;
use ::futures_io::{AsyncRead, AsyncWrite};
use alloc::{boxed::Box, vec::Vec};
use bytes::BufMut;
use core::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
};
use std::{
    io::{self, IoSlice},
    thread_local,
    time::Instant,
};

/// The clock of a runtime, with one timer. Each connection has one of its own, for keepalive pings and deadlines.
///
/// Implement it once for your runtime. For smol, that is:
///
/// ```
/// # mod smol {
/// #     use std::{pin::Pin, task::{Context, Poll}, time::Instant};
/// #     pub struct Timer(Option<Instant>);
/// #     impl Timer {
/// #         pub fn never() -> Self { Self(None) }
/// #         pub fn set_at(&mut self, at: Instant) { self.0 = Some(at); }
/// #     }
/// #     impl Future for Timer {
/// #         type Output = Instant;
/// #         fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Instant> {
/// #             self.0.filter(|at| *at <= Instant::now()).map_or(Poll::Pending, Poll::Ready)
/// #         }
/// #     }
/// # }
/// use bowline::adapter::futures_io::Timer;
/// use std::{pin::Pin, task::{Context, Poll, ready}, time::Instant};
///
/// struct SmolTimer(smol::Timer);
///
/// impl Default for SmolTimer {
///     fn default() -> Self {
///         Self(smol::Timer::never())
///     }
/// }
///
/// impl Timer for SmolTimer {
///     fn reset(&mut self, at: Instant) {
///         self.0.set_at(at);
///     }
///
///     fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
///         ready!(Pin::new(&mut self.0).poll(cx));
///         Poll::Ready(())
///     }
/// }
/// # let mut timer = SmolTimer::default();
/// # let cx = &mut Context::from_waker(std::task::Waker::noop());
/// # assert!(timer.poll_elapsed(cx).is_pending());
/// # timer.reset(timer.now());
/// # assert!(timer.poll_elapsed(cx).is_ready());
/// ```
///
/// A runtime whose timers cannot be set again gets a new one in `reset`: see the [guide](crate::guide::futures_io#the-timer).
///
/// The trait can be used as a trait object: a `Box<dyn Timer + Send + Sync>` is a timer, too. That is one type for several
/// runtimes.
#[doc(alias("sleep", "delay", "runtime", "clock"))]
pub trait Timer: Unpin {
    /// Returns the current time, from which the connection calculates its deadlines.
    ///
    /// The default is [`Instant::now`]. Override it for a clock that tests advance by hand, together with the other methods.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Sets the timer to expire at the instant `at`. It may be set already, to an earlier or a later instant, or have expired. An
    /// instant in the past expires at once.
    ///
    /// Most messages do not set the timer. It is set for the first deadline, for an earlier one, and after it has expired.
    fn reset(&mut self, at: Instant);

    /// Ready if the timer has expired. Otherwise it wakes the task when that happens: the task that polled last, if there were
    /// several.
    ///
    /// It may be ready up to a millisecond before its instant, but not earlier. It is called only after [`reset`](Self::reset), and
    /// not again after it was ready, until the next `reset`.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

impl<T: Timer + ?Sized> Timer for Box<T> {
    fn now(&self) -> Instant {
        T::now(self)
    }

    fn reset(&mut self, at: Instant) {
        T::reset(self, at);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        T::poll_elapsed(self, cx)
    }
}

impl<T: Timer> Time for T {
    fn now(&self) -> Instant {
        Timer::now(self)
    }

    fn reset(&mut self, at: Instant) {
        Timer::reset(self, at);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Timer::poll_elapsed(self, cx)
    }
}

thread_local! {
    /// Where a stream reads to: `AsyncRead` needs initialized bytes. To zero the read buffer for each read would cost more than to
    /// copy what was read, which is mostly short.
    static SPACE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Timer> Io<S> for T {
    const YIELDS: bool = true;

    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut impl BufMut) -> Poll<io::Result<usize>> {
        // Taken out and put back, as the stream may run code that comes here again. `try_with` fails in a thread that is ending.
        let mut space = SPACE.try_with(Cell::take).unwrap_or_default();
        if space.is_empty() {
            space = alloc::vec![0; READ_SPACE];
        }
        let free = space.len().min(into.remaining_mut());
        let read = Pin::new(stream).poll_read(cx, space.get_mut(..free).or_bug());
        // A stream that returns more than it could read must not make anything panic.
        let read = read.map_ok(|count| count.min(free));
        if let Poll::Ready(Ok(count)) = read {
            into.put_slice(space.get(..count).or_bug());
        }
        let _ = SPACE.try_with(|kept| kept.set(space));
        read
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
        Pin::new(stream).poll_close(cx)
    }
}
