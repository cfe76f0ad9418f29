//! tokio-tungstenite's `examples/echo-server.rs`, ported: it sends every message back.
//!
//! ```text
//! cargo run --example ported-echo-server --features tokio [127.0.0.1:8080]
//! ```
//!
//! What changed in porting:
//!
//! - `accept` takes a configuration, made once, and says whose pages may connect.
//! - A loop of `recv` and `feed` in place of `split`, `try_filter` and `forward`: a message is text or binary always.
//!   (`receiver.forward(sender)` would do as well, as the halves of a socket are a `Stream` and a `Sink`.)
//! - A normal end is `Ok`. Any other is an error with the close code and the cause; it is printed here, and not a panic.

use bowline::{
    Config,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::{env, sync::Arc};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);

    let config = Arc::new(Config::default());
    while let Ok((stream, peer)) = listener.accept().await {
        let config = config.clone();
        tokio::spawn(async move {
            match echo(stream, config).await {
                Ok(()) => println!("{peer}: closed"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
    }
    Ok(())
}

async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &Accept::any_origin(), config).await?;
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?; // the next `recv` writes
    }
    Ok(())
}
