//! Streams of `futures-io`, a clock that the tests advance, and an executor for both.

use crate::common;
use bowline::{
    Config, Connection, Role,
    adapter::futures_io::{Timer, WebSocket},
};
use bowline_test::{
    Wire,
    tokio::{self as kit, WireHandle, stream_pair},
};
use futures_io::{AsyncRead, AsyncWrite};
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

/// One end of a wire of the testing kit, as a stream of `futures-io`.
#[derive(Debug)]
pub(crate) struct Stream(pub(crate) kit::Stream);

impl Stream {
    pub(crate) fn wire(&self) -> WireHandle {
        self.0.wire()
    }
}

/// Two ends of a wire: that of a client and that of a server.
pub(crate) fn streams(wire: Wire) -> [Stream; 2] {
    let (client, server) = stream_pair(wire);
    [Stream(client), Stream(server)]
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut into = tokio::io::ReadBuf::new(into);
        let read = tokio::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, &mut into);
        read.map_ok(|()| into.filled().len())
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        tokio::io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        tokio::io::AsyncWrite::poll_write_vectored(Pin::new(&mut self.0), cx, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_flush(Pin::new(&mut self.0), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut self.0), cx)
    }
}

/// A clock that only [`run`](Self::run) and [`advance`](Self::advance) move.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    origin: Instant,
    now: Instant,
    /// The timers, each with the task that waits for it.
    timers: Vec<(Option<Instant>, Option<Waker>)>,
    resets: usize,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let origin = Instant::now();
        Self(Arc::new(Mutex::new(State { origin, now: origin, timers: Vec::new(), resets: 0 })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        let state = self.state();
        state.now - state.origin
    }

    /// How often the timers of this clock were set.
    pub(crate) fn resets(&self) -> usize {
        self.state().resets
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.now += by;
        let now = state.now;
        let due = state.timers.iter_mut().filter(|(at, _)| at.is_some_and(|at| at <= now));
        let woken: Vec<Waker> = due.filter_map(|(_, waker)| waker.take()).collect();
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    /// A new timer, for one connection.
    pub(crate) fn timer(&self) -> VirtualTimer {
        let mut state = self.state();
        state.timers.push((None, None));
        VirtualTimer { clock: self.clone(), number: state.timers.len() - 1, is_set: false, early: Duration::ZERO }
    }

    /// Waits for some time on this clock.
    pub(crate) async fn sleep(&self, time: Duration) {
        let mut timer = self.timer();
        let at = timer.now() + time;
        timer.reset(at);
        std::future::poll_fn(|cx| timer.poll_elapsed(cx)).await;
    }

    /// Runs a future to its end. Whenever it waits, the clock moves on to the next timer.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(flag.clone());
        for _ in 0..1_000_000 {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return result;
            }
            if !flag.0.swap(false, Ordering::Relaxed) {
                let state = self.state();
                let waiting = state.timers.iter().filter(|(_, waker)| waker.is_some());
                let next = waiting.filter_map(|(at, _)| *at).min();
                let now = state.now;
                drop(state);
                let Some(next) = next else { panic!("it waits for nothing") };
                self.advance(next.saturating_duration_since(now));
            }
        }
        panic!("it runs without end");
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A timer on a [`Clock`]. It fails the test if it is polled when the documentation says that it is not.
#[derive(Debug)]
pub(crate) struct VirtualTimer {
    clock: Clock,
    number: usize,
    is_set: bool,
    /// How much too early it is ready, unless its instant is that near.
    early: Duration,
}

impl VirtualTimer {
    pub(crate) fn early(mut self, by: Duration) -> Self {
        self.early = by;
        self
    }
}

impl Timer for VirtualTimer {
    fn now(&self) -> Instant {
        self.clock.state().now
    }

    fn reset(&mut self, at: Instant) {
        let mut state = self.clock.state();
        state.resets += 1;
        let at = at.checked_sub(self.early).filter(|early| *early > state.now).unwrap_or(at);
        state.timers[self.number] = (Some(at), None);
        self.is_set = true;
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        assert!(self.is_set, "polled before it was set, or again after it was ready");
        let mut state = self.clock.state();
        let now = state.now;
        let (at, waker) = &mut state.timers[self.number];
        if at.is_some_and(|at| at <= now) {
            self.is_set = false;
            *waker = None;
            return Poll::Ready(());
        }
        *waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for VirtualTimer {
    fn drop(&mut self) {
        self.clock.state().timers[self.number] = (None, None);
    }
}

pub(crate) type Socket = WebSocket<Stream, VirtualTimer>;

/// A connection in this role, with [`common::config`] and some changes.
pub(crate) fn over(clock: &Clock, stream: Stream, role: Role, change: impl FnOnce(&mut Config)) -> Socket {
    WebSocket::with_timer(stream, Connection::new(role, common::config().with(change)), clock.timer())
}

/// A client and a server over a wire.
pub(crate) fn pair(clock: &Clock, wire: Wire, change: impl Fn(&mut Config)) -> [Socket; 2] {
    streams(wire).map(|stream| {
        let role = stream.0.role();
        over(clock, stream, role, &change)
    })
}
