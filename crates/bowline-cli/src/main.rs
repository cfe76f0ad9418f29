//! A WebSocket client for the command line: it sends the lines of standard input, and prints the messages it receives.
//!
//! `README.md` and `--help` describe the options and the exit status.
//!
//! It is also an example of `adapter::tokio`: `session.rs` is one task that sends with back-pressure, receives and closes, and
//! `ending.rs` turns each way in which a connection can end into an exit status and advice for the user.

mod arguments;
mod connect;
mod ending;
mod input;
mod output;
mod pings;
mod screen;
mod session;
mod tls;
mod way;

use arguments::Arguments;
use clap::Parser;
use ending::{Ending, Status};
use input::Input;
use screen::{Screen, Tone};
use session::Session;
use std::{process, sync::Arc};
use tokio::{select, signal::ctrl_c, sync::Notify};

#[tokio::main(worker_threads = 1)]
async fn main() {
    let arguments = Arguments::parse();
    let screen = Screen::new(arguments.verbose);
    let ending = run(&arguments, &screen).await;
    // Do not wait for the thread that reads standard input, which may block indefinitely.
    process::exit(match ending {
        Ok(None) => Status::Clean as i32,
        Ok(Some(ending)) | Err(ending) => last_line(&ending, &screen),
    });
}

async fn run(arguments: &Arguments, screen: &Screen) -> Result<Option<Ending>, Ending> {
    let input = Input::open(arguments)?;
    let socket = select! {
        connected = connect::connect(arguments, screen) => connected?,
        Ok(()) = ctrl_c() => return Err(Ending::new(Status::Interrupted, "no connection: interrupted by Ctrl-C.")),
    };
    let interrupt = Arc::new(Notify::new());
    tokio::spawn(handle_interrupts(interrupt.clone(), arguments.verbose));
    let session = Session::new(arguments, screen, socket, input.start());
    Ok(session.run(&interrupt).await)
}

/// Runs in its own task, so that the second Ctrl-C also works while standard output blocks.
async fn handle_interrupts(interrupt: Arc<Notify>, is_verbose: bool) {
    if ctrl_c().await.is_ok() {
        interrupt.notify_one();
    }
    if ctrl_c().await.is_ok() {
        let ending = Ending::new(Status::Interrupted, "not clean: interrupted twice; did not wait for the server.");
        process::exit(last_line(&ending, &Screen::new(is_verbose)));
    }
}

fn last_line(ending: &Ending, screen: &Screen) -> i32 {
    screen.line(if ending.status == Status::Clean { Tone::Good } else { Tone::Bad }, &ending.line);
    ending.status as i32
}
