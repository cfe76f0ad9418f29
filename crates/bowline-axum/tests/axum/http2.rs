//! WebSocket over HTTP/2: extended CONNECT (RFC 8441).

use crate::kit::serve;
use axum::{Router, response::Response, routing::any};
use bowline::{CloseCode, Config, adapter::tokio::WebSocket, client};
use bowline_axum::{WebSocketUpgrade, deflate::Options, ws};
use http::{Request, Version};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A client once the server has announced extended CONNECT.
async fn connect(address: &str) -> SendRequest<String> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // Any answer arrives after the settings.
    let probe = Request::builder().version(Version::HTTP_2).uri(format!("http://{address}/ours"));
    let response = sender.send_request(probe.body(String::new()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 405, "a GET over HTTP/2 opens no WebSocket");
    sender
}

#[tokio::test]
async fn both_types_over_http_2() {
    async fn ours(upgrade: WebSocketUpgrade) -> Response {
        upgrade.compression(Options::default()).on_upgrade(|mut socket| async move {
            while let Ok(Some(message)) = socket.recv().await {
                socket.send(message).await.unwrap();
            }
        })
    }
    async fn axums(upgrade: ws::WebSocketUpgrade) -> Response {
        upgrade.compression(Options::default()).protocols(["chat"]).on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if !matches!(message, ws::Message::Close(_)) {
                    socket.send(message).await.unwrap();
                }
            }
        })
    }
    let address = serve(Router::new().route("/ours", any(ours)).route("/axums", any(axums))).await;
    let mut sender = connect(&address).await;
    for (path, protocol) in [("/ours", None), ("/axums", Some("chat"))] {
        let request = client::Request::from_uri(&format!("ws://{address}{path}")).unwrap().protocol("chat").unwrap();
        let config = Config::default().with(|config| config.deflate = Some(Options::default()));
        let (mut message, upgrade) = client::extended_connect(request, config).unwrap();
        message.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
        let mut response = sender.send_request(message.map(|()| String::new())).await.unwrap();
        let connection = upgrade.conclude(&response).unwrap();
        assert!(connection.deflate().is_some());
        assert_eq!(connection.protocol(), protocol);
        let stream = hyper::upgrade::on(&mut response).await.unwrap();
        let mut socket = WebSocket::new(TokioIo::new(stream), connection);
        for len in [0, 5, 70_000] {
            socket.send("x".repeat(len)).await.unwrap();
            assert_eq!(socket.recv().await.unwrap(), Some("x".repeat(len).into()));
        }
        let closure = socket.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(closure.is_clean(), "{closure}");
    }
}
