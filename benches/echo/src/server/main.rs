//! `server SUBJECT KIND`: a server in one thread, of the kind that a row needs. It prints its port; for each line of its input it
//! prints what it has used so far, and at the end of its input it ends.

#![expect(clippy::indexing_slicing, reason = "a program that is measured beside others may panic")]

mod broadcast;
#[cfg(feature = "deflate")]
mod compressed;
mod counted;
// The examples, as they are: they are what is measured.
#[path = "../../../../examples/event-loop/src/echo.rs"]
mod echo;
#[path = "../../../../examples/io-uring/src"]
mod io_uring_example {
    mod peer;
    mod ring;
    pub(crate) mod server;
    #[path = "../../event-loop/src/timers.rs"]
    mod timers;
}
mod on_tokio;
mod ours;
mod peers;
mod raw;
mod raw_on_tokio;

use cpu_time::ProcessTime;
use on_tokio::on_tokio;
use std::{
    fs,
    io::{self, BufRead, ErrorKind},
    net::SocketAddr,
    process::{self, ExitCode},
    thread,
};

/// How many reads and writes there were that moved something.
type Counts = Box<dyn Fn() -> (u64, u64) + Send>;

/// The exit status of a subject that the kernel does not allow: `EX_UNAVAILABLE` of `sysexits.h`.
const UNAVAILABLE: u8 = 69;

/// What the server does, and over what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Echo,
    EchoOverTls,
    /// With permessage-deflate for clients that offer it.
    #[cfg(feature = "deflate")]
    CompressedEcho,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (subject, kind) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let Err(error) = run(&subject, &kind) else { return ExitCode::SUCCESS };
    eprintln!("{subject} {kind}: {error}");
    if error.kind() == ErrorKind::Unsupported { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
}

fn run(subject: &str, kind: &str) -> io::Result<()> {
    let kind = match kind {
        "echo" => Kind::Echo,
        "tls" => Kind::EchoOverTls,
        #[cfg(feature = "deflate")]
        "deflate" => Kind::CompressedEcho,
        "broadcast" => return broadcast::run(subject),
        _ => return Err(io::Error::other(format!("unknown kind \"{kind}\""))),
    };
    match (subject, kind) {
        ("raw", Kind::Echo) => raw::run(),
        ("mio", Kind::Echo) => ours::on_mio(),
        #[cfg(feature = "deflate")]
        ("mio", Kind::CompressedEcho) => {
            ours::compress();
            ours::on_mio()
        }
        ("io-uring", Kind::Echo) => ours::on_io_uring(),
        ("tokio-raw", Kind::Echo | Kind::EchoOverTls) => on_tokio(kind, raw_on_tokio::run, raw_on_tokio::run),
        ("tokio-read", _) => on_tokio(kind, ours::by_read, ours::by_read),
        ("tokio-feed", _) => on_tokio(kind, ours::by_feed, ours::by_feed),
        ("tokio-send", _) => on_tokio(kind, ours::by_send, ours::by_send),
        #[cfg(feature = "deflate")]
        ("sockudo-ws", Kind::CompressedEcho) => on_tokio(kind, compressed::sockudo, compressed::sockudo),
        ("tokio-tungstenite", Kind::Echo | Kind::EchoOverTls) => on_tokio(kind, peers::tungstenite, peers::tungstenite),
        ("fastwebsockets", Kind::Echo | Kind::EchoOverTls) => {
            on_tokio(kind, peers::fastwebsockets, peers::fastwebsockets)
        }
        ("tokio-websockets", Kind::Echo | Kind::EchoOverTls) => {
            on_tokio(kind, peers::tokio_websockets, peers::tokio_websockets)
        }
        ("sockudo-ws", Kind::Echo | Kind::EchoOverTls) => on_tokio(kind, peers::sockudo, peers::sockudo),
        _ => Err(io::Error::other("unknown server")),
    }
}

/// Any free port.
fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Prints the port of the server, and answers questions in a thread that sleeps otherwise.
fn report(address: SocketAddr, counts: Counts) {
    println!("{}", address.port());
    thread::spawn(move || {
        for _question in io::stdin().lock().lines().map_while(Result::ok) {
            let (reads, writes) = counts();
            println!("{} {reads} {writes} {}", ProcessTime::now().as_duration().as_nanos(), resident());
        }
        process::exit(0);
    });
}

/// The memory of this process that is in use, in kB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
