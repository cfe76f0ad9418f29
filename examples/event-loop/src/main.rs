//! An echo server in one thread, on [mio](https://docs.rs/mio): a driver over an event loop, written to be copied.
//!
//! ```text
//! cargo run --release -p bowline-event-loop [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended. To connect, run
//! `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. With
//! `--features deflate`, it compresses messages for clients that offer permessage-deflate.
//!
//! The guide is `src/guide/event_loop.md`. `examples/io-uring` is a driver over completions, and `examples/chat` a larger
//! application on this driver.
//!
//! An idle connection has no buffers and takes about 500 bytes, as `benches/echo/run` measures with ten thousand of them. Each
//! connection needs a file descriptor: raise the limit of the process with `ulimit -n 20000`, for example.
//!
//! | file | contents |
//! |---|---|
//! | `server.rs` | the loop: waits for sockets and deadlines, accepts clients, and gives each connection its turn |
//! | `peer.rs` | one connection: handshake, reading, writing, and the end |
//! | `timers.rs` | the deadlines of all connections, the next one first |
//! | `app.rs` | the interface between the driver and the application |
//! | `echo.rs` | the application of this program |
//!
//! # The steps of a driver, and why
//!
//! 1. **Read into one buffer** that all connections share. Events borrow complete payloads from it. A `Connection` keeps the
//!    received part of an unfinished message, so the buffer is free for the next connection.
//! 2. **Receive until `None`**, and answer while the event is held. A violation is an event, too; its Close frame is already
//!    queued.
//! 3. **Tick** once after each read. `tick` returns how long the connection can wait, and the loop waits until the first of
//!    these deadlines at most.
//! 4. **Write** all answers at once, with `Output::write_to`.
//! 5. **If the socket is full, stop reading** from that connection until the socket is writable. Otherwise a peer that sends
//!    and never reads fills the memory of the server, up to `Limits::output` for each connection.
//! 6. **End in two steps**: when `should_shutdown` returns true, shut down the write half and go on reading; when `is_closed`
//!    returns true, close the socket.
//!
//! A refused client is not a special case: `Refusal::into_connection` makes a connection that only delivers the answer.
//!
//! To use more cores, run one loop in each of several threads, and distribute the accepted sockets among them.

mod echo;

use bowline::Config;
use bowline_event_loop::{PEER_SIZE, Server};
use std::{error::Error, process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    match serve(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let address =
        address.parse().map_err(|_| format!("{address:?} is not an IP address with a port, such as 127.0.0.1:9001"))?;
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = config.with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    let app = echo::Echo::new(config, |closure| eprintln!("{closure}"));
    let mut server = Server::bind(address, app, Arc::default())?;
    println!("listening on ws://{}; each connection takes {} bytes", server.address()?, PEER_SIZE);
    Ok(server.run()?)
}
