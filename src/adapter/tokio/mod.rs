//! The adapter for Tokio: servers and clients over any stream that is [`AsyncRead`](::tokio::io::AsyncRead) and
//! [`AsyncWrite`](::tokio::io::AsyncWrite). It needs the feature `tokio`. The [guide](crate::guide::tokio) explains it step by
//! step.
//!
//! A server that sends every message back:
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
//!             let mut socket = ws::accept(stream, &Accept::same_origin(), config).await?;
//!             while let Some(message) = socket.recv().await? {
//!                 socket.feed(message).await?; // the next `recv` writes
//!             }
//!             Ok::<(), Error>(())
//!         });
//!     }
//! }
//! ```
//!
//! The module is imported `as ws`, since a module named `tokio` would hide the crate. For a server with TLS, pass the stream of
//! `tokio_rustls::TlsAcceptor` or of another library to [`accept`](accept()).
//!
//! A client uses [`connect`](connect()). For a `wss://` URI it uses TLS, which needs the feature `rustls`:
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
//! By default, it uses the proxy of the environment and does not follow redirects, as curl. [`connect_using`](connect_using())
//! takes [`ConnectOptions`] for proxies, redirects, cookies, TLS, DNS and Unix sockets.
//!
//! # Which call does what
//!
//! | call | what it does | waits for |
//! |---|---|---|
//! | [`recv`](WebSocket::recv) | returns the next message, owned | a message |
//! | [`next_event`](WebSocket::next_event) | returns the next event, owned: also pings, pongs and the Close frame | an event |
//! | [`read`](WebSocket::read) | returns all events of one read, borrowed (the batch API) | bytes |
//! | [`try_recv`](WebSocket::try_recv) | returns the next message, if there is one | nothing |
//! | [`send`](WebSocket::send), [`send_prepared`](WebSocket::send_prepared), [`ping`](WebSocket::ping) | queues and writes | the stream |
//! | [`feed`](WebSocket::feed), [`feed_prepared`](WebSocket::feed_prepared) | queues a message | the stream, only while 64 KiB are queued |
//! | [`try_feed`](WebSocket::try_feed), [`try_feed_prepared`](WebSocket::try_feed_prepared) | queues a message, if it fits | nothing |
//! | [`flush`](WebSocket::flush) | writes everything that is queued | the stream |
//! | [`close`](WebSocket::close) | makes the whole closing handshake | the peer |
//! | [`split`](WebSocket::split) | returns two halves for different tasks | nothing |
//! | [`connection`](WebSocket::connection) | returns the [`Connection`](crate::Connection): chunks, pongs, the state | nothing |
//!
//! A [`WebSocket`] is also a [`Stream`](futures_core::Stream) of messages and a [`Sink`](futures_sink::Sink), for `StreamExt` and
//! `SinkExt`. A [`ByteStream`] is a connection as a stream of bytes, to run another protocol over it.
//!
//! # Guarantees
//!
//! - **Every future of an open connection can be dropped at any time**, as `tokio::select!` does. Nothing that was read or queued
//!   is lost, repeated or reordered, and the next call continues. The futures of the opening handshake own the stream, and drop
//!   it.
//! - **Receiving also writes.** While `recv` waits, pongs, Close frames and everything that is queued are written. While `send`
//!   waits, it reads ahead, so that two peers that both send do not wait for each other indefinitely.
//! - **`send` writes, `feed` queues.** The replies to one read that are queued with `feed` or on a [`Batch`](crate::Batch) are
//!   one write.
//! - **Keepalive pings and deadlines need no code** while a call waits. They follow Tokio's clock, so that `tokio::time::pause`
//!   stops them.
//! - **Back-pressure**: [`feed`](WebSocket::feed) and [`send`](WebSocket::send) wait while 64 KiB are queued. They return
//!   [`SendError::Full`](crate::SendError::Full) only for a message that can never fit.
//! - **An end is an error unless it is normal**: `recv` returns `None` only after a clean close with code 1000, 1001 or none
//!   ([`Closure::is_normal`](crate::Closure::is_normal)). The error is returned after the Close frame is written, and
//!   [`closure`](WebSocket::closure) returns which endpoint ended the connection, how and why.
//! - **An idle connection has no read buffer.** The read buffers belong to the thread, and a connection has one only while it has
//!   unreceived bytes.
//!
//! # Panics
//!
//! Tokio panics if its runtime has no time driver. It does so at the first deadline, which the first call that waits sets.
//! `#[tokio::main]` and `Builder::enable_all` include the time driver.

mod accept;
mod byte_stream;
mod client_stream;
mod connect;
mod dial;
mod handshake;
mod layer;
mod reconnecting;
#[cfg(feature = "rustls")]
mod tls;
mod tunnel;
mod websocket;

pub use super::task::{AnyIncoming, Incoming, Receiver, ReuniteError, Sender, Tokio, WebSocket};
#[cfg(feature = "rustls")]
pub use super::tls::rustls;
#[doc(no_inline)]
pub use super::{ConnectError, ConnectHop, ConnectOptions, ConnectStage, Error, Parts};
pub use accept::{accept, accept_with, receive_any_request, receive_request};
pub use byte_stream::ByteStream;
pub use client_stream::ClientStream;
pub use connect::{connect, connect_using, connect_with};
pub use handshake::client_handshake;
pub use reconnecting::Reconnecting;
