//! The terminal: typed lines and printed lines. There is a thread for each direction, so that the event loop waits for neither:
//! not every system can poll a terminal, and writing to it can block.

use super::names::TEXT;
use mio::Waker;
use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

/// The maximum number of lines that are waiting to be printed.
const WAITING: usize = 1024;

/// The maximum number of typed lines that are waiting for the event loop.
pub(crate) const TYPED: usize = 64;

/// How much of a typed line is kept, in bytes: enough for the longest text, of four bytes for each character.
const LINE: usize = 4 * TEXT;

/// Starts a thread that passes on typed lines, and wakes the event loop. At the end of the input, the thread ends, and the
/// server goes on.
pub(crate) fn listen(waker: Waker) -> Receiver<String> {
    let (lines, received) = sync_channel(TYPED);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = read_line(&mut input) {
            if lines.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
    });
    received
}

/// Returns the beginning of the next line, and discards the rest of it; `None` at the end of the input. A file without line
/// ends, such as `/dev/zero`, must not fill the memory.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let read = input.fill_buf()?;
        if read.is_empty() {
            // A last line without an end is complete, too.
            return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = read.get(..end.unwrap_or(read.len())).unwrap_or(read);
        line.extend(part.iter().take(LINE - line.len()));
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
        }
    }
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
