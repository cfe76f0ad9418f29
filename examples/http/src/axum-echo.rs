//! An echo server as a route of axum, over HTTP/1.1 and HTTP/2.
//!
//! ```text
//! cargo run --release -p bowline-http-echo --bin axum-echo [ADDRESS]
//! ```
//!
//! It listens on 127.0.0.1:9001 by default, and prints an error for each connection that does not end normally.
//!
//! To connect, run `cargo ws ws://127.0.0.1:9001/`, which sends each line that you type, and prints it when it comes back. A
//! plain GET is answered with status 426, so you can also open <http://127.0.0.1:9001/> in a browser, and enter this in its
//! console:
//!
//! ```text
//! ws = new WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")
//! ```
//!
//! `Opening` is an extractor that you can copy. `hyper-echo` is the same server without axum. The guide is `src/guide/http.md`.

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Request},
    http::{self, Version},
    response::{IntoResponse, Response},
    routing::any,
    serve::ListenerExt,
};
use bowline::{
    Config, HandshakeError,
    adapter::tokio::{Error, WebSocket},
    server::{Accept, Upgrade},
};
use hyper::{
    ext::Protocol,
    upgrade::{OnUpgrade, Upgraded, on},
};
use hyper_util::rt::TokioIo;
use std::{future::Future, io, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    match serve(&address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot listen on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("cannot set TCP_NODELAY: {error}");
        }
    });
    // `any` and not `get`, since a WebSocket over HTTP/2 begins with a CONNECT request.
    let app = Router::new().route("/", any(echo)).with_state(Arc::new(Config::default()));
    // If `accept` fails, for example with too many open files, axum pauses for a second, and open connections are not affected.
    axum::serve(listener, app).await
}

/// Sends every message back. This server has nothing to protect, so pages of any origin may connect.
async fn echo(opening: Opening) -> Response {
    opening.accept(&Accept::any_origin(), |mut socket| async move {
        while let Some(message) = socket.recv().await? {
            socket.feed(message).await?; // the next `recv` writes
        }
        Ok(())
    })
}

type Stream = TokioIo<Upgraded>;

/// An extractor for the opening handshake of a WebSocket. The handler decides whether to accept it.
struct Opening {
    upgrade: Upgrade,
    stream: OnUpgrade,
}

impl Opening {
    /// Answers the request. If `accept` allows it, a new task runs `serve` on the connection.
    fn accept<F>(self, accept: &Accept, serve: impl FnOnce(WebSocket<Stream>) -> F + Send + 'static) -> Response
    where
        F: Future<Output = Result<(), Error>> + Send,
    {
        let (response, connection) = match self.upgrade.accept(accept) {
            Ok(accepted) => accepted,
            Err(refusal) => return refuse(refusal),
        };
        tokio::spawn(async move {
            match self.stream.await {
                Ok(stream) => {
                    if let Err(error) = serve(WebSocket::new(TokioIo::new(stream), connection)).await {
                        eprintln!("{error}");
                    }
                }
                Err(error) => eprintln!("{error}"),
            }
        });
        response.map(|()| Body::empty())
    }
}

/// Only valid handshakes reach the handler. Every other request is refused, a plain GET with status 426.
impl FromRequest<Arc<Config>> for Opening {
    type Rejection = Response;

    async fn from_request(mut request: Request, config: &Arc<Config>) -> Result<Self, Response> {
        let checked = if request.version() == Version::HTTP_2 {
            Upgrade::from_connect(&request, request.extensions().get().map(Protocol::as_str), config.clone())
        } else {
            Upgrade::new(&request, config.clone())
        };
        Ok(Self { upgrade: checked.map_err(refuse)?, stream: on(&mut request) })
    }
}

fn refuse(refusal: http::Response<HandshakeError>) -> Response {
    refusal.map(|error| format!("{error}\n")).into_response()
}
