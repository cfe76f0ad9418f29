//! A WebSocket client for the command line: lines in, messages out.
//!
//! ```sh
//! cargo install --path crates/bowline-cli
//! bowline wss://example.com/chat
//! cargo ws wss://example.com/chat # the same in this repository, without an installation and not optimized
//! ```
//!
//! `--help` has all options. What comes goes to standard output and all else to standard error, so that pipes work:
//! `echo Hello | bowline -1 ws://127.0.0.1:9001`.
//!
//! At the end of standard input it closes with 1000, as other such clients do, but it does not hang up: what the server still
//! sends, up to its own Close frame, is written. `--linger SECONDS` listens longer before that, and `--listen` does not look at
//! standard input at all. Ctrl-C closes at once; pressed again, it does not wait for the server.
//!
//! The exit status, and the last line on standard error, say how the connection ended:
//!
//! | status | |
//! |---|---|
//! | 0 | a clean end: both sides closed, with 1000 or 1001, or without a code; also if nobody reads standard output any more |
//! | 1 | no connection: the name was not found, TCP or TLS failed, or it took too long |
//! | 2 | the command line is wrong |
//! | 3 | the server did not accept the handshake; the line has its HTTP status |
//! | 4 | the server closed with a code that means an error: 1002 to 1014, 3000 to 4999 |
//! | 5 | the connection was lost, or the server did not answer the Close frame |
//! | 6 | the server broke the protocol, or a message was larger than `--limit` |
//! | 7 | something here failed: text that is not UTF-8, a file that cannot be read or written; or what was asked for did not happen before a clean end: a file was sent only in part, or no message came for `-1` or `--receive-file` |
//! | 130 | Ctrl-C was pressed twice |
//!
//! It is an example of `adapter::tokio`, too: `session.rs` has one task that sends with back-pressure, receives as it comes, and
//! closes; `ending.rs` says what each way in which a connection can end means, and what to do.

mod arguments;
mod connect;
mod ending;
mod input;
mod output;
mod pings;
mod screen;
mod session;

use arguments::Arguments;
use clap::Parser;
use ending::{Ending, Status};
use input::Input;
use screen::{Screen, Tone};
use session::Session;
use std::{process, sync::Arc};
use tokio::{signal::ctrl_c, sync::Notify};

#[tokio::main(worker_threads = 1)]
async fn main() {
    let arguments = Arguments::parse();
    let screen = Screen::new(arguments.verbose);
    let ending = run(&arguments, &screen).await;
    // At once, as the thread that reads standard input may wait there for ever.
    process::exit(match ending {
        Ok(None) => Status::Clean as i32,
        Ok(Some(ending)) | Err(ending) => last_line(&ending, &screen),
    });
}

async fn run(arguments: &Arguments, screen: &Screen) -> Result<Option<Ending>, Ending> {
    let input = Input::open(arguments)?;
    let socket = connect::connect(arguments, screen).await?;
    let interrupt = Arc::new(Notify::new());
    tokio::spawn(heed_interrupts(interrupt.clone(), arguments.verbose));
    let session = Session::new(arguments, screen, socket, input.start());
    Ok(session.run(&interrupt).await)
}

/// In a task of its own, as the second Ctrl-C must also work while standard output is stuck.
async fn heed_interrupts(interrupt: Arc<Notify>, is_verbose: bool) {
    if ctrl_c().await.is_ok() {
        interrupt.notify_one();
    }
    if ctrl_c().await.is_ok() {
        let ending =
            Ending::new(Status::Interrupted, "not clean: interrupted twice, so that the server was not waited for.");
        process::exit(last_line(&ending, &Screen::new(is_verbose)));
    }
}

fn last_line(ending: &Ending, screen: &Screen) -> i32 {
    screen.line(if ending.status == Status::Clean { Tone::Good } else { Tone::Bad }, &ending.words);
    ending.status as i32
}
