//! The adapter for blocking streams: a thread for each connection. The feature `std` is all it needs.
//!
//! ```no_run
//! use bowline::{Config, adapter::{Error, blocking}, server::Accept};
//! use std::{net::TcpListener, sync::Arc};
//!
//! let config = Arc::new(Config::default());
//! for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
//!     let (stream, config) = (stream?, config.clone());
//!     std::thread::spawn(move || -> Result<(), Error> {
//!         let mut socket = blocking::accept(stream, &Accept::same_origin(), config)?;
//!         while let Some(message) = socket.recv()? {
//!             socket.send(message)?;
//!         }
//!         Ok(())
//!     });
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A client [`connect`]s, over TLS if the URI is `wss://` and the feature `rustls` is on.
//!
//! # Which call does what
//!
//! | call | | waits for |
//! |---|---|---|
//! | [`recv`](WebSocket::recv) | the next message, owned | the peer |
//! | [`recv_timeout`](WebSocket::recv_timeout) | the next message, owned | the peer, at most so long |
//! | [`try_recv`](WebSocket::try_recv) | the next message, owned | nothing |
//! | [`next_event`](WebSocket::next_event) | the next event of any kind, owned: also pings, pongs and the Close frame | the peer |
//! | [`read`](WebSocket::read) | all events that one read brought, borrowed: the batch API | the peer |
//! | [`send`](WebSocket::send), [`send_prepared`](WebSocket::send_prepared), [`ping`](WebSocket::ping) | queues a message and writes | the stream |
//! | [`feed`](WebSocket::feed), [`feed_prepared`](WebSocket::feed_prepared) | queues a message; the next call writes it | the stream, only if it does not fit |
//! | [`try_feed`](WebSocket::try_feed), [`try_feed_prepared`](WebSocket::try_feed_prepared) | queues a message if it fits | nothing |
//! | [`flush`](WebSocket::flush) | writes all that is queued | the stream |
//! | [`close`](WebSocket::close) | the closing handshake, to its end | the peer, at most [`Deadlines::close`](crate::Deadlines::close) |
//! | [`connection`](WebSocket::connection) | chunks, unsolicited pongs, the state | nothing |
//!
//! Keepalive and deadlines work through the timeouts of the stream, while a call waits; a call that waits for the peer also writes
//! what is queued, such as pongs. Between the calls nothing is read and nothing is answered.

mod accept;
mod client_stream;
mod connect;
mod driver;
mod handshake;
mod receiving;
mod sending;
#[cfg(feature = "rustls")]
mod tls;
mod transport;
mod wait;
mod websocket;

/// How many bytes one read takes at most.
const READ_SPACE: usize = 16 * 1024;

#[cfg(feature = "rustls")]
pub use super::tls::rustls;
#[doc(no_inline)]
pub use super::{ConnectError, ConnectStage, Error, Parts};
pub use accept::{AnyIncoming, Incoming, accept, accept_with, receive_any_request, receive_request};
pub use client_stream::ClientStream;
#[cfg(feature = "rustls")]
pub use connect::connect_tls;
pub use connect::{connect, connect_with};
pub use handshake::client_handshake;
pub use transport::Transport;
use wait::Wait;
pub use websocket::WebSocket;
