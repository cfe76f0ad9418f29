//! permessage-deflate (RFC 7692).

use crate::protocol::Role;
use bowline::deflate::Options;
use thiserror::Error;

/// How to compress, and what to agree on in the opening handshake.
///
/// With [`from_raw_socket`](crate::protocol::WebSocket::from_raw_socket), where there is no handshake, these are the parameters that
/// were agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeflateConfig {
    /// How much work to put into compression.
    pub compression: Compression,
    /// Whether the server compresses each message on its own.
    pub server_no_context_takeover: bool,
    /// Whether the client compresses each message on its own.
    pub client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
}

/// A compression level, as in the crate `flate2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression(u8);

impl Compression {
    /// Creates a level from 0 (none) to 9 (best). Larger ones count as 9.
    #[must_use]
    pub fn new(level: u32) -> Self {
        Self(u8::try_from(level).unwrap_or(9).min(9))
    }

    /// Returns the level for the least work.
    #[must_use]
    pub const fn fast() -> Self {
        Self(1)
    }

    /// Returns the level for the smallest messages.
    #[must_use]
    pub const fn best() -> Self {
        Self(9)
    }

    /// Returns the level as a number.
    #[must_use]
    pub const fn level(self) -> u32 {
        self.0 as u32
    }
}

impl Default for Compression {
    /// Returns the default of bowline, which is 2.
    fn default() -> Self {
        Self(Options::default().level)
    }
}

/// The number of bits of a window is not from 9 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the number of bits of a window must be from 9 to 15")]
pub struct DeflateInvalidMaxWindowBits;

impl DeflateConfig {
    /// Creates a configuration with context takeover and the largest windows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            compression: Compression::default(),
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }

    /// Returns the size of the server's window, in bits.
    #[must_use]
    pub const fn server_max_window_bits(&self) -> u8 {
        self.server_max_window_bits
    }

    /// Returns the size of the client's window, in bits.
    #[must_use]
    pub const fn client_max_window_bits(&self) -> u8 {
        self.client_max_window_bits
    }

    /// Sets the size of the window of one endpoint, in bits.
    ///
    /// # Errors
    ///
    /// Returns [`DeflateInvalidMaxWindowBits`] if it is not from 9 to 15.
    pub const fn set_max_window_bits(mut self, role: Role, bits: u8) -> Result<Self, DeflateInvalidMaxWindowBits> {
        if bits < 9 || bits > 15 {
            return Err(DeflateInvalidMaxWindowBits);
        }
        match role {
            Role::Server => self.server_max_window_bits = bits,
            Role::Client => self.client_max_window_bits = bits,
        }
        Ok(self)
    }

    /// Sets whether one endpoint compresses each message on its own.
    #[must_use]
    pub const fn set_no_context_takeover(mut self, role: Role, no_context_takeover: bool) -> Self {
        match role {
            Role::Server => self.server_no_context_takeover = no_context_takeover,
            Role::Client => self.client_no_context_takeover = no_context_takeover,
        }
        self
    }

    /// Returns the options of bowline for an endpoint with this role.
    pub(crate) fn options(self, role: Role) -> Options {
        let server = (!self.server_no_context_takeover, self.server_max_window_bits);
        let client = (!self.client_no_context_takeover, self.client_max_window_bits);
        let (own, peer) = match role {
            Role::Server => (server, client),
            Role::Client => (client, server),
        };
        Options::default().with(|options| {
            options.level = self.compression.0;
            (options.context_takeover, options.window_bits) = own;
            (options.peer_context_takeover, options.peer_window_bits) = peer;
        })
    }
}

impl Default for DeflateConfig {
    fn default() -> Self {
        Self::new()
    }
}
