//! HTTP/1.1 and HTTP/2 over a WebSocket: hyper on both ends of a [`ByteStream`].

use bowline::{
    Config, Connection, Role,
    adapter::tokio::{ByteStream, WebSocket},
};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use std::{convert::Infallible, fmt::Write};
use tokio::{
    io::{AsyncReadExt, DuplexStream, duplex},
    task::JoinHandle,
};

/// A client's stream, whose other end is a server in hyper.
fn serve() -> (ByteStream<DuplexStream>, JoinHandle<()>) {
    let (near, far) = duplex(5000);
    let [near, far] = [(near, Role::Client), (far, Role::Server)]
        .map(|(stream, role)| ByteStream::new(WebSocket::new(stream, Connection::new(role, Config::default()))));
    let serves = tokio::spawn(async move {
        let service = service_fn(|request| std::future::ready(Ok::<_, Infallible>(answer(&request))));
        Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(far), service).await.unwrap();
    });
    (near, serves)
}

/// As many lines as the path has characters.
fn answer(request: &Request<Incoming>) -> Response<String> {
    let lines = (0..request.uri().path().len()).fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{number} {}", "x".repeat(1000));
        lines
    });
    Response::new(lines)
}

fn request(lines: usize) -> Request<String> {
    Request::builder().uri(format!("http://localhost/{}", "x".repeat(lines - 1))).body(String::new()).unwrap()
}

async fn check(response: Response<Incoming>, lines: usize) {
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = frame(&mut body).await {
        text.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), lines);
    assert!(text.ends_with(&format!("{} {}\n", lines - 1, "x".repeat(1000))));
}

async fn frame(body: &mut Incoming) -> Option<Result<hyper::body::Frame<bytes::Bytes>, hyper::Error>> {
    std::future::poll_fn(|cx| hyper::body::Body::poll_frame(std::pin::Pin::new(&mut *body), cx)).await
}

/// Several requests over one WebSocket, which is closed normally at the end.
#[tokio::test]
async fn http1() {
    let (stream, serves) = serve();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connected = tokio::spawn(connection.without_shutdown());
    for lines in [1, 10, 300] {
        check(sender.send_request(request(lines)).await.unwrap(), lines).await;
        sender.ready().await.unwrap();
    }
    drop(sender);
    let mut stream = connected.await.unwrap().unwrap().io.into_inner();
    tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    assert!(stream.get_ref().closure().unwrap().is_normal());
    serves.await.unwrap();
}

/// Several requests at the same time.
#[tokio::test]
async fn http2() {
    let (stream, serves) = serve();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    let connected = tokio::spawn(connection);
    let requests = [1, 10, 300, 500].map(|lines| {
        let mut sender = sender.clone();
        tokio::spawn(async move { check(sender.send_request(request(lines)).await.unwrap(), lines).await })
    });
    for request in requests {
        request.await.unwrap();
    }
    drop(sender);
    connected.await.unwrap().unwrap();
    serves.await.unwrap();
}
