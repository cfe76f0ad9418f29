//! The driver: everything but what the server is for.

mod alarms;
mod app;
mod peer;
mod server;

pub(crate) use app::App;
pub(crate) use server::Server;

/// What an idle connection takes.
pub(crate) const PEER_SIZE: usize = size_of::<peer::Peer>();
