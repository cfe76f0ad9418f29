//! The terminal: lines that are typed, and lines that are printed. Not every system can poll a terminal, and writing to it can
//! block: so there is a thread for each direction, and the loop waits for neither.

use mio::Waker;
use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

/// The maximum number of lines that wait to be printed.
const WAITING: usize = 1024;

/// Passes on the lines that are typed, and wakes the loop. The thread ends with the input, and the server goes on.
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
    /// The thread ends after the last line, once all clones of the log are dropped.
    pub(crate) fn start() -> (Self, JoinHandle<()>) {
        let (lines, received) = sync_channel::<String>(WAITING);
        let thread = thread::spawn(move || {
            for line in received {
                let _ = writeln!(io::stdout(), "{line}"); // stdout may be closed, as after `bowline-chat | head`
            }
        });
        (Self(lines), thread)
    }

    /// If the terminal is too slow, the line is lost.
    pub(crate) fn line(&self, line: String) {
        let _ = self.0.try_send(line);
    }
}
