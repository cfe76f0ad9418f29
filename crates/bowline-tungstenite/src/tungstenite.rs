//! Everything of the crate `tungstenite`, as `tokio_tungstenite::tungstenite` has it.

pub use crate::{
    Bytes, Error, Message, Result, Utf8Bytes, WebSocket, buffer, error, extensions, protocol, stream, util,
};
#[cfg(feature = "handshake")]
pub use crate::{
    ClientHandshake, ClientRequestBuilder, Connector, HandshakeError, ServerHandshake, accept, accept_hdr,
    accept_hdr_with_config, accept_with_config, client, client_tls, client_tls_with_config, connect, handshake, http,
};
