//! An echo server on Tokio, with a task for each connection:
//! `cargo run --release --features tokio --example tokio-echo [ADDRESS]`.
//!
//! Try it with `cargo run --release --example echo-client`, or from the console of a browser: `ws = new
//! WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")`.

use bowline::{
    Config, Event,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = compressing(config);
    let config = Arc::new(config);
    loop {
        let (stream, _) = listener.accept().await?;
        let config = config.clone();
        tokio::spawn(async move {
            match echo(stream, config).await {
                Ok(end) => eprintln!("{end}"),
                Err(error) => eprintln!("{error}"),
            }
        });
    }
}

/// With `--features deflate`, messages are compressed for clients that can do it.
#[cfg(feature = "deflate")]
fn compressing(mut config: Config) -> Config {
    config.deflate = Some(bowline::deflate::Options::default());
    config
}

/// Serves one client, and says how it ended. A message is sent back as it lies in the read buffer, and the answers to all
/// that one read brought leave with one write.
async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // A page of any origin may use this server: it gives away nothing that is worth protecting.
    let mut socket = ws::accept(stream, &Accept::any_origin(), config).await?;
    while let Some(mut batch) = socket.read().await? {
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
