//! An echo server as a route of axum, over HTTP/1.1 and HTTP/2.
//!
//! ```text
//! cargo run --release -p bowline-http-echo --bin axum-echo [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints an error for each connection that does not end normally.
//!
//! To connect, run `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. A
//! plain GET is answered with status 426, so you can also open <http://127.0.0.1:9001/> in a browser, and enter this in its
//! console:
//!
//! ```text
//! ws = new WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")
//! ```
//!
//! It uses the package `bowline-axum`, and compresses messages if the client agrees. `hyper-echo` is the same server without axum
//! and without that package. The guide is `src/guide/axum.md`.

use axum::{Router, response::Response, routing::any, serve::Listener};
use bowline::adapter::tokio::Error;
use bowline_axum::{WebSocket, WebSocketUpgrade, deflate::Options};
use std::{io, net::SocketAddr, process::ExitCode, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    match serve(&address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot listen on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    // `any` and not `get`, since a WebSocket over HTTP/2 begins with a CONNECT request.
    let app = Router::new().route("/", any(echo));
    axum::serve(Printing(listener), app).await
}

/// The pause after an `accept` that failed, for example with too many open files. Without it, the loop would keep a processor
/// busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener that prints why it could not accept a connection. Axum itself only pauses.
struct Printing(TcpListener);

impl Listener for Printing {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        eprintln!("cannot set TCP_NODELAY: {error}");
                    }
                    return (stream, address);
                }
                Err(error) => {
                    // Open connections are not affected.
                    eprintln!("cannot accept a connection: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Sends every message back. This server has nothing to protect, so pages of any origin may connect.
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.any_origin().compression(Options::default());
    upgrade.on_failed_upgrade(|error| eprintln!("{error}")).on_upgrade(async |mut socket: WebSocket| {
        if let Err(error) = send_back(&mut socket).await {
            eprintln!("{error}");
        }
    })
}

async fn send_back(socket: &mut WebSocket) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?; // the next `recv` writes
    }
    Ok(())
}
