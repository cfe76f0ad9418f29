//! An echo server in a hyper server, over HTTP/1.1 and HTTP/2 on one port:
//! `cargo run --release -p bowline-http-echo --bin hyper-echo [ADDRESS]`.
//!
//! Try it with `cargo run --release --example echo-client`, or from the console of a browser: `ws = new
//! WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")`.

use bowline::{
    Config, Connection, Event,
    adapter::tokio::{Error, WebSocket},
    server::{self, Accept},
};
use hyper::{
    Request, Response, Version,
    body::Incoming,
    ext::Protocol,
    service::service_fn,
    upgrade::{OnUpgrade, on},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{convert::Infallible, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(Config::default());
    let mut server = Builder::new(TokioExecutor::new());
    // With a timer, hyper has a deadline for the head of a request. It has limits for its size anyway.
    server.http1().timer(TokioTimer::new());
    // SETTINGS_ENABLE_CONNECT_PROTOCOL, without which no client asks for a WebSocket over HTTP/2.
    server.http2().timer(TokioTimer::new()).enable_connect_protocol();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (server, config) = (server.clone(), config.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &config));
            if let Err(error) = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Answers a request, and leaves what comes after it to a task. Requests for anything else than a WebSocket would go their own
/// ways from here.
fn answer(
    mut request: Request<Incoming>,
    config: &Arc<Config>,
) -> impl Future<Output = Result<Response<String>, Infallible>> + use<> {
    // A page of any origin may use this server: it gives away nothing that is worth protecting.
    let accept = Accept::any_origin();
    let accepted = if request.version() == Version::HTTP_2 {
        let protocol = request.extensions().get().map(Protocol::as_str);
        server::extended_connect(&request, protocol, &accept, config)
    } else {
        server::upgrade(&request, &accept, config)
    };
    let response = match accepted {
        Ok((response, connection)) => {
            tokio::spawn(serve(on(&mut request), connection));
            response.map(|()| String::new())
        }
        Err(refusal) => refusal.map(|error| format!("{error}\n")),
    };
    std::future::ready(Ok(response))
}

/// Serves one client, and says how it ended.
async fn serve(upgrade: OnUpgrade, connection: Connection) {
    let ended = match upgrade.await {
        // What came behind the request, too early, is in here.
        Ok(stream) => echo(WebSocket::new(TokioIo::new(stream), connection)).await,
        Err(error) => return eprintln!("{error}"),
    };
    match ended {
        Ok(end) => eprintln!("{end}"),
        Err(error) => eprintln!("{error}"),
    }
}

/// A message is sent back as it lies in the read buffer, and the answers to all that one read brought leave with one write.
async fn echo(mut socket: WebSocket<TokioIo<hyper::upgrade::Upgraded>>) -> Result<String, Error> {
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            match event {
                Event::Text(text) => connection.send_text(text)?,
                Event::Binary(data) => connection.send_binary(data)?,
                _ => {}
            }
        }
    }
    Ok(socket.closure().map(ToString::to_string).unwrap_or_default())
}
