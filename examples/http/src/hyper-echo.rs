//! An echo server on hyper, over HTTP/1.1 and HTTP/2 on one port.
//!
//! ```text
//! cargo run --release -p bowline-http-echo --bin hyper-echo [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints how each connection ended.
//!
//! To connect, run `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. A
//! plain GET is answered with status 426, so you can also open <http://127.0.0.1:9001/> in a browser, and enter this in its
//! console:
//!
//! ```text
//! ws = new WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")
//! ```
//!
//! `axum-echo` is the same server as a route of axum. The guide is `src/guide/http.md`.

use bowline::{
    CloseCode, Config, Connection, Event, SendError,
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
use std::{convert::Infallible, io, process::ExitCode, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::sleep};

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The number of streams that a connection over HTTP/2 can have. A client that wants to open another one has to wait.
const STREAMS: u32 = 200;

/// How many bytes a client can send on a stream before they are read.
const STREAM_WINDOW: u32 = 64 * 1024;

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let Err(error) = run(&address).await;
    eprintln!("cannot listen on {address}: {error}");
    ExitCode::FAILURE
}

/// Serves clients indefinitely, unless the address cannot be used.
async fn run(address: &str) -> io::Result<Infallible> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let config = Arc::new(Config::default());
    let mut server = Builder::new(TokioExecutor::new());
    // hyper limits the size of a request's head in any case, but needs a timer for a deadline.
    server.http1().timer(TokioTimer::new());
    server
        .http2()
        .timer(TokioTimer::new())
        // Clients request a WebSocket over HTTP/2 only if the server announces extended CONNECT.
        .enable_connect_protocol()
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        // Larger than all streams together: a WebSocket that is not read must not stop the others.
        .initial_connection_window_size((STREAMS + 1) * STREAM_WINDOW);
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Open connections are not affected.
                eprintln!("cannot accept a connection: {error}");
                sleep(ACCEPT_PAUSE).await;
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

/// Answers a request. If it opens a WebSocket, a new task serves the connection. Every other request is refused, a plain GET
/// with status 426: a server with pages would route such requests to other handlers here.
fn answer(
    mut request: Request<Incoming>,
    config: &Arc<Config>,
) -> impl Future<Output = Result<Response<String>, Infallible>> + use<> {
    // This server has nothing to protect, so pages of any origin may connect.
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
        Err(refusal) => refusal.map(|error| format!("{}\n", error.for_client())),
    };
    std::future::ready(Ok(response))
}

/// Serves one client, and prints how the connection ended.
async fn serve(upgrade: OnUpgrade, connection: Connection) {
    let ended = match upgrade.await {
        // Bytes that arrived directly after the request come first in the stream.
        Ok(stream) => echo(WebSocket::new(TokioIo::new(stream), connection)).await,
        Err(error) => return eprintln!("{error}"),
    };
    match ended {
        Ok(end) => eprintln!("{end}"),
        Err(error) => eprintln!("{error}"),
    }
}

/// Sends every message back. With the batch API, messages go straight from the read buffer to the output, and the answers to one
/// read are one write.
async fn echo(mut socket: WebSocket<TokioIo<hyper::upgrade::Upgraded>>) -> Result<String, Error> {
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            let sent = match event {
                Event::Text(text) => connection.send_text(text),
                Event::Binary(data) => connection.send_binary(data),
                _ => Ok(()),
            };
            // Not `?`, which would lose the Close frame. `Closing`, the other error, needs no action: the next `read` returns how
            // the connection ended.
            if let Err(SendError::Full { .. }) = sent {
                connection.close(CloseCode::TRY_AGAIN_LATER, "too many answers are queued")?;
            }
        }
    }
    Ok(socket.closure().map(ToString::to_string).unwrap_or_default())
}
