//! An echo server in one thread, on [mio](https://docs.rs/mio): a guide for drivers over an event loop, made to be copied.
//! `cargo run --release -p bowline-event-loop [ADDRESS]`.
//!
//! An idle connection takes about 500 bytes, as `benches/echo/run` measures it with ten thousand of them: its state, and no
//! buffers. Each needs a file descriptor, which the process must be allowed to have: `ulimit -n 20000`.
//!
//! | file | |
//! |---|---|
//! | `server.rs` | the loop: waits for sockets and deadlines, accepts clients, and gives each connection its turn |
//! | `peer.rs` | one connection: handshake, reading, writing, and the end |
//! | `timers.rs` | the deadlines of all connections, the next one first |
//! | `app.rs` | the interface between the driver and the application |
//! | `echo.rs` | the application of this program. `examples/chat` uses the same driver, and sends to many connections |
//!
//! # The steps of a driver, and why
//!
//! 1. **Read into one buffer** that all connections share. Events borrow payloads that are complete in it, and a `Connection` keeps the
//!    received part of an unfinished message, so the buffer is free for the next connection.
//! 2. **Receive until `None`**, and answer while the event is held. A violation is an event, too: its Close frame is queued.
//! 3. **Tick**, once for all that one read returned. It returns how long the connection can wait; the loop waits at most until the
//!    first of these deadlines.
//! 4. **Write** with `Output::write_to`: all answers at once.
//! 5. **If the socket is full, stop reading** from that connection, and wait until it is writable. Otherwise a peer that sends
//!    and never reads fills the memory of the server, up to `Limits::output` for each connection.
//! 6. **End in two steps**: `should_shutdown` is true when the write half is to be shut down, while reading continues; `is_closed` is true
//!    when the socket is to be closed.
//!
//! A refused client is not a special case: `Refusal::into_connection` makes a connection that only delivers the answer.
//!
//! To use more cores, run a loop in each of several threads, and distribute the accepted sockets among them.

mod echo;

use bowline::Config;
use bowline_event_loop::{PEER_SIZE, Server};
use std::{error::Error, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let config = Config::default();
    // With `--features deflate`, messages are compressed for clients that support it.
    #[cfg(feature = "deflate")]
    let config = config.with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    let app = echo::Echo::new(config, |closure| eprintln!("{closure}"));
    let mut server = Server::bind(address.parse()?, app, Arc::default())?;
    println!("listening on ws://{}; a connection has {} bytes", server.address()?, PEER_SIZE);
    Ok(server.run()?)
}
