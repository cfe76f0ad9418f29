//! The peers, each in the loop that its documentation shows for an echo.

use crate::counted::Counted;
use fastwebsockets::{FragmentCollector, OpCode, upgrade};
use futures_util::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

pub(crate) async fn tungstenite(stream: Counted) -> Outcome {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn tokio_websockets(stream: Counted) -> Outcome {
    let (_request, mut socket) = tokio_websockets::ServerBuilder::new().accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn sockudo(mut stream: Counted) -> Outcome {
    sockudo_ws::handshake::server_handshake(&mut stream).await?;
    let mut socket = sockudo_ws::WebSocketStream::server(stream, sockudo_ws::Config::default());
    while let Some(message) = socket.next().await {
        let message = message?;
        if matches!(message, sockudo_ws::Message::Text(_) | sockudo_ws::Message::Binary(_)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn fastwebsockets(stream: Counted) -> Outcome {
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(upgrade_request));
    Ok(connection.with_upgrades().await?)
}

async fn upgrade_request(
    mut request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, fastwebsockets::WebSocketError> {
    let (response, upgraded) = upgrade::upgrade(&mut request)?;
    tokio::spawn(tokio::task::unconstrained(async {
        let mut socket = FragmentCollector::new(upgraded.await?);
        loop {
            let frame = socket.read_frame().await?;
            match frame.opcode {
                OpCode::Close => return Ok::<(), fastwebsockets::WebSocketError>(()),
                OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
                _ => {}
            }
        }
    }));
    Ok(response)
}
