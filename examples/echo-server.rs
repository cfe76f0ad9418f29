//! An echo server over the sockets of the standard library, with a thread for each connection.
//!
//! ```text
//! cargo run --release --example echo-server [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended. With `--features deflate`, it compresses
//! messages for clients that offer permessage-deflate. To connect:
//!
//! - `cargo ws ws://127.0.0.1:9001/` sends each line that you type, and prints it when it comes back. So does the example
//!   `echo-client`.
//! - In a browser, open <http://127.0.0.1:9001/>, which answers with status 426, and enter the following line in its console.
//!   (In `about:blank`, Chromium does not allow the connection.)
//!
//! ```text
//! ws = new WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")
//! ```
//!
//! The guide is `src/guide/blocking.md`. `tokio-echo` is the same server on Tokio.

use bowline::{
    CloseCode, Config, Event, SendError,
    adapter::blocking::{self, Error},
    server::Accept,
};
use std::{
    convert::Infallible,
    io,
    net::{TcpListener, TcpStream},
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let Err(error) = serve(&address);
    eprintln!("cannot listen on {address}: {error}");
    ExitCode::FAILURE
}

/// Serves clients indefinitely, unless the address cannot be used.
fn serve(address: &str) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(config());
    loop {
        let config = config.clone();
        let started = listener.accept().and_then(|(stream, _)| {
            thread::Builder::new().spawn(move || match echo(stream, config) {
                Ok(end) => eprintln!("{end}"),
                Err(error) => eprintln!("{error}"),
            })
        });
        // Open connections are not affected.
        if let Err(error) = started {
            eprintln!("cannot accept a connection: {error}");
            thread::sleep(ACCEPT_PAUSE);
        }
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
fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // This server has nothing to protect, so pages of any origin may connect.
    let mut socket = blocking::accept(stream, &Accept::any_origin(), config)?;
    while let Some(mut batch) = socket.read()? {
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
