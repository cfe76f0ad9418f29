//! `server SUBJECT`: an echo server in one thread. It prints its port; for each line of its input it prints what it has
//! used so far, and at the end of its input it ends.

#![expect(clippy::indexing_slicing, reason = "a program that is measured beside others may panic")]

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
mod ours;
mod peers;
mod raw;
mod raw_on_tokio;

use cpu_time::ProcessTime;
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

fn main() -> ExitCode {
    let subject = std::env::args().nth(1).unwrap_or_default();
    let Err(error) = run(&subject) else { return ExitCode::SUCCESS };
    eprintln!("{subject}: {error}");
    if error.kind() == ErrorKind::Unsupported { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
}

fn run(subject: &str) -> io::Result<()> {
    match subject {
        "raw" => raw::run(),
        "mio" => ours::on_mio(),
        "io-uring" => ours::on_io_uring(),
        "tokio-raw" => on_tokio(raw_on_tokio::run),
        "tokio-read" => on_tokio(ours::by_read),
        "tokio-recv" => on_tokio(ours::by_recv),
        "tokio-tungstenite" => on_tokio(peers::tungstenite),
        "fastwebsockets" => on_tokio(peers::fastwebsockets),
        "tokio-websockets" => on_tokio(peers::tokio_websockets),
        "sockudo-ws" => on_tokio(peers::sockudo),
        _ => Err(io::Error::other(format!("there is no subject \"{subject}\""))),
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

/// A task for each connection, all in one thread.
fn on_tokio<F: Future<Output: Send> + Send + 'static>(serve: fn(counted::Counted) -> F) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(any()).await?;
        report(listener.local_addr()?, Box::new(counted::counts));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(serve(counted::Counted(stream)));
        }
    })
}
