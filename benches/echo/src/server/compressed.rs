//! The peer that has permessage-deflate.

use crate::{on_tokio::Stream, peers::Outcome};
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::{CompressedWebSocketStream, DeflateConfig, Message, deflate::negotiate_server_deflate, handshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Its server does not negotiate compression over HTTP/1.1 by itself, but has all the parts.
pub(crate) async fn sockudo<S: Stream>(mut stream: S) -> Outcome {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let (request, _) = handshake::parse_request(&head)?.ok_or("the head of the request is not complete")?;
    let level = bowline::deflate::Options::default().level.into();
    let policy = DeflateConfig { compression_level: level, ..DeflateConfig::default() };
    let agreed =
        negotiate_server_deflate(request.extensions.unwrap_or_default(), &policy).ok_or("nothing is agreed")?;
    let (key, extensions) = (handshake::generate_accept_key(request.key), agreed.to_response_header());
    stream.write_all(&handshake::build_response(&key, None, Some(&extensions))).await?;
    let mut socket = CompressedWebSocketStream::server(stream, sockudo_ws::Config::default(), agreed.config);
    while let Some(message) = socket.next().await {
        let message = message?;
        if matches!(message, Message::Text(_) | Message::Binary(_)) {
            socket.send(message).await?;
        }
    }
    Ok(())
}
