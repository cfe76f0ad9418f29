//! An echo server in hyper that reports how each connection ended.

use bowline::{
    CloseCode, Closure, Config, Event, Message,
    adapter::tokio::{Error, WebSocket},
    server::{self, Accept},
};
use hyper::{Request, Response, Version, body::Incoming, ext::Protocol, service::service_fn, upgrade::Upgraded};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use std::convert::Infallible;
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

pub(crate) type Socket = WebSocket<TokioIo<Upgraded>>;

/// The largest message that is echoed, in bytes.
pub(crate) const LARGE: usize = 1024 * 1024;

/// The client's end of a stream whose other end is served, and a channel that reports how each WebSocket over it ended.
pub(crate) fn serve() -> (DuplexStream, UnboundedReceiver<Closure>) {
    let (near, far) = duplex(16 * 1024);
    let (ends, ended) = unbounded_channel();
    tokio::spawn(async move {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http2().enable_connect_protocol();
        let service = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(request, &ends))));
        // The error of a client that goes away: the tests look at the closures.
        let _ = builder.serve_connection_with_upgrades(TokioIo::new(far), service).await;
    });
    (near, ended)
}

/// Accepts the server's own pages, with the subprotocol `chat` if it is offered.
fn answer(mut request: Request<Incoming>, ends: &UnboundedSender<Closure>) -> Response<String> {
    let accept = Accept::same_origin().protocols(["chat"]);
    let accepted = if request.version() == Version::HTTP_2 {
        let protocol = request.extensions().get().map(Protocol::as_str);
        server::extended_connect(&request, protocol, &accept, Config::default())
    } else {
        server::upgrade(&request, &accept, Config::default())
    };
    let (response, connection) = match accepted {
        Ok(accepted) => accepted,
        Err(refusal) => return refusal.map(|error| error.to_string()),
    };
    let (stream, ends) = (hyper::upgrade::on(&mut request), ends.clone());
    tokio::spawn(async move {
        let mut socket = WebSocket::new(TokioIo::new(stream.await.unwrap()), connection);
        // An error is in the closure as well.
        let _ = echo(&mut socket).await;
        let _ = ends.send(socket.closure().unwrap().clone());
    });
    response.map(|()| String::new())
}

async fn echo(socket: &mut Socket) -> Result<(), Error> {
    while let Some(mut batch) = socket.read().await? {
        while let Some((event, connection)) = batch.receive() {
            match event {
                Event::Text(text) if text == "close, please" => connection.close(CloseCode::NORMAL, "").unwrap(),
                Event::Text(text) => connection.send_text(text)?,
                Event::Binary(data) => connection.send_binary(data)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Sends messages of all sizes, receives them again, and closes normally.
pub(crate) async fn converse(mut socket: Socket) {
    for len in [0, 1, 125, 126, 65_535, 65_536, LARGE] {
        let text = "x".repeat(len);
        socket.send(text.as_str()).await.unwrap();
        assert_eq!(socket.recv().await.unwrap(), Some(Message::from(text)));
    }
    for number in 0..100_u32 {
        socket.feed(number.to_be_bytes().to_vec()).await.unwrap();
    }
    for number in 0..100_u32 {
        assert_eq!(socket.recv().await.unwrap(), Some(Message::from(number.to_be_bytes().to_vec())));
    }
    let closure = socket.close(CloseCode::NORMAL, "that was all").await.unwrap();
    assert!(closure.is_normal(), "{closure}");
}
