//! An echo server on smol, with a task for each connection.
//!
//! ```text
//! cargo run --release -p bowline-smol-echo --bin smol-echo [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended. To connect, run the client beside it, or `cargo ws
//! ws://127.0.0.1:9001/`. The guide is `src/guide/futures_io.md`.

use bowline::{
    Config,
    adapter::futures_io::{self as ws, Error},
    server::Accept,
};
use bowline_smol_echo::SmolTimer;
use smol::{
    Timer,
    net::{TcpListener, TcpStream},
};
use std::{convert::Infallible, io, process::ExitCode, sync::Arc, time::Duration};

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let Err(error) = smol::block_on(serve(&address));
    eprintln!("cannot listen on {address}: {error}");
    ExitCode::FAILURE
}

/// Serves clients indefinitely, unless the address cannot be used.
async fn serve(address: &str) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(Config::default());
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Open connections are not affected.
                eprintln!("cannot accept a connection: {error}");
                Timer::after(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let config = config.clone();
        let task = smol::spawn(async move {
            match echo(stream, config).await {
                Ok(end) => eprintln!("{end}"),
                Err(error) => eprintln!("{error}"),
            }
        });
        task.detach();
    }
}

/// Serves one client, and returns how the connection ended.
async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // This server has nothing to protect, so pages of any origin may connect.
    let mut socket = ws::accept(stream, &Accept::any_origin(), config, SmolTimer::default()).await?;
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?; // the next `recv` writes the answers to one read at once
    }
    Ok(socket.closure().map(ToString::to_string).unwrap_or_default())
}
