//! The terminal: lines typed there, and lines printed. A terminal cannot be polled everywhere, and may not take what is
//! printed: so there is a thread for each of the two, and the loop waits for neither.

use mio::Waker;
use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

/// How many lines may wait to be printed.
const WAITING: usize = 1024;

/// Passes on the lines that are typed, and wakes the loop. At the end of the input it ends, and the server goes on.
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
    /// The thread ends after the last line, once all that could print one are gone.
    pub(crate) fn start() -> (Self, JoinHandle<()>) {
        let (lines, received) = sync_channel::<String>(WAITING);
        let thread = thread::spawn(move || {
            for line in received {
                let _ = writeln!(io::stdout(), "{line}"); // nobody may read it any more, as after `chat | head`
            }
        });
        (Self(lines), thread)
    }

    /// If the terminal does not take as much, the line is lost.
    pub(crate) fn line(&self, line: String) {
        let _ = self.0.try_send(line);
    }
}
