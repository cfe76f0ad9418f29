//! Extensions of the protocol. The original has none; the names are those of its forks with permessage-deflate.

pub mod compression;

/// Which extensions a connection offers or accepts: [`WebSocketConfig::extensions`](crate::protocol::WebSocketConfig::extensions).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ExtensionsConfig {
    /// Compression of messages (RFC 7692). `None` neither offers nor accepts it.
    #[cfg(feature = "deflate")]
    pub permessage_deflate: Option<compression::deflate::DeflateConfig>,
}
