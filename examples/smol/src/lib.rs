//! What both programs need of smol: the timer of a connection. It is all that a runtime needs besides its streams.

use bowline::adapter::futures_io::Timer;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

/// The timer of a connection on smol. It also works with async-std, which has the same timers (those of the crate `async-io`).
#[derive(Debug)]
pub struct SmolTimer(smol::Timer);

impl Default for SmolTimer {
    fn default() -> Self {
        Self(smol::Timer::never())
    }
}

impl Timer for SmolTimer {
    fn reset(&mut self, at: Instant) {
        self.0.set_at(at);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(())
    }
}

/// The code of the guide is compiled, and run unless it needs the network.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/futures_io.md")]
mod guide {}
