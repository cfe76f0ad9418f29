//! The terminal: lines typed there.

use mio::Waker;
use std::{
    io,
    sync::mpsc::{Receiver, channel},
    thread,
};

/// A thread waits for lines, as a terminal cannot be polled everywhere, and wakes the loop. At the end of the input it
/// ends, and the server goes on.
pub(crate) fn listen(waker: Waker) -> Receiver<String> {
    let (lines, received) = channel();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if lines.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
    });
    received
}
