//! An echo server on Tokio, ported from tokio-tungstenite's `examples/echo-server.rs`.
//!
//! ```text
//! cargo run --features tokio --example ported-echo-server [127.0.0.1:8080]
//! ```
//!
//! It listens on 127.0.0.1:8080 by default, as the original does. To connect, run `cargo ws ws://127.0.0.1:8080/`, which sends
//! each line that you type, and prints it when it comes back. `src/guide/coming_from_tungstenite.md` lists all differences.
//! These changed here:
//!
//! - `accept` has two more arguments: a configuration, made once, and the origins whose pages may connect.
//! - A loop of `recv` and `feed` replaces `split`, `try_filter` and `forward`, since a message is always text or binary.
//!   (`receiver.forward(sender)` would work too: the halves of a socket are a `Stream` and a `Sink`.)
//! - A normal end is `Ok`. Every other end is an error with the close code and the cause, which is printed instead of a panic.
//! - The server survives a failed `accept`, which may happen when too many files are open.

use bowline::{
    Config,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::{convert::Infallible, env, io, process::ExitCode, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

#[tokio::main]
async fn main() -> ExitCode {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let Err(error) = serve(&address).await;
    eprintln!("cannot listen on {address}: {error}");
    ExitCode::FAILURE
}

/// Serves clients indefinitely, unless the address cannot be used.
async fn serve(address: &str) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);

    let config = Arc::new(Config::default());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Open connections are not affected.
                eprintln!("cannot accept a connection: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let config = config.clone();
        tokio::spawn(async move {
            match echo(stream, config).await {
                Ok(()) => println!("{peer}: closed"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
    }
}

async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &Accept::any_origin(), config).await?;
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?; // the next `recv` writes
    }
    Ok(())
}
