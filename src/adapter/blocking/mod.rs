//! The adapter for blocking streams: a thread for each connection.
//!
//! ```no_run
//! use bowline::{Config, adapter::blocking, server::Accept};
//! use std::{net::TcpListener, sync::Arc};
//!
//! let config = Arc::new(Config::default());
//! for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
//!     let (stream, config) = (stream?, config.clone());
//!     std::thread::spawn(move || -> Result<(), blocking::Error> {
//!         let mut socket = blocking::accept(stream, &Accept::same_origin(), &config)?;
//!         while let Some(message) = socket.recv()? {
//!             socket.send(message)?;
//!         }
//!         Ok(())
//!     });
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Keepalive and deadlines work through the timeouts of the stream, while a call to [`WebSocket::recv`],
//! [`read`](WebSocket::read), [`send`](WebSocket::send), [`flush`](WebSocket::flush) or [`close`](WebSocket::close) waits. Between such calls nothing is
//! read and nothing is answered.

mod connect;
mod opening;
mod transport;
mod websocket;

/// How many bytes one read takes.
const READ_SPACE: usize = 16 * 1024;

pub use super::{
    connect_error::{ConnectError, ConnectStage},
    error::Error,
};
pub use connect::{connect, connect_with};
pub use opening::{accept, accept_with, client};
pub use transport::Transport;
pub use websocket::WebSocket;
