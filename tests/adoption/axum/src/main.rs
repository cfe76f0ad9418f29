//! An unmodified axum over bowline: its `ws` feature uses tokio-tungstenite, which the manifest replaces.
//!
//! There is nothing here that names bowline. `axum.mjs` is the client.

use axum::{
    Router,
    extract::{
        State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::{any, get},
};
use futures_util::{SinkExt, StreamExt};
use std::{error::Error, sync::Arc};
use tokio::{net::TcpListener, sync::Mutex};

/// The Close frame that the last client of `/closed` sent.
type Last = Arc<Mutex<String>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let router = Router::new()
        .route("/echo", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(echo) }))
        .route("/split", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(split) }))
        .route("/goodbye", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(goodbye) }))
        .route("/limited", any(limited))
        .route("/protocols", any(protocols))
        .route("/closed", any(closed))
        .route("/last", get(|State(last): State<Last>| async move { last.lock().await.clone() }))
        .with_state(Last::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Counts on one half, while the other half receives.
async fn split(socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let counting = tokio::spawn(async move {
        for n in 0..1000 {
            sender.send(Message::Text(n.to_string().into())).await?;
        }
        sender.close().await
    });
    let mut received = 0;
    while let Some(Ok(message)) = receiver.next().await {
        received += usize::from(matches!(message, Message::Binary(_)));
    }
    assert!(counting.await.is_ok());
    assert_eq!(received, 100, "messages from the client");
}

/// Ends the connection with the code and the reason that the client asks for.
async fn goodbye(mut socket: WebSocket) {
    if let Some(Ok(Message::Text(text))) = socket.recv().await
        && let Some((code, reason)) = text.split_once(' ')
    {
        let frame = CloseFrame { code: code.parse().unwrap_or(1011), reason: Utf8Bytes::from(reason) };
        let _ = socket.send(Message::Close(Some(frame))).await;
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

async fn limited(upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(1000).max_frame_size(1000).write_buffer_size(0).on_upgrade(echo)
}

async fn protocols(upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(["chat.v2", "chat.v1"]).on_upgrade(|mut socket| async move {
        let chosen = socket.protocol().and_then(|name| name.to_str().ok()).unwrap_or("none").to_owned();
        let _ = socket.send(Message::Text(chosen.into())).await;
        echo(socket).await;
    })
}

/// Stores how the client ends the connection.
async fn closed(State(last): State<Last>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        let end = loop {
            match socket.recv().await {
                Some(Ok(Message::Close(None))) => break "no code".into(),
                Some(Ok(Message::Close(Some(frame)))) => break format!("{} {}", frame.code, frame.reason),
                Some(Ok(_)) => {}
                Some(Err(error)) => break format!("error: {error}"),
                None => break "end".into(),
            }
        };
        *last.lock().await = end;
    })
}
