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
};

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = compressing(config);
    let config = Arc::new(config);
    for stream in listener.incoming() {
        let (stream, config) = (stream?, config.clone());
        thread::spawn(move || match echo(stream, &config) {
            Ok(end) => eprintln!("{end}"),
            Err(error) => eprintln!("{error}"),
        });
    }
    Ok(())
}

/// With `--features deflate`, messages are compressed for clients that can do it.
#[cfg(feature = "deflate")]
fn compressing(mut config: Config) -> Config {
    config.deflate = Some(bowline::deflate::Options::default());
    config
}

/// Serves one client, and says how it ended. A message is sent back as it lies in the read buffer, and the answers to all
/// that one read brought leave with one write.
fn echo(stream: TcpStream, config: &Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // A page of any origin may use this server: it gives away nothing that is worth protecting.
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
