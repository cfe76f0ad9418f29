//! On Tokio.

use super::{
    async_ws::{
        MaybeTlsStream, accept_async, accept_async_with_config, accept_hdr_async, client_async, connect_async,
        connect_async_with_config,
        tungstenite::{
            Error, Message,
            client::IntoClientRequest,
            error::{ProtocolError, UrlError},
            handshake::server::{ErrorResponse, Request, Response},
            http::StatusCode,
            protocol::WebSocketConfig,
        },
    },
    ws::{HandshakeError, accept},
};
use crate::kit::{KEY, REQUEST, RESPONSE};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::TcpListener,
};

#[tokio::test]
async fn both_roles() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut socket = accept_async(listener.accept().await.unwrap().0).await.unwrap();
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    });
    let (mut socket, response) =
        connect_async_with_config(format!("ws://127.0.0.1:{port}/"), None, true).await.unwrap();
    assert_eq!(response.status(), 101);
    assert!(matches!(socket.get_ref(), MaybeTlsStream::Plain(stream) if stream.nodelay().unwrap()));
    socket.send(Message::text("Hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("Hello"));
    server.await.unwrap();
}

/// Any stream will do, however small its buffer is.
#[tokio::test]
async fn any_stream() {
    let (a, b) = duplex(5);
    let callback = |request: &Request, mut response: Response| {
        assert_eq!(request.headers()["sec-websocket-protocol"], "chat");
        response.headers_mut().append("Sec-WebSocket-Protocol", "chat".parse().unwrap());
        Ok(response)
    };
    let mut request = "ws://example.com/x".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "chat".parse().unwrap());
    let (client, server) = tokio::join!(client_async(request, a), accept_hdr_async(b, callback));
    let ((_, response), _) = (client.unwrap(), server.unwrap());
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
}

/// Frames that arrive together with the response are not lost.
#[tokio::test]
async fn bytes_behind_the_response() {
    let (mut server, stream) = duplex(10_000);
    server.write_all(&[RESPONSE.as_bytes(), b"\x81\x05Hello"].concat()).await.unwrap();
    let mut request = "ws://example.com/".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Key", KEY.parse().unwrap());
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("Hello"));
}

#[tokio::test]
async fn refused() {
    let (a, mut b) = duplex(10_000);
    b.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy").await.unwrap();
    let Err(Error::Http(response)) = client_async("ws://example.com/", a).await else { panic!() };
    assert_eq!((response.status(), response.body().as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some(&b"busy"[..])));

    let (mut client, stream) = duplex(10_000);
    client.write_all(REQUEST.as_bytes()).await.unwrap();
    let callback = |_: &Request, _: Response| {
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        Err(refusal)
    };
    let Err(Error::Http(response)) = accept_hdr_async(stream, callback).await else { panic!() };
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let mut sent = String::new();
    client.read_to_string(&mut sent).await.unwrap();
    assert!(sent.starts_with("HTTP/1.1 404 Not Found\r\n"), "{sent}");
}

#[tokio::test]
async fn invalid() {
    let (mut client, stream) = duplex(10_000);
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let error = accept_async_with_config(stream, Some(WebSocketConfig::default())).await.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::MissingConnectionUpgradeHeader)));

    let (client, stream) = duplex(10_000);
    drop(client);
    let error = accept_async(stream).await.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::HandshakeIncomplete)));

    let error = connect_async("http://127.0.0.1:1/").await.unwrap_err();
    assert!(matches!(error, Error::Url(UrlError::UnsupportedUrlScheme) | Error::Io(_)));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(matches!(connect_async(format!("ws://127.0.0.1:{free}/")).await, Err(Error::Io(_))));
    assert!(matches!(connect_async("/").await, Err(Error::Url(UrlError::NoHostName))));
}

/// The futures can be spawned.
#[test]
fn futures_are_send() {
    fn check<T: Send>(_: T) {}
    check(connect_async("ws://example.com/"));
    check(client_async("ws://example.com/", duplex(1).0));
    check(accept_async(duplex(1).0));
    check(accept_hdr_async(duplex(1).0, |_: &Request, response: Response| Ok(response)));
}

/// The blocking functions are reached through this crate, too.
#[test]
fn the_blocking_api() {
    let ended = super::async_ws::tungstenite::accept(crate::kit::Script::default());
    assert!(matches!(ended, Err(super::async_ws::tungstenite::HandshakeError::Failure(Error::Protocol(_)))));
    assert!(matches!(accept(crate::kit::Script::default()), Err(HandshakeError::Failure(_))));
}
