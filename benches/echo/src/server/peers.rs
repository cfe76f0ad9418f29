//! The peers, each in the loop that its documentation shows for an echo.

use crate::on_tokio::Stream;
use fastwebsockets::{FragmentCollector, OpCode, WebSocket, WebSocketError, upgrade};
use futures_util::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
    upgrade::Upgraded,
};
use hyper_util::rt::TokioIo;
use sockudo_ws::handshake;
use std::error::Error;

pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

pub(crate) async fn tungstenite<S: Stream>(stream: S) -> Outcome {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn tokio_websockets<S: Stream>(stream: S) -> Outcome {
    let (_request, mut socket) = tokio_websockets::ServerBuilder::new().accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn sockudo<S: Stream>(mut stream: S) -> Outcome {
    handshake::server_handshake(&mut stream).await?;
    let mut socket = sockudo_ws::WebSocketStream::server(stream, sockudo_ws::Config::default());
    while let Some(message) = socket.next().await {
        let message = message?;
        if matches!(message, sockudo_ws::Message::Text(_) | sockudo_ws::Message::Binary(_)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn fastwebsockets<S: Stream>(stream: S) -> Outcome {
    upgraded(stream, |socket| async move {
        let mut socket = FragmentCollector::new(socket);
        loop {
            let frame = socket.read_frame().await?;
            match frame.opcode {
                OpCode::Close => return Ok(()),
                OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
                _ => {}
            }
        }
    })
    .await
}

/// Serves a request for an upgrade with hyper, and then the connection in a task of its own, as its examples do.
pub(crate) async fn upgraded<S, T, F>(stream: S, task: T) -> Outcome
where
    S: Stream,
    T: FnOnce(WebSocket<TokioIo<Upgraded>>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), WebSocketError>> + Send,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let task = task.clone();
        async move {
            let (response, upgraded) = upgrade::upgrade(&mut request)?;
            tokio::spawn(tokio::task::unconstrained(async move { task(upgraded.await?).await }));
            Ok::<Response<Empty<Bytes>>, WebSocketError>(response)
        }
    });
    Ok(http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await?)
}
