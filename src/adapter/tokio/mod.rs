//! The adapter for Tokio: servers and clients over any stream that is [`AsyncRead`](::tokio::io::AsyncRead) and
//! [`AsyncWrite`](::tokio::io::AsyncWrite). It needs the feature `tokio`.
//!
//! ```no_run
//! use bowline::{Config, adapter::tokio::{self as ws, Error}, server::Accept};
//! use std::sync::Arc;
//!
//! async fn serve() -> std::io::Result<()> {
//!     let config = Arc::new(Config::default());
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         let config = config.clone();
//!         tokio::spawn(async move {
//!             stream.set_nodelay(true)?;
//!             let mut socket = ws::accept(stream, &Accept::same_origin(), &config).await?;
//!             while let Some(message) = socket.recv().await? {
//!                 socket.send(message).await?;
//!             }
//!             Ok::<(), Error>(())
//!         });
//!     }
//! }
//! ```
//!
//! (`as ws`, since a module with the name of the crate `tokio` would hide that.) Over TLS, `stream` is the stream that
//! `tokio_rustls::TlsAcceptor` or another library makes.
//!
//! A client is [`connect`](connect())ed, over TLS if the URI is `wss://` and the feature `rustls` is on:
//!
//! ```no_run
//! # use bowline::{CloseCode, Config, adapter::tokio::{self as ws, Error}};
//! # async fn run() -> Result<(), Error> {
//! let (mut socket, _response) = ws::connect("wss://example.com/chat", Config::default()).await?;
//! socket.send("Hello").await?;
//! if let Some(message) = socket.recv().await? {
//!     println!("{message:?}");
//! }
//! println!("{}", socket.close(CloseCode::NORMAL, "that was all").await?);
//! # Ok(())
//! # }
//! ```
//!
//! # Which call does what
//!
//! | call | |
//! |---|---|
//! | [`recv`](WebSocket::recv) | the next message, owned |
//! | [`read`](WebSocket::read) | all that one read brought, lent: the fast door |
//! | [`send`](WebSocket::send) | queues a message and writes |
//! | [`feed`](WebSocket::feed) | queues a message, to be written by the next call that waits |
//! | [`flush`](WebSocket::flush) | writes all that is queued |
//! | [`close`](WebSocket::close) | the closing handshake, to its end |
//! | [`split`](WebSocket::split) | two halves for different tasks |
//! | [`connection`](WebSocket::connection) | pings, chunks, [`Prepared`](crate::Prepared) messages, at once and without waiting |
//!
//! A [`WebSocket`] is a [`Stream`](futures_core::Stream) of messages and a [`Sink`](futures_sink::Sink), too, for
//! `StreamExt` and `SinkExt`.
//!
//! # What it holds to
//!
//! - **Every future can be dropped at any time**, and the next call goes on where it was: nothing is lost, repeated or
//!   reordered. So all of them can stand in `tokio::select!`.
//! - **Who waits to receive also writes.** Pongs, Close frames and whatever was queued leave without a `send`. Who waits to
//!   write also reads ahead, so that two peers that both send do not wait for each other for ever.
//! - **One read, one write.** The answers to what one read brought leave together, through both doors.
//! - **Keepalive and deadlines** work by themselves, while a call waits. They follow Tokio's clock, so that
//!   `tokio::time::pause` stops them.
//! - **Back-pressure**: [`feed`](WebSocket::feed) and [`send`](WebSocket::send) wait while much is queued. Only a message that
//!   can never fit is an error.
//! - **An error is returned only after the Close frame that tells the peer is written**;
//!   [`closure`](WebSocket::closure) says who ended it, how and why.
//! - **An idle connection has no buffers.** Read space belongs to the thread, and is a connection's only while there is
//!   something in it.
//!
//! # Panics
//!
//! The runtime must have its time driver, as `#[tokio::main]` and `enable_all` see to: without it, Tokio panics when the first
//! deadline is set, which is in the first call that waits.

mod client_stream;
mod clock;
mod connect;
mod dial;
mod driver;
mod input;
mod opening;
mod sink;
mod split;
#[cfg(feature = "rustls")]
mod tls;
mod wakers;
mod websocket;

#[cfg(feature = "rustls")]
pub use super::tls::rustls;
pub use super::{
    connect_error::{ConnectError, ConnectStage},
    error::Error,
};
pub use client_stream::ClientStream;
#[cfg(feature = "rustls")]
pub use connect::connect_tls;
pub use connect::{connect, connect_with};
pub use opening::{Client, accept, accept_with, client, receive_request};
pub use split::{Receiver, Sender};
pub use websocket::WebSocket;
