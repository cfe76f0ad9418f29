//! Clients that find their own way to the server.

use super::{ConnectError, Error, WebSocket, opening::client_since};
use crate::{
    Config,
    adapter::connect_error::late,
    client::{Request, Response},
};
use alloc::{sync::Arc, vec::Vec};
use core::{net::SocketAddr, time::Duration};
use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    time::Instant,
};

/// Connects to a `ws://` URI over TCP and makes the opening handshake.
///
/// For `wss://`, make a TLS stream to [`Request::host`] and [`Request::port`], and pass it to [`client`](super::client()).
///
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds all of it together, but for the look-up of the name, for which the
/// operating system takes its own time. The addresses of a host are tried in turn, each with its share of the time that is
/// left. `TCP_NODELAY` is set.
///
/// # Errors
///
/// [`Error::Request`] if the URI is not valid, [`Error::Connect`] if it is `wss://`, or if there is no connection, and
/// [`Error::Io`] if it breaks later; [`Error::Handshake`] if the server does not agree, or not in time.
pub fn connect(uri: &str, config: impl Into<Arc<Config>>) -> Result<(WebSocket<TcpStream>, Response), Error> {
    connect_with(Request::from_uri(uri)?, config)
}

/// Connects as [`connect`] does, with a request that may offer subprotocols and have further header fields.
///
/// ```no_run
/// # use bowline::{adapter::blocking, client::Request, Config};
/// let request = Request::from_uri("ws://127.0.0.1:9001/chat")?.protocol("chat.v2")?.header("Authorization", "Bearer 123")?;
/// let (socket, response) = blocking::connect_with(request, Config::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As for [`connect`].
pub fn connect_with(
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<TcpStream>, Response), Error> {
    if request.is_secure() {
        let instead = "wss:// needs a TLS stream: make one and pass it to bowline::adapter::blocking::client";
        return Err(ConnectError::no_tls(&request, instead).into());
    }
    let (begun, config) = (Instant::now(), config.into());
    let stream = dial(&request, begun, config.deadlines.handshake)?;
    client_since(begun, stream, request, config)
}

/// The first of the host's addresses that answers.
fn dial(request: &Request, begun: Instant, deadline: Option<Duration>) -> Result<TcpStream, ConnectError> {
    let addresses = (request.host(), request.port()).to_socket_addrs();
    let addresses: Vec<_> = addresses.map_err(|error| ConnectError::resolve(request, error))?.collect();
    let mut failures = Vec::new();
    for (nth, &address) in addresses.iter().enumerate() {
        // One that leads nowhere must not take the time of the others.
        let to_try = u32::try_from(addresses.len().saturating_sub(nth)).unwrap_or(u32::MAX).max(1);
        let time = deadline.map(|deadline| deadline.saturating_sub(begun.elapsed()) / to_try);
        match dial_one(address, time) {
            Ok(stream) => return Ok(stream),
            Err(error) => failures.push((address, error)),
        }
    }
    Err(ConnectError::tcp(request, failures))
}

fn dial_one(address: SocketAddr, time: Option<Duration>) -> io::Result<TcpStream> {
    let stream = match time {
        None => TcpStream::connect(address)?,
        Some(Duration::ZERO) => return Err(late()),
        Some(time) => TcpStream::connect_timeout(&address, time)?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}
