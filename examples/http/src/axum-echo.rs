//! An echo server as a route of axum, over HTTP/1.1 and HTTP/2:
//! `cargo run --release -p bowline-http-echo --bin axum-echo [ADDRESS]`.
//!
//! Try it with `cargo run --release --example echo-client`, or from the console of a browser: `ws = new
//! WebSocket("ws://127.0.0.1:9001"); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("Hello")`.

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
use std::{future::Future, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("cannot set TCP_NODELAY: {error}");
        }
    });
    // `any`, as a WebSocket over HTTP/2 is a CONNECT request.
    let app = Router::new().route("/", any(echo)).with_state(Arc::new(Config::default()));
    // If accepting fails, such as with too many open files, axum waits for a moment and goes on.
    axum::serve(listener, app).await
}

/// Sends every message back. Pages of any origin may connect, as this server has nothing to protect.
async fn echo(opening: Opening) -> Response {
    opening.accept(&Accept::any_origin(), |mut socket| async move {
        while let Some(message) = socket.recv().await? {
            socket.feed(message).await?; // the next `recv` writes
        }
        Ok(())
    })
}

type Stream = TokioIo<Upgraded>;

/// An extractor for a WebSocket handshake, which the handler accepts.
struct Opening {
    upgrade: Upgrade,
    stream: OnUpgrade,
}

impl Opening {
    /// Answers the client. If it is accepted, a task serves it.
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

/// The handler is only called for valid handshakes. Every other request is answered with a refusal, such as status 426 for a plain
/// GET.
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
