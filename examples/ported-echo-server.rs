//! tokio-tungstenite's `examples/echo-server.rs`, ported: it sends every message back.
//!
//! ```text
//! cargo run --example ported-echo-server --features tokio [127.0.0.1:8080]
//! ```
//!
//! What changed in porting:
//!
//! - `accept` has two more arguments: a configuration, made once, and the origins whose pages may connect.
//! - A loop of `recv` and `feed` instead of `split`, `try_filter` and `forward`: a message is always text or binary.
//!   (`receiver.forward(sender)` would work too, as the halves of a socket are a `Stream` and a `Sink`.)
//! - A normal end is `Ok`. Every other end is an error with the close code and the cause, which is printed instead of a panic.
//! - An error of `accept`, such as too many open files, does not end the server.

use bowline::{
    Config,
    adapter::tokio::{self as ws, Error},
    server::Accept,
};
use std::{env, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);

    let config = Arc::new(Config::default());
    loop {
        let (stream, peer) = match listener.accept().await {
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
