//! The terminal: typed lines and printed lines. There is a thread for each direction, so that the event loop waits for neither:
//! not every system can poll a terminal, and writing to it can block.

use mio::Waker;
use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

/// The maximum number of lines that are waiting to be printed.
const WAITING: usize = 1024;

/// Starts a thread that passes on typed lines, and wakes the event loop. At the end of the input, the thread ends, and the
/// server goes on.
pub(crate) fn listen(waker: Waker) -> Receiver<String> {
    let (lines, received) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() || waker.wake().is_err() {
                return;
            }
        }
    });
    received
}

/// Prints lines.
#[derive(Clone)]
pub(crate) struct Log(SyncSender<String>);

impl Log {
    /// Starts the thread that prints. It ends after the last line, when all clones of the log have been dropped.
    pub(crate) fn start() -> (Self, JoinHandle<()>) {
        let (lines, received) = sync_channel::<String>(WAITING);
        let thread = thread::spawn(move || {
            for line in received {
                let _ = writeln!(io::stdout(), "{line}"); // stdout may be closed, as after `bowline-chat | head`
            }
        });
        (Self(lines), thread)
    }

    /// Prints a line. If too many lines are waiting, it is dropped.
    pub(crate) fn line(&self, line: String) {
        let _ = self.0.try_send(line);
    }
}
