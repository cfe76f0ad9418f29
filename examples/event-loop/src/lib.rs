//! The driver: everything but what the server is for. The program beside it, `main.rs`, begins with a guide to it.

mod alarms;
mod app;
mod peer;
mod server;

pub use app::App;
pub use peer::Counts;
pub use server::Server;

/// What an idle connection takes.
pub const PEER_SIZE: usize = size_of::<peer::Peer>();
