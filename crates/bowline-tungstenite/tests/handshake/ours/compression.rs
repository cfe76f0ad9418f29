//! permessage-deflate in the handshake.

use super::ws::{
    Error, HandshakeError, Message, accept_hdr_async_with_config, accept_hdr_with_config,
    client::{IntoClientRequest, client_with_config},
    client_async_with_config,
    error::ProtocolError,
    extensions::{ExtensionsConfig, compression::deflate::DeflateConfig},
    handshake::server::{NoCallback, Request, Response},
    protocol::WebSocketConfig,
};
use crate::kit::{KEY, REQUEST, RESPONSE, Script, with};
use futures_util::{SinkExt, StreamExt};

#[expect(clippy::unnecessary_wraps, reason = "as the functions take it")]
fn deflating() -> Option<WebSocketConfig> {
    let mut extensions = ExtensionsConfig::default();
    extensions.permessage_deflate = Some(DeflateConfig::default());
    Some(WebSocketConfig::default().extensions(extensions))
}

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";

/// A client offers compression, and a server agrees to it, if and only if the configuration has it.
#[test]
fn it_is_negotiated() {
    let mut request = "ws://example.com/".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Key", KEY.parse().unwrap());
    let answer = with(RESPONSE, "Sec-WebSocket-Extensions: permessage-deflate");
    let (socket, _) = client_with_config(request.clone(), Script::reading(answer), deflating()).unwrap();
    let head = socket.get_ref().text();
    assert!(head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate"), "{head}");
    let (socket, _) = client_with_config(request, Script::reading(RESPONSE), None).unwrap();
    assert!(!socket.get_ref().text().contains("permessage-deflate"));

    for (config, agreed) in [(deflating(), true), (None, false)] {
        let socket = accept_hdr_with_config(Script::reading(with(REQUEST, OFFER)), NoCallback, config).unwrap();
        assert_eq!(socket.get_ref().text().contains("sec-websocket-extensions: permessage-deflate"), agreed);
    }
    let socket = accept_hdr_with_config(Script::reading(REQUEST), NoCallback, deflating()).unwrap();
    assert!(!socket.get_ref().text().contains("permessage-deflate"));
}

/// A callback can decline it.
#[test]
fn the_callback_removes_it() {
    let remove = |_: &Request, mut response: Response| {
        assert!(response.headers_mut().remove("Sec-WebSocket-Extensions").is_some());
        Ok(response)
    };
    let stream = Script::reading(with(REQUEST, OFFER));
    let mut socket = accept_hdr_with_config(stream, remove, deflating()).unwrap();
    assert!(!socket.get_ref().text().contains("permessage-deflate"));
    let head = socket.get_ref().written.len();
    socket.send(Message::text("x".repeat(100))).unwrap();
    assert_eq!(socket.get_ref().written.len() - head, 102);
}

/// The configuration decides on the offer, and not a field of the request: a server must not agree to an extension that the
/// connection does not have.
#[test]
fn an_offer_of_the_program() {
    let mut request = "ws://example.com/".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Key", KEY.parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Extensions", "x-other, permessage-deflate; a".parse().unwrap());
    let (socket, _) = client_with_config(request.clone(), Script::reading(RESPONSE), None).unwrap();
    assert!(!socket.get_ref().text().to_lowercase().contains("extensions"));
    let answer = with(RESPONSE, "Sec-WebSocket-Extensions: permessage-deflate");
    let (socket, _) = client_with_config(request, Script::reading(answer), deflating()).unwrap();
    let head = socket.get_ref().text();
    assert!(head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate"), "{head}");
    assert!(!head.contains("x-other"), "{head}");
}

/// A callback must not agree to compression itself: the connection would not have it.
#[test]
fn the_callback_replaces_it() {
    for (config, offer) in [(deflating(), true), (None, true), (deflating(), false)] {
        let request = if offer { with(REQUEST, OFFER) } else { REQUEST.to_owned() };
        let mut stream = Script::reading(request);
        let replace = |_: &Request, mut response: Response| {
            let own = "x-other, permessage-deflate; server_no_context_takeover; client_no_context_takeover";
            response.headers_mut().insert("Sec-WebSocket-Extensions", own.parse().unwrap());
            Ok(response)
        };
        let Err(HandshakeError::Failure(Error::Protocol(ProtocolError::InvalidHeader(field)))) =
            accept_hdr_with_config(&mut stream, replace, config)
        else {
            panic!("{offer}")
        };
        assert_eq!(*field, "sec-websocket-extensions");
        assert!(stream.text().starts_with("HTTP/1.1 500 "));
    }
    let add = |_: &Request, mut response: Response| {
        response.headers_mut().append("Sec-WebSocket-Extensions", "x-other".parse().unwrap());
        Ok(response)
    };
    let stream = Script::reading(with(REQUEST, OFFER));
    let mut socket = accept_hdr_with_config(stream, add, deflating()).unwrap();
    let head = socket.get_ref().written.len();
    socket.send(Message::text("x".repeat(100))).unwrap();
    assert!(socket.get_ref().written.len() - head < 102, "it is still compressed");
}

/// Messages are compressed then.
#[tokio::test]
async fn end_to_end() {
    let (a, b) = tokio::io::duplex(1000);
    let (client, server) = tokio::join!(
        client_async_with_config("ws://example.com/", a, deflating()),
        accept_hdr_async_with_config(b, NoCallback, deflating())
    );
    let ((mut client, _), mut server) = (client.unwrap(), server.unwrap());
    // More than fits into the buffer between them, unless it is compressed.
    let message = Message::text("Hello, ".repeat(10_000));
    client.send(message.clone()).await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap(), message);
    server.send(message.clone()).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), message);
}
