//! Tests of Tokio programs: streams in memory, scripted peers, and a mock server. It needs the feature `tokio`.
//!
//! Everything follows Tokio's clock. With `#[tokio::test(start_paused = true)]`, waiting takes no time: a test of a deadline of a
//! minute is over at once.
//!
//! ```
//! use bowline::{Config, adapter::tokio as ws, server::Accept};
//! use bowline_test::{Wire, tokio::{Peer, Stream, stream_pair}};
//!
//! /// What is to be tested.
//! async fn handle(stream: Stream) -> Result<(), ws::Error> {
//!     let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
//!     socket.send("welcome").await?;
//!     while let Some(message) = socket.recv().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (far, near) = stream_pair(Wire::new());
//! let handler = tokio::spawn(handle(near));
//!
//! let mut peer = Peer::connect(far, "ws://localhost/").await;
//! peer.expect_text("welcome").await;
//! peer.send_text("Hello").await;
//! peer.expect_text("Hello").await;
//! peer.send_close(1001, "").await;
//! peer.expect_close(1001).await;
//! peer.expect_end().await;
//! handler.await??;
//! # Ok(())
//! # }
//! ```

mod mock_server;
mod peer;
mod perform;
mod play;
mod stream;

pub use mock_server::{MockError, MockServer};
pub use peer::Peer;
pub use stream::{Stream, WireHandle, stream_pair};
