//! A server on a loopback port, and clients.

use axum::Router;
use bowline::{
    Config,
    adapter::tokio::{ClientStream, WebSocket, connect_with},
    client::{Request, Response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

pub(crate) type Client = WebSocket<ClientStream>;

/// Serves `app`, and returns its address.
pub(crate) async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Serves the handlers, and returns the address and what they note.
pub(crate) async fn serve_handlers(
    app: fn(Option<UnboundedSender<String>>) -> Router,
) -> (String, UnboundedReceiver<String>) {
    let (sender, receiver) = unbounded_channel();
    (serve(app(Some(sender))).await, receiver)
}

pub(crate) fn request(address: &str, path: &str) -> Request {
    Request::from_uri(&format!("ws://{address}{path}")).unwrap()
}

pub(crate) async fn open(address: &str, path: &str) -> Client {
    open_with(request(address, path), Config::default()).await.0
}

pub(crate) async fn open_with(request: Request, config: Config) -> (Client, Response) {
    connect_with(request, config).await.unwrap()
}

/// The response to a request with these lines, as text.
pub(crate) async fn exchange(address: &str, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{}\r\nHost: {address}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}
