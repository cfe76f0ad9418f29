//! The driver: everything that does not depend on the application. `main.rs` explains it, file by file and step by step.

mod app;
mod peer;
mod server;
mod timers;

pub use app::App;
pub use peer::Counts;
pub use server::Server;

/// The size of an idle connection in bytes.
pub const PEER_SIZE: usize = size_of::<peer::Peer>();
