//! An unmodified warp over bowline: its feature `websocket` uses tokio-tungstenite, which the manifest replaces.
//!
//! There is nothing here that names bowline. `warp.mjs` is the client.

use futures_util::{SinkExt, StreamExt};
use std::error::Error;
use tokio::net::TcpListener;
use warp::{Filter, filters::ws::Message};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let echo = warp::path("echo").and(warp::ws()).map(|upgrade: warp::ws::Ws| {
        upgrade.on_upgrade(|socket| async {
            let (sender, receiver) = socket.split();
            // All messages, also the Close frame and the pings, as in warp's own example.
            let _ = receiver.forward(sender).await;
        })
    });
    let goodbye = warp::path("goodbye").and(warp::ws()).map(|upgrade: warp::ws::Ws| {
        upgrade.max_message_size(1000).on_upgrade(|mut socket| async move {
            let _ = socket.send(Message::text("Goodbye")).await;
            let _ = socket.send(Message::close_with(4002_u16, "over")).await;
            while let Some(Ok(_)) = socket.next().await {}
        })
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    warp::serve(echo.or(goodbye)).incoming(listener).run().await;
    Ok(())
}
