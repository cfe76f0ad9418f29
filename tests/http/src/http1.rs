//! The upgrade of HTTP/1.1, through hyper.

use crate::kit::{converse, server};
use bowline::{
    Config, HandshakeError, Message,
    adapter::tokio::{self as ws, WebSocket},
    client,
    server::Accept,
};
use bytes::Buf;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

fn request() -> client::Request {
    client::Request::from_uri("ws://localhost/chat").unwrap()
}

/// What hyper reads in answer to a request, over this stream.
async fn send(stream: DuplexStream, message: http::Request<()>) -> http::Response<hyper::body::Incoming> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender.send_request(message.map(|()| String::new())).await.unwrap()
}

/// A client and a server in hyper open a connection, and use it to its end.
#[tokio::test]
async fn both_sides_in_hyper() {
    let (stream, mut ended) = server();
    let request = request().protocol("chat").and_then(|request| request.origin("http://localhost")).unwrap();
    let (message, upgrade) = client::upgrade(request, &Arc::new(Config::default())).unwrap();
    let mut response = send(stream, message).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    let connection = upgrade.conclude(&response).unwrap();
    let stream = hyper::upgrade::on(&mut response).await.unwrap();
    converse(WebSocket::new(TokioIo::new(stream), connection)).await;
    let closure = ended.recv().await.unwrap();
    assert_eq!((closure.code(), closure.reason()), (bowline::CloseCode::NORMAL, "that was all"));
    assert!(closure.is_clean());
}

/// A refusal comes to a client in hyper as an error, with a body that says what was wrong.
#[tokio::test]
async fn a_refusal_in_hyper() {
    let (stream, _ended) = server();
    let request = request().origin("http://evil.example").unwrap();
    let (message, upgrade) = client::upgrade(request, &Arc::new(Config::default())).unwrap();
    let response = send(stream, message).await;
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(upgrade.conclude(&response).unwrap_err(), HandshakeError::Status(403));
}

/// Frames that a client sends at once behind its request are not lost: hyper hands them over with the stream.
#[tokio::test]
async fn what_comes_behind_the_request() {
    let (mut stream, mut ended) = server();
    let config = Arc::new(Config::default());
    let mut handshake = client::Handshake::new(request(), &config);
    let mut frames = bowline::Connection::new(bowline::Role::Client, &config);
    frames.send_text("early").unwrap();
    frames.close(bowline::CloseCode::GOING_AWAY, "").unwrap();
    let mut early = Vec::new();
    early.extend_from_slice(handshake.output().chunk());
    early.extend_from_slice(frames.output().chunk());
    stream.write_all(&early).await.unwrap();

    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    let mut input = read.as_mut_slice();
    let client::Progress::Connected(mut connection, _) = handshake.receive(&mut input) else { panic!("not connected") };
    assert_eq!(connection.receive(&mut input), Some(bowline::Event::Text("early".into())));
    assert_eq!(ended.recv().await.unwrap().code(), bowline::CloseCode::GOING_AWAY);
}

/// Frames that a server sends at once behind its answer are not lost on a client in hyper.
#[tokio::test]
async fn what_comes_behind_the_answer() {
    let (near, far) = duplex(16 * 1024);
    let config = Arc::new(Config::default());
    let accepted = tokio::spawn({
        let config = config.clone();
        async move {
            let accept = |request: bowline::server::Request| {
                let mut connection = request.accept(&Accept::any_origin())?;
                connection.send_text("at once").unwrap();
                Ok(connection)
            };
            ws::accept_with(far, &config, accept).await.unwrap()
        }
    });
    let (message, upgrade) = client::upgrade(request(), &config).unwrap();
    let mut response = send(near, message).await;
    let connection = upgrade.conclude(&response).unwrap();
    let stream = hyper::upgrade::on(&mut response).await.unwrap();
    let mut socket = WebSocket::new(TokioIo::new(stream), connection);
    assert_eq!(socket.recv().await.unwrap(), Some(Message::from("at once")));
    drop(accepted.await.unwrap());
}

/// Every refusal goes through hyper as it is meant, and leaves the connection to the next request.
#[tokio::test]
async fn refusals() {
    let (mut stream, _ended) = server();
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
