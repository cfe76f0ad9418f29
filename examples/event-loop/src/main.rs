//! An echo server in one thread, on [mio](https://docs.rs/mio): a guide for drivers over an event loop, from which this
//! program can be taken apart. `cargo run --release -p bowline-event-loop [ADDRESS]`.
//!
//! It holds ten thousand idle connections in about 500 bytes each, as `benches/echo/run` measures it: their state, and no
//! buffers. Each needs a file descriptor, so that the limit has to allow for it: `ulimit -n 20000`.
//!
//! | file | |
//! |---|---|
//! | `server.rs` | the loop: waits for sockets and deadlines, accepts, and gives each connection its turn |
//! | `peer.rs` | one connection: reading, writing, and the right end |
//! | `alarms.rs` | the deadlines of all connections, the next one first |
//! | `app.rs` | where what the server is for is joined to it |
//! | `echo.rs` | what this one is for. `examples/chat` has the same driver, and sends to many |
//!
//! # The steps of a driver, and why
//!
//! 1. **Read into one buffer** that all connections share. A `Connection` lends what lies whole in it, and keeps what is
//!    left over of a message; so the buffer is free for the next one.
//! 2. **Receive until `None`**, and answer while the event is held. A violation is an event, too: its Close frame is queued.
//! 3. **Tick**, once for all that the read brought. It says until when the connection can be left alone; the loop waits no
//!    longer than until the first of these deadlines.
//! 4. **Write** with `writev`, all answers at once, and advance the output by what was taken.
//! 5. **If the socket is full, stop reading** from that connection, and wait for room instead. Otherwise a peer that sends
//!    and never reads fills this side's memory, up to `Limits::output`.
//! 6. **End in two steps**: `should_shutdown` says when to shut the write half, and reading goes on; `is_closed` says when
//!    to close.
//!
//! To use more cores, run a loop in each of several threads, and hand out the accepted sockets among them.

mod echo;

use bowline::Config;
use bowline_event_loop::{PEER_SIZE, Server};
use std::{error::Error, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = compressing(config);
    let app = echo::Echo::new(config, |closure| eprintln!("{closure}"));
    let mut server = Server::bind(address.parse()?, app, Arc::default())?;
    println!("listening on ws://{}; a connection has {} bytes", server.address()?, PEER_SIZE);
    Ok(server.run()?)
}

/// With `--features deflate`, messages are compressed for clients that can do it.
#[cfg(feature = "deflate")]
fn compressing(mut config: Config) -> Config {
    config.deflate = Some(bowline::deflate::Options::default());
    config
}
