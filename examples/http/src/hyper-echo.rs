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
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::sleep};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(Config::default());
    let mut server = Builder::new(TokioExecutor::new());
    // With a timer, hyper has a deadline for the head of a request. It always limits the size.
    server.http1().timer(TokioTimer::new());
    // Announces extended CONNECT, without which no client requests a WebSocket over HTTP/2.
    server.http2().timer(TokioTimer::new()).enable_connect_protocol();
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, for example: the open connections go on.
                eprintln!("cannot accept: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("cannot set TCP_NODELAY: {error}");
        }
        let (server, config) = (server.clone(), config.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &config));
            if let Err(error) = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Answers a request; a task then serves the WebSocket. A plain GET is answered with status 426. This is where a server would route
/// requests for its pages to other handlers.
fn answer(
    mut request: Request<Incoming>,
    config: &Arc<Config>,
) -> impl Future<Output = Result<Response<String>, Infallible>> + use<> {
    // Pages of any origin may connect, as this server has nothing to protect.
    let accept = Accept::any_origin();
    let accepted = if request.version() == Version::HTTP_2 {
        let protocol = request.extensions().get().map(Protocol::as_str);
        server::extended_connect(&request, protocol, &accept, config.clone())
    } else {
        server::upgrade(&request, &accept, config.clone())
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

/// Serves one client, and prints how it ended.
async fn serve(upgrade: OnUpgrade, connection: Connection) {
    let ended = match upgrade.await {
        // The stream begins with the bytes that arrived directly after the request.
        Ok(stream) => echo(WebSocket::new(TokioIo::new(stream), connection)).await,
        Err(error) => return eprintln!("{error}"),
    };
    match ended {
        Ok(end) => eprintln!("{end}"),
        Err(error) => eprintln!("{error}"),
    }
}

/// With the batch API, messages are sent back from the read buffer, without a copy, and the answers to one read are one write.
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
