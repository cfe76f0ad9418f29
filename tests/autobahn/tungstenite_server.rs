//! An echo server for the Autobahn suite, written for tokio-tungstenite, on bowline-tungstenite: `autobahn-tungstenite-server ADDRESS`.

use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Error, extensions::compression::deflate::DeflateConfig, protocol::WebSocketConfig},
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async {
            match echo(stream).await {
                // In most cases the suite breaks a rule.
                Ok(()) | Err(Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_)) => {}
                Err(error) => eprintln!("{error}"),
            }
        });
    }
}

async fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut config = WebSocketConfig::default();
    config.extensions.permessage_deflate = Some(DeflateConfig::default());
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    while let Some(message) = socket.next().await {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                drain(socket.into_inner()).await?;
                return Err(error);
            }
        };
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Reads until the peer ends the stream, for at most five seconds. A TCP stream that is dropped with unread bytes is reset, and the peer
/// may then lose the Close frame.
async fn drain(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut sink = tokio::io::sink();
    let rest = tokio::io::copy(&mut stream, &mut sink);
    tokio::time::timeout(Duration::from_secs(5), rest).await.map_or(Ok(()), |copied| copied.map(drop))
}
