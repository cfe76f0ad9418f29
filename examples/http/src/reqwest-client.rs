//! A client on reqwest: the opening handshake is one of its requests, with all that your `reqwest::Client` is configured for, such
//! as proxies, certificates, cookies and default headers.
//!
//! ```text
//! cargo run -p bowline-http-echo --bin reqwest-client [URI]
//! ```
//!
//! It connects to <ws://127.0.0.1:9001/> by default, where `hyper-echo` and `axum-echo` listen, sends a message, and prints what
//! comes back. For `wss://`, enable a TLS feature of reqwest, such as `rustls`. If you need nothing else of reqwest,
//! `bowline::adapter::tokio::connect` does the same with fewer dependencies.
//!
//! The guide is `src/guide/http.md`.

use bowline::{CloseCode, Config, adapter::tokio::WebSocket, client};
use reqwest::Upgraded;
use std::{error::Error, process::ExitCode, time::Duration};

type AnyError = Box<dyn Error + Send + Sync>;

/// How long the server may take to answer. reqwest has no deadline by default.
const PATIENCE: Duration = Duration::from_secs(10);

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
    // An upgrade needs HTTP/1.1: over TLS, a server could choose HTTP/2.
    let http = reqwest::Client::builder().http1_only().tcp_nodelay(true).build()?;
    let mut socket = tokio::time::timeout(PATIENCE, connect(&http, uri)).await??;
    socket.send("Hello").await?;
    if let Some(message) = socket.recv().await? {
        println!("received: {}", message.as_text().unwrap_or("something that is not text"));
    }
    println!("{}", socket.close(CloseCode::NORMAL, "").await?);
    Ok(())
}

/// Sends the opening handshake with reqwest, checks the response, and opens the connection.
async fn connect(http: &reqwest::Client, uri: &str) -> Result<WebSocket<Upgraded>, AnyError> {
    let request = client::Request::from_uri(uri)?;
    let scheme = if request.is_secure() { "https" } else { "http" };
    let (mut request, upgrade) = client::upgrade(request, Config::default())?;
    // The URI is the path alone, but reqwest also needs to know where to connect. The field Host has host and port.
    let host = request.headers().get("Host").ok_or("a request always has a Host")?.to_str()?;
    *request.uri_mut() = format!("{scheme}://{host}{}", request.uri()).parse()?;

    let response = http.execute(request.map(|()| "").try_into()?).await?;
    // The head of the response, as the crate `http` has it.
    let mut head = http::Response::new(());
    (*head.status_mut(), *head.version_mut()) = (response.status(), response.version());
    head.headers_mut().clone_from(response.headers());
    match upgrade.conclude(&head) {
        Ok(connection) => Ok(WebSocket::new(response.upgrade().await?, connection)),
        Err(error) => Err(format!("{error}: {}", response.text().await?).into()),
    }
}
