//! The upgrade over HTTP/1.1, through hyper.

use crate::kit::{converse, serve};
use bowline::{
    CloseCode, Config, Connection, Event, HandshakeError, Input, Message, Role,
    adapter::tokio::{self as ws, WebSocket},
    client,
    server::{self, Accept},
};
use bytes::Buf;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

fn request() -> client::Request {
    client::Request::from_uri("ws://localhost/chat").unwrap()
}

/// Sends a request with hyper over this stream, and returns the response.
async fn send(stream: DuplexStream, message: http::Request<()>) -> http::Response<hyper::body::Incoming> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender.send_request(message.map(|()| String::new())).await.unwrap()
}

/// A client and a server in hyper open a connection, and use it to its end.
#[tokio::test]
async fn both_sides_in_hyper() {
    let (stream, mut ended) = serve();
    let request = request().protocol("chat").and_then(|request| request.origin("http://localhost")).unwrap();
    let (message, upgrade) = client::upgrade(request, Config::default()).unwrap();
    let mut response = send(stream, message).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    let connection = upgrade.conclude(&response).unwrap();
    let stream = hyper::upgrade::on(&mut response).await.unwrap();
    converse(WebSocket::new(TokioIo::new(stream), connection)).await;
    let closure = ended.recv().await.unwrap();
    assert_eq!((closure.code(), closure.reason()), (CloseCode::NORMAL, "that was all"));
    assert!(closure.is_normal());
}

/// A client in hyper receives a refusal as an error, with a body that describes it.
#[tokio::test]
async fn a_refusal_in_hyper() {
    let (stream, _ended) = serve();
    let request = request().origin("http://evil.example").unwrap();
    let (message, upgrade) = client::upgrade(request, Config::default()).unwrap();
    let response = send(stream, message).await;
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(upgrade.conclude(&response).unwrap_err(), HandshakeError::Status(403));
}

/// Frames that a client sends directly after its request are not lost: they are in the stream that hyper returns.
#[tokio::test]
async fn frames_directly_after_the_request() {
    let (mut stream, mut ended) = serve();
    let mut handshake = client::Handshake::new(request(), Config::default());
    let mut frames = Connection::new(Role::Client, Config::default());
    frames.send_text("early").unwrap();
    frames.close(CloseCode::GOING_AWAY, "").unwrap();
    let mut early = handshake.output().chunk().to_vec();
    frames.output().write_to(&mut early).unwrap();
    stream.write_all(&early).await.unwrap();

    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    let mut input = Input::from(&mut read);
    let client::Progress::Connected(mut connection, _) = handshake.receive(&mut input) else { panic!("not connected") };
    assert_eq!(connection.receive(&mut input), Some(Event::Text("early".into())));
    assert_eq!(ended.recv().await.unwrap().code(), CloseCode::GOING_AWAY);
}

/// Frames that a server sends directly after its answer are not lost on a client in hyper.
#[tokio::test]
async fn frames_directly_after_the_answer() {
    let (near, far) = duplex(16 * 1024);
    let accepted = tokio::spawn(async move {
        let decide = |request: server::Request| {
            let mut connection = request.accept(&Accept::any_origin())?;
            connection.send_text("at once").unwrap();
            Ok(connection)
        };
        ws::accept_with(far, Config::default(), decide).await.unwrap()
    });
    let (message, upgrade) = client::upgrade(request(), Config::default()).unwrap();
    let mut response = send(near, message).await;
    let connection = upgrade.conclude(&response).unwrap();
    let stream = hyper::upgrade::on(&mut response).await.unwrap();
    let mut socket = WebSocket::new(TokioIo::new(stream), connection);
    assert_eq!(socket.recv().await.unwrap(), Some(Message::from("at once")));
    drop(accepted.await.unwrap());
}

/// hyper sends every refusal with its status and fields, and the connection can be used for the next request.
#[tokio::test]
async fn refusals() {
    let (mut stream, _ended) = serve();
    let good = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut text = String::new();
    for (from, to, status, field) in [
        ("GET", "POST", "405 ", "allow: GET\r\n"),
        ("Version: 13", "Version: 8", "426 ", "sec-websocket-version: 13\r\n"),
        ("Upgrade: websocket", "Upgrade: other", "426 ", "upgrade: websocket\r\n"),
        ("Version: 13", "Version: x", "400 ", "sec-websocket-version: 13\r\n"),
        ("ZQ==", "", "400 ", ""),
        ("Host: h", "Host: h\r\nOrigin: http://evil", "403 ", ""),
        ("Connection: Upgrade", "Connection: keep-alive", "400 ", ""),
        ("", "", "101 ", "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
    ] {
        stream.write_all(good.replacen(from, to, 1).as_bytes()).await.unwrap();
        text.clear();
        while !text.contains("\r\n\r\n") || !(status == "101 " || text.ends_with(')')) {
            text.push(char::from(stream.read_u8().await.unwrap()));
        }
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")) && text.contains(field), "{to}: {text}");
        assert_eq!(text.contains("connection: Upgrade"), matches!(status, "426 " | "101 "), "{text}");
    }
}
