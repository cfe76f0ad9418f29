//! The adapter for blocking streams, such as the sockets of the standard library, with a thread for each connection. It needs
//! only the feature `std`. The [guide](crate::guide::blocking) explains it step by step.
//!
//! A server that sends every message back:
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
//!             socket.feed(message)?; // the next `recv` writes
//!         }
//!         Ok(())
//!     });
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A client uses [`connect`]. For a `wss://` URI it uses TLS, which needs the feature `rustls`:
//!
//! ```no_run
//! use bowline::{CloseCode, Config, adapter::blocking};
//!
//! let (mut socket, _response) = blocking::connect("wss://example.com/chat", Config::default())?;
//! socket.send("Hello")?;
//! if let Some(message) = socket.recv()? {
//!     println!("{message:?}");
//! }
//! println!("{}", socket.close(CloseCode::NORMAL, "done")?);
//! # Ok::<(), blocking::Error>(())
//! ```
//!
//! By default, it uses the proxy of the environment and does not follow redirects, as curl. [`connect_using`] takes
//! [`ConnectOptions`] for proxies, redirects, cookies, TLS, DNS and Unix sockets.
//!
//! # Which call does what
//!
//! | call | what it does | waits for |
//! |---|---|---|
//! | [`recv`](WebSocket::recv) | returns the next message, owned | a message |
//! | [`recv_timeout`](WebSocket::recv_timeout) | returns the next message, owned | a message, at most as long as the timeout |
//! | [`try_recv`](WebSocket::try_recv) | returns the next message, if there is one | nothing |
//! | [`next_event`](WebSocket::next_event) | returns the next event, owned: also pings, pongs and the Close frame | an event |
//! | [`read`](WebSocket::read) | returns all events of one read, borrowed (the batch API) | bytes |
//! | [`send`](WebSocket::send), [`send_prepared`](WebSocket::send_prepared), [`ping`](WebSocket::ping) | queues and writes | the stream |
//! | [`feed`](WebSocket::feed), [`feed_prepared`](WebSocket::feed_prepared) | queues a message | the stream, only if it does not fit |
//! | [`try_feed`](WebSocket::try_feed), [`try_feed_prepared`](WebSocket::try_feed_prepared) | queues a message, if it fits | nothing |
//! | [`flush`](WebSocket::flush) | writes everything that is queued | the stream |
//! | [`close`](WebSocket::close) | makes the whole closing handshake | the peer |
//! | [`connection`](WebSocket::connection) | returns the [`Connection`](crate::Connection): chunks, pongs, the state | nothing |
//!
//! A call that waits for the peer also writes what is queued, answers pings, sends keepalive pings and checks deadlines. For its
//! deadlines it sets the timeouts of the stream. A call that waits for the stream to accept output does the same, and receives into
//! memory meanwhile. Between the calls nothing is read and nothing is answered.
//!
//! To send while no messages arrive, use [`recv_timeout`](WebSocket::recv_timeout) or [`try_recv`](WebSocket::try_recv) in the
//! thread of the connection, or [`split`](WebSocket::split) it into a [`Receiver`] and a [`Sender`] for different threads.
//!
//! A [`ByteStream`] is a connection as a stream of bytes, to run another protocol over it.

mod accept;
mod byte_stream;
mod client_stream;
mod connect;
mod dial;
mod driver;
mod handshake;
mod layer;
mod receiving;
mod reconnecting;
mod sending;
mod socket;
mod split;
#[cfg(feature = "rustls")]
mod tls;
mod transport;
mod tunnel;
mod wait;
mod websocket;
mod writing;

/// The maximum size of one read, in bytes. Each connection has a buffer of this size.
const READ_SPACE: usize = 16 * 1024;

#[cfg(feature = "rustls")]
pub use super::tls::rustls;
#[doc(no_inline)]
pub use super::{ConnectError, ConnectHop, ConnectOptions, ConnectStage, Error, Parts};
pub use accept::{AnyIncoming, Incoming, accept, accept_with, receive_any_request, receive_request};
pub use byte_stream::ByteStream;
pub use client_stream::ClientStream;
pub use connect::{connect, connect_using, connect_with};
pub use handshake::client_handshake;
pub use reconnecting::Reconnecting;
pub use socket::Socket;
pub use split::{Receiver, ReuniteError, Sender};
pub use transport::Transport;
use wait::Wait;
pub use websocket::WebSocket;
