//! An echo server with a thread for each connection: `cargo run --release --example echo-server [ADDRESS]`.
//!
//! Try it from the console of a browser: `ws = new WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data);
//! ws.onopen = () => ws.send("Hello")`.

use bowline::{
    Config, Event,
    adapter::blocking::{self, Error},
    server::Accept,
};
use std::{
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// The pause after an `accept` that failed, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Config::default();
    // With `--features deflate`, messages are compressed for clients that support it.
    #[cfg(feature = "deflate")]
    let config = config.with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    let config = Arc::new(config);
    loop {
        let config = config.clone();
        let started = listener.accept().and_then(|(stream, _)| {
            thread::Builder::new().spawn(move || match echo(stream, config) {
                Ok(end) => eprintln!("{end}"),
                Err(error) => eprintln!("{error}"),
            })
        });
        if let Err(error) = started {
            eprintln!("accept: {error}");
            thread::sleep(ACCEPT_PAUSE);
        }
    }
}

/// Serves one client, and returns how the connection ended. Messages are sent back without a copy of their own, and the
/// answers to all messages of one read are one write.
fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // Pages of any origin can use this server: there is nothing to protect.
    let mut socket = blocking::accept(stream, &Accept::any_origin(), config)?;
    while let Some(mut batch) = socket.read()? {
        while let Some((event, connection)) = batch.receive() {
            match event {
                Event::Text(text) => connection.send_text(text)?,
                Event::Binary(data) => connection.send_binary(data)?,
                _ => {}
            }
        }
    }
    Ok(socket.closure().map(ToString::to_string).unwrap_or_default())
}
