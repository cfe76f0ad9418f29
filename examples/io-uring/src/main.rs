//! An echo server in one thread, on `io_uring` (Linux 6.1 or newer): a driver over completions, written to be copied.
//!
//! ```text
//! cargo run --release -p bowline-io-uring [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended. To connect, run
//! `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. If the kernel has no
//! `io_uring`, or forbids it, the program prints that and exits with status 69.
//!
//! Read `examples/event-loop` first, which is a driver over readiness. The guide is `src/guide/event_loop.md`.
//!
//! Giving memory to the kernel needs `unsafe`, which only `ring.rs` is allowed to use here.
//!
//! | file | contents |
//! |---|---|
//! | `server.rs` | the loop: waits for completions and deadlines, and passes them to the connections |
//! | `peer.rs` | one connection: handshake, operations of the kernel, and the end |
//! | `ring.rs` | the ring and the read buffers, with everything that is `unsafe` |
//! | `../../event-loop/src/timers.rs` | the deadlines of all connections, the next one first |
//!
//! # Differences from an event loop
//!
//! 1. **The kernel chooses the buffer.** All connections share a group of buffers. The kernel uses one when bytes have arrived,
//!    so an idle connection has none. The `Connection` receives from it, and the loop returns it to the kernel at once.
//! 2. **One receive operation fills many buffers.** It has a completion for each of them, until it is cancelled, fails, or
//!    finds no free buffer (`ENOBUFS`). Then the loop starts it again, but at a time only as many of them as there are buffers:
//!    with thousands of busy connections, most would fail again.
//! 3. **Bytes that are being sent must stay in place** until the kernel has finished with them. `Output::front` returns them as
//!    `Bytes`, and the connection can receive and queue more meanwhile. Of short output, the loop makes a copy, which costs
//!    less. Each connection has one send operation at a time, which keeps the order. The output is advanced when the completion
//!    arrives, so `should_shutdown` returns true only after everything was sent.
//! 4. **Tick and send after all completions** of a wait. The answers to several buffers are sent together, and one system call
//!    submits the send operations of all connections and waits for the next completions. Large messages are the exception: after
//!    each 32 KiB received, the answers are sent, and the completions of these sends are handled before further buffers. So the
//!    next answer uses memory that is still in the cache. With the answers to all buffers in memory at the same time, an echo of
//!    64 KiB takes twice as long, because the allocator returns the memory to the system, which clears it each time.
//! 5. **Back-pressure cancels receiving.** Buffers that the kernel has already filled still arrive.
//! 6. **The socket is closed when the kernel has finished with it.** When a connection is over, its remaining operations are
//!    cancelled. Its slot is free after the last completion of each.
//!
//! To use more cores, run one loop in each of several threads, with `SO_REUSEPORT` or by distributing the accepted sockets.

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
    let address =
        address.parse().map_err(|_| format!("{address:?} is not an IP address with a port, such as 127.0.0.1:9001"))?;
    let mut server = server::Server::bind(address, bowline::Config::default(), |closure| eprintln!("{closure}"))?;
    println!("listening on ws://{}; each connection takes {} bytes", server.address()?, size_of::<peer::Peer>());
    let _counts = server.counts();
    Ok(server.run()?)
}
