//! bowline-tungstenite and the originals over sockets: an echo of each, the same code, in one run.
//!
//! ```sh
//! cargo run --profile bench -p bowline-bench-tungstenite -- [ROUNDS]
//! ```
//!
//! For each cell, a bare load generator sends a window of messages over a TCP connection of this machine, and waits for the echo of
//! all of them. Measured is the CPU time of the thread of the echo, the kernel's part included. The rounds of both libraries
//! alternate, and the best one counts. The echoes are flushed one by one, as `send` does, or once for a window. The exit status is 1 if a cell is
//! more than 3 % slower than the original, which is the noise where system calls take nearly all of the time.

#![expect(clippy::expect_used, reason = "a benchmark that fails prints why")]

mod echo;
mod load;

use load::Cell;
use std::process::ExitCode;

/// An echo over a stream, until the peer closes it. Returns the CPU time of each message, in nanoseconds.
type Echo = fn(std::net::TcpStream, &Cell) -> f64;

const SIZES: [usize; 5] = [20, 125, 1024, 16 * 1024, 64 * 1024];
/// The messages of a window, and whether their echoes are queued and flushed together.
const WINDOWS: [(usize, bool); 3] = [(1, false), (16, false), (16, true)];
const ECHOES: [(&str, Echo, Echo); 2] = [
    ("blocking", echo::ours::blocking, echo::original::blocking),
    ("Tokio", echo::ours::on_tokio, echo::original::on_tokio),
];

/// What two runs of the same library may differ by.
const NOISE: f64 = 1.03;

fn main() -> ExitCode {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    println!("| API | role | content | window | flush | bytes | tungstenite, ns | bowline, ns | ratio |");
    println!("|---|---|---|--:|---|--:|--:|--:|--:|");
    let mut slower = 0;
    for (api, ours, original) in ECHOES {
        for is_server in [true, false] {
            for is_text in [true, false] {
                for ((window, is_batch), size) in WINDOWS.iter().flat_map(|window| SIZES.map(|size| (*window, size))) {
                    let cell = Cell { is_server, is_text, window, is_batch, size };
                    let (mut best, mut best_original) = (f64::INFINITY, f64::INFINITY);
                    for _ in 0..rounds {
                        best_original = best_original.min(load::run(&cell, original));
                        best = best.min(load::run(&cell, ours));
                    }
                    let role = if is_server { "server" } else { "client" };
                    let content = if is_text { "text" } else { "binary" };
                    let flush = if is_batch { "window" } else { "message" };
                    let ratio = best / best_original;
                    println!(
                        "| {api} | {role} | {content} | {window} | {flush} | {size} | {best_original:.0} | {best:.0} | \
                         {ratio:.2} |"
                    );
                    slower += usize::from(ratio > NOISE);
                }
            }
        }
    }
    println!("\n{slower} cells are slower");
    if slower == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
