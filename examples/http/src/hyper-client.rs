//! A client over HTTP/2 (RFC 8441), on hyper: two WebSocket connections over one TCP connection.
//!
//! ```text
//! cargo run -p bowline-http-echo --bin hyper-client [URI]
//! ```
//!
//! It connects to <ws://127.0.0.1:9001/> by default, where `hyper-echo` and `axum-echo` listen, and prints what comes back. It uses
//! HTTP/2 without TLS and without asking first ("prior knowledge"), as is usual between servers. For `wss://`, make a TLS
//! connection that offers `h2` by ALPN, with tokio-rustls for example, and pass its stream to `open_http2`.
//!
//! The guide is `src/guide/http.md`.

use bowline::{
    CloseCode, Config,
    adapter::tokio::{Error as SocketError, WebSocket},
    client,
};
use hyper::{client::conn::http2, ext::Protocol, upgrade::Upgraded};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{error::Error, process::ExitCode, time::Duration};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

type AnyError = Box<dyn Error + Send + Sync>;
type Socket = WebSocket<TokioIo<Upgraded>>;
type Driver = http2::Connection<TokioIo<TcpStream>, String, TokioExecutor>;

/// How long the server may take for each step of opening. hyper has no deadlines of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether the server's announcement has arrived.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> ExitCode {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9001/".into());
    match run(&uri).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{uri}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(uri: &str) -> Result<(), AnyError> {
    let request = client::Request::from_uri(uri)?;
    if request.is_secure() {
        return Err("this example has no TLS: use ws://".into());
    }
    let stream = timeout(PATIENCE, TcpStream::connect((request.host(), request.port()))).await??;
    stream.set_nodelay(true)?;
    let (http2, driver) = timeout(PATIENCE, open_http2(TokioIo::new(stream))).await??;
    let driver = tokio::spawn(driver);
    let sockets = (open(&http2, request.clone()).await?, open(&http2, request).await?);
    tokio::try_join!(converse(sockets.0, "Hello"), converse(sockets.1, "Hello to you, too"))?;
    drop(http2); // ends the connection, now that it has no streams
    Ok(driver.await??)
}

/// Opens a connection of HTTP/2, and waits until the server has announced that it accepts WebSocket over it (RFC 8441 §3).
async fn open_http2(stream: TokioIo<TcpStream>) -> Result<(http2::SendRequest<String>, Driver), AnyError> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
    // hyper reads in a task of its own, which wakes nobody when the announcement arrives.
    while !connection.is_extended_connect_protocol_enabled() {
        if sender.is_closed() {
            return Err("the server has closed the connection".into());
        }
        sleep(LOOK_INTERVAL).await;
    }
    Ok((sender, connection))
}

/// Opens a WebSocket: a stream of the connection.
async fn open(http2: &http2::SendRequest<String>, request: client::Request) -> Result<Socket, AnyError> {
    let (mut request, upgrade) = client::extended_connect(request, Config::default())?;
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    let mut sender = http2.clone();
    let response = timeout(PATIENCE, sender.send_request(request.map(|()| String::new()))).await??;
    let connection = upgrade.conclude(&response)?;
    Ok(WebSocket::new(TokioIo::new(hyper::upgrade::on(response).await?), connection))
}

/// Sends a text, prints what comes back, and closes.
async fn converse(mut socket: Socket, text: &str) -> Result<(), SocketError> {
    socket.send(text).await?;
    if let Some(message) = socket.recv().await? {
        println!("received: {}", message.as_text().unwrap_or("something that is not text"));
    }
    println!("{}", socket.close(CloseCode::NORMAL, "").await?);
    Ok(())
}
