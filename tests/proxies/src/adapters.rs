//! The two adapters behind one function each.

use bowline::{
    CloseCode, Config, Connection, Message,
    adapter::{ConnectOptions, Error, blocking, tokio as ws},
    client::Request,
    deflate::Options,
};
use std::{io, net::SocketAddr};
use tokio::runtime::Runtime;

pub(crate) enum Adapter {
    Blocking,
    Tokio(Runtime),
}

/// What was observed of a connection.
pub(crate) struct Visit {
    /// To which address TCP was connected.
    pub(crate) peer: SocketAddr,
    /// The path and the header fields of the request that the server accepted, as JSON.
    pub(crate) request: String,
    pub(crate) is_compressed: bool,
}

impl Adapter {
    pub(crate) fn tokio() -> io::Result<Self> {
        Runtime::new().map(Self::Tokio)
    }

    pub(crate) fn named(name: &str) -> io::Result<Self> {
        if name == "blocking" { Ok(Self::Blocking) } else { Self::tokio() }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Tokio(_) => "tokio",
        }
    }

    /// Connects, sends and receives messages, and closes.
    pub(crate) fn visit(&self, uri: &str, options: &ConnectOptions) -> Result<Visit, Error> {
        let request = Request::from_uri(uri)?;
        match self {
            Self::Blocking => look_around(blocking::connect_using(request, options, config())?.0),
            Self::Tokio(runtime) => runtime.block_on(async {
                let (socket, _) = ws::connect_using(request, options, config()).await?;
                look_around_on_tokio(socket).await
            }),
        }
    }

    /// Connects without any option, so that the environment chooses the proxy. Returns the address to which TCP was connected.
    pub(crate) fn connect(&self, uri: &str) -> Result<SocketAddr, Error> {
        Ok(match self {
            Self::Blocking => blocking::connect(uri, config())?.0.get_ref().peer_addr()?,
            Self::Tokio(runtime) => runtime.block_on(ws::connect(uri, config()))?.0.get_ref().peer_addr()?,
        })
    }
}

fn config() -> Config {
    Config::default().with(|config| config.deflate = Some(Options::default()))
}

/// A message that needs many packets.
fn long() -> Message {
    "안녕하세요, 매듭 🪢 ".repeat(10_000).into()
}

fn look_around(mut socket: blocking::WebSocket<blocking::ClientStream>) -> Result<Visit, Error> {
    let peer = socket.get_ref().peer_addr()?;
    socket.send(long())?;
    is_echo(socket.recv()?.as_ref())?;
    socket.send("!request")?;
    let request = text(socket.recv()?)?;
    let is_compressed = is_compressed(socket.connection());
    let closure = socket.close(CloseCode::NORMAL, "")?;
    closed(closure.is_normal())?;
    Ok(Visit { peer, request, is_compressed })
}

async fn look_around_on_tokio(mut socket: ws::WebSocket<ws::ClientStream>) -> Result<Visit, Error> {
    let peer = socket.get_ref().peer_addr()?;
    socket.send(long()).await?;
    is_echo(socket.recv().await?.as_ref())?;
    socket.send("!request").await?;
    let request = text(socket.recv().await?)?;
    let is_compressed = is_compressed(socket.connection());
    let closure = socket.close(CloseCode::NORMAL, "").await?;
    closed(closure.is_normal())?;
    Ok(Visit { peer, request, is_compressed })
}

fn is_compressed(connection: &Connection) -> bool {
    connection.deflate().is_some()
}

fn is_echo(message: Option<&Message>) -> io::Result<()> {
    if message == Some(&long()) { Ok(()) } else { Err(io::Error::other("the message did not come back as it was")) }
}

fn text(message: Option<Message>) -> io::Result<String> {
    match message {
        Some(Message::Text(text)) => Ok(text.to_string()),
        other => Err(io::Error::other(format!("received {other:?} instead of a text"))),
    }
}

fn closed(is_normal: bool) -> io::Result<()> {
    if is_normal { Ok(()) } else { Err(io::Error::other("the connection did not end normally")) }
}
