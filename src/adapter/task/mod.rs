//! What the adapters for tasks share: the driver, the connection with its two halves, and the opening handshake. The adapters add
//! the functions that begin a connection, as each runtime has its own streams and its own clock.

mod clock;
mod driver;
mod handshake;
mod incoming;
#[cfg(feature = "futures-io")]
mod on_futures_io;
#[cfg(feature = "tokio")]
mod on_tokio;
mod polling;
mod read_buffer;
mod receiving;
mod runtime;
mod sending;
mod sink;
mod split;
mod wakers;
mod websocket;
#[cfg(not(feature = "tokio"))]
mod without_tokio;
mod writing;

pub(super) use clock::Clock;
#[cfg(feature = "tokio")]
pub(super) use driver::Driver;
pub(super) use handshake::client_handshake;
pub use incoming::{AnyIncoming, Incoming};
pub(super) use incoming::{accept_with, receive_any_request, receive_request};
#[cfg(feature = "futures-io")]
pub use on_futures_io::Timer;
#[cfg(feature = "tokio")]
pub use on_tokio::Tokio;
pub use runtime::Runtime;
pub use split::{Receiver, ReuniteError, Sender};
#[cfg(feature = "tokio")]
pub(super) use wakers::{Goal, SINK, STREAM};
pub use websocket::WebSocket;
#[cfg(not(feature = "tokio"))]
use without_tokio::Tokio;
