//! Messages over a stream that has finished the opening handshake.

mod clock;
mod config;
mod context;
pub mod frame;
mod message;
mod raw_frame;
mod read_buffer;
mod violation;
mod websocket;
mod writer;

pub use config::WebSocketConfig;
pub use context::WebSocketContext;
pub use frame::CloseFrame;
pub use message::Message;
pub use websocket::WebSocket;

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This end accepted the connection.
    Server,
    /// This end opened the connection.
    Client,
}

impl From<Role> for bowline::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Server => Self::Server,
            Role::Client => Self::Client,
        }
    }
}
