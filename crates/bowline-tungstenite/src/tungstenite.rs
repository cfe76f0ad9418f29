//! Everything of the crate `tungstenite`, as `tokio_tungstenite::tungstenite` has it.

pub use crate::{
    Bytes, Error, Message, Result, Utf8Bytes, WebSocket, buffer, error, extensions, protocol, stream, util,
};
#[cfg(feature = "handshake")]
pub use crate::{client, handshake, http};
