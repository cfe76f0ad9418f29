//! An echo server in one thread, on `io_uring` (Linux 6.1 or newer): a guide for drivers over completions, as `event-loop`
//! is one over readiness. `cargo run --release -p bowline-io-uring [ADDRESS]`.
//!
//! Giving memory to the kernel is `unsafe`, which only `ring.rs` is allowed here. If the kernel has no `io_uring`, or forbids
//! it, the program prints that and exits with status 69.
//!
//! | file | |
//! |---|---|
//! | `server.rs` | the loop: waits for completions and deadlines, and passes them to the connections |
//! | `peer.rs` | one connection: handshake, operations of the kernel, and the end |
//! | `ring.rs` | the ring and the read buffers, with everything that is `unsafe` |
//! | `../../event-loop/src/timers.rs` | the deadlines of all connections, the next one first |
//!
//! # Differences from an event loop
//!
//! 1. **The kernel chooses the buffer.** All connections share a group of buffers. The kernel takes one when bytes have arrived,
//!    so that an idle connection has none; a `Connection` receives from it, and it is given back at once.
//! 2. **One receive operation** has a completion for each buffer that was filled, until it is cancelled, fails, or finds no
//!    buffer (`ENOBUFS`). Then it is started again.
//! 3. **Bytes that are sent must stay in place** until the kernel is done with them. `Output::front` returns them as `Bytes`,
//!    while the connection receives and queues more. There is one send operation at a time for each connection, which keeps the
//!    order. The output is advanced when its completion arrives, so that `should_shutdown` is true when everything is sent.
//! 4. **Tick and send after all completions** of a wait: the answers to several buffers are sent together, and one system call
//!    submits the send operations of all connections and waits for the next completions.
//! 5. **Back-pressure cancels receiving**. Buffers that the kernel has already filled still arrive.
//! 6. **The socket is closed when the kernel is done with it.** The remaining operations of a connection that is over are
//!    cancelled, and its slot is free after the last completion of each.
//!
//! To use more cores, run a loop in each of several threads, with `SO_REUSEPORT` or by distributing the accepted sockets.

mod peer;
mod ring;
mod server;
#[path = "../../event-loop/src/timers.rs"]
mod timers;

use std::{
    error::Error,
    io::{self, ErrorKind},
    process::ExitCode,
};

/// The exit status for a kernel without `io_uring`: `EX_UNAVAILABLE` of `sysexits.h`.
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
