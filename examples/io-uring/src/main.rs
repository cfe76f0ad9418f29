//! An echo server in one thread, on `io_uring` (Linux 6.1 or newer): a guide for drivers over completions, as `event-loop`
//! is one over readiness. `cargo run --release -p bowline-io-uring [ADDRESS]`.
//!
//! To hand memory to the kernel is `unsafe`, which only `ring.rs` is allowed here. Where the kernel has no `io_uring`, or forbids it, the program says so and ends with status 69.
//!
//! | file | |
//! |---|---|
//! | `server.rs` | the loop: waits for completions and deadlines, and hands them to the connections |
//! | `peer.rs` | one connection: what is asked of the kernel for it, and the right end |
//! | `ring.rs` | the ring and the read buffers, with all that is `unsafe` |
//! | `../../event-loop/src/alarms.rs` | the deadlines of all connections, the next one first |
//!
//! # What is different from an event loop
//!
//! 1. **The kernel chooses the buffer.** All connections share a group of them. One is taken when bytes have come, so that
//!    an idle connection holds none; a `Connection` parses in it, and it is given back at once.
//! 2. **Receiving is asked for once**, and brings a completion for each buffer that was filled, until it is cancelled,
//!    fails, or finds no buffer (`ENOBUFS`). Then it is asked for again.
//! 3. **What is sent must stay** until the kernel is done with it. `Output::front` gives it as `Bytes`, while the
//!    connection receives and queues more. One send at a time for each connection, so that the order is kept. The output
//!    is advanced when the completion has come, and so "all is written" is true when it is said.
//! 4. **Tick and send after all completions** of a wait: the answers to several buffers leave together, and one call to the
//!    kernel hands over the sends of all connections and waits for what comes next.
//! 5. **If too much waits to be sent, receiving is cancelled.** What the kernel has already filled still comes.
//! 6. **The socket is closed when the kernel is done with it.** What it still does for a connection that is over is
//!    cancelled, and the place of the connection is free when all of that has said its last.
//!
//! To use more cores, run a loop in each of several threads, with `SO_REUSEPORT` or by handing out the accepted sockets.

#[path = "../../event-loop/src/alarms.rs"]
mod alarms;
mod peer;
mod ring;
mod server;

use std::{
    error::Error,
    io::{self, ErrorKind},
    process::ExitCode,
};

/// The status for a kernel without `io_uring`: `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    let Err(error) = serve() else { return ExitCode::SUCCESS };
    eprintln!("{error}");
    let is_unsupported = error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::Unsupported);
    if is_unsupported { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let mut server =
        server::Server::bind(address.parse()?, bowline::Config::default(), |closure| eprintln!("{closure}"))?;
    println!("listening on ws://{}; a connection has {} bytes", server.address()?, size_of::<peer::Peer>());
    let _counts = server.counts();
    Ok(server.run()?)
}
