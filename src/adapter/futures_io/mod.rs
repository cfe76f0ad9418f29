//! The adapter for runtimes other than Tokio: smol, async-std, compio and others. It works over any stream that is
//! [`AsyncRead`](::futures_io::AsyncRead) and [`AsyncWrite`](::futures_io::AsyncWrite) of the crate `futures-io`, and needs the
//! feature `futures-io`. The crate `tokio` is not among its dependencies. The [guide](crate::guide::futures_io) explains it step by
//! step.
//!
//! A server that sends every message back. `timer` makes the [`Timer`] of a connection, which you write once for your runtime:
//!
//! ```no_run
//! use bowline::{Config, adapter::futures_io::{self as ws, Error, Timer}, server::Accept};
//! use futures_io::{AsyncRead, AsyncWrite};
//!
//! async fn echo<S: AsyncRead + AsyncWrite + Unpin>(stream: S, timer: impl Timer) -> Result<(), Error> {
//!     let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default(), timer).await?;
//!     while let Some(message) = socket.recv().await? {
//!         socket.feed(message).await?; // the next `recv` writes
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A client connects the stream itself, also for TLS, and makes the opening handshake over it:
//!
//! ```no_run
//! # use bowline::{CloseCode, Config, adapter::futures_io::{self as ws, Error, Timer}, client::Request};
//! # use futures_io::{AsyncRead, AsyncWrite};
//! # async fn run<S: AsyncRead + AsyncWrite + Unpin>(stream: S, timer: impl Timer) -> Result<(), Error> {
//! let request = Request::from_uri("ws://localhost/chat")?;
//! let (mut socket, _response) = ws::client_handshake(stream, request, Config::default(), timer).await?;
//! socket.send("Hello").await?;
//! println!("{:?}", socket.recv().await?);
//! println!("{}", socket.close(CloseCode::NORMAL, "that was all").await?);
//! # Ok(())
//! # }
//! ```
//!
//! [`WebSocket`] and its halves are those of `adapter::tokio`, with the timer as the second parameter of the type:
//! `WebSocket<smol::net::TcpStream, SmolTimer>`. They have the same methods, the same guarantees, and one implementation. Every
//! future of an open connection can be dropped at any time, and receiving also writes. A [`WebSocket`] is a
//! [`Stream`](futures_core::Stream) of messages and a [`Sink`](futures_sink::Sink).
//!
//! # What is different from Tokio
//!
//! - **The timer is an argument** of each function that begins a connection. Keepalive pings and deadlines need it.
//! - **There is no `connect`**, since connecting and TLS belong to the runtime. Connect with its `TcpStream`, and call
//!   [`client_handshake`](client_handshake()). For `wss://`, pass the stream of a TLS library such as `futures-rustls`.
//! - **The end of the stream** in one direction is `poll_close`. For TCP and TLS, that leaves the other direction open, as a
//!   closing handshake needs it.
//! - **A large message is copied once more** than on Tokio, as `futures_io::AsyncRead` cannot read into memory that is not
//!   initialized.

mod accept;
mod handshake;
mod websocket;

pub use super::task::{AnyIncoming, Incoming, Receiver, ReuniteError, Sender, Timer, WebSocket};
#[doc(no_inline)]
pub use super::{Error, Parts};
pub use accept::{accept, accept_with, receive_any_request, receive_request};
pub use handshake::client_handshake;
