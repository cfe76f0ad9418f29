//! An unmodified socketioxide over bowline: engineioxide uses tokio-tungstenite, which the manifest replaces.
//!
//! There is nothing here that names bowline. `socketioxide.mjs` is the client, the stock `socket.io-client`.

use bytes::Bytes;
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use std::{error::Error, time::Duration};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Short, so that a test sees some heartbeats.
    let builder = SocketIo::builder().ping_interval(Duration::from_millis(100)).ping_timeout(Duration::from_secs(5));
    let (layer, io) = builder.build_layer();
    io.ns("/", async |socket: SocketRef| {
        let _ = socket.emit("welcome", &socket.id.to_string());
        socket.on("echo", async |socket: SocketRef, Data::<Value>(data)| {
            let _ = socket.emit("echoed", &data);
        });
        socket.on("double", async |Data::<i64>(number), ack: AckSender| {
            let _ = ack.send(&(number * 2));
        });
        socket.on("bytes", async |Data::<Bytes>(bytes), ack: AckSender| {
            let reversed: Bytes = bytes.iter().rev().copied().collect();
            let _ = ack.send(&reversed);
        });
        socket.on("leave", async |socket: SocketRef| {
            let _ = socket.disconnect();
        });
    });
    let router = axum::Router::new().layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}
