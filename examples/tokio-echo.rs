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
use std::{sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(config());
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, for example: the open connections go on.
                eprintln!("cannot accept: {error}");
                sleep(Duration::from_millis(100)).await;
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

/// With `--features deflate`, messages are compressed for clients that offer it.
fn config() -> Config {
    let config = Config::default();
    #[cfg(feature = "deflate")]
    let config = config.with(|config| config.deflate = Some(bowline::deflate::Options::default()));
    config
}

/// Serves one client, and returns how it ended. With the batch API, messages are sent back from the read buffer, without a copy,
/// and the answers to one read are one write.
async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<String, Error> {
    stream.set_nodelay(true)?;
    // Pages of any origin may connect, as this server has nothing to protect.
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
