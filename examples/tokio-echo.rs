//! An echo server on Tokio, with a task for each connection.
//!
//! ```text
//! cargo run --release --features tokio --example tokio-echo [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended. With `--features tokio,deflate`, it
//! compresses messages for clients that offer permessage-deflate.
//!
//! To connect, run `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. The
//! example `echo-server` describes how to connect from a browser.
//!
//! It uses the batch API, which allocates nothing for a message. `ported-echo-server` uses the message API, which is shorter.
//! The guide is `src/guide/tokio.md`.

use bowline::{
    CloseCode, Config, Event, SendError,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::{convert::Infallible, io, process::ExitCode, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let Err(error) = serve(&address).await;
    eprintln!("cannot listen on {address}: {error}");
    ExitCode::FAILURE
}

/// Serves clients indefinitely, unless the address cannot be used.
async fn serve(address: &str) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(config());
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Open connections are not affected.
                eprintln!("cannot accept a connection: {error}");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let config = config.clone();
        tokio::spawn(async move {
            match echo(stream, config).await {
                Ok(end) => eprintln!("{end}"),
                Err(error) => eprintln!("{error}"),
            }
        });
    }
}

fn config() -> Config {
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = config.with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    config
}

/// Serves one client, and returns how the connection ended. With the batch API, messages go straight from the read buffer
/// to the output, and the answers to one read are one write.
async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // This server has nothing to protect, so pages of any origin may connect.
    let mut socket = ws::accept(stream, &Accept::any_origin(), config).await?;
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            let sent = match event {
                Event::Text(text) => connection.send_text(text),
                Event::Binary(data) => connection.send_binary(data),
                _ => Ok(()),
            };
            // Not `?`, which would lose the Close frame. `Closing`, the other error, needs no action: the next `read` returns how
            // the connection ended.
            if let Err(SendError::Full { .. }) = sent {
                connection.close(CloseCode::TRY_AGAIN_LATER, "too many answers are queued")?;
            }
        }
    }
    Ok(socket.closure().map(ToString::to_string).unwrap_or_default())
}
