//! Where connecting can fail.

use core::fmt;

/// A stage of connecting to a server, to find out where it failed: see [`ConnectError::stage`](super::ConnectError::stage).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectStage {
    /// The DNS lookup of the host.
    Resolve,
    /// The TCP connection. It fails if none of the host's addresses accepted it.
    Tcp,
    /// The connection to a Unix socket.
    Unix,
    /// The dialogue with a proxy that asks for a connection to the server. This stage also fails if the variable of the environment
    /// that counts is not a valid proxy.
    Proxy,
    /// The TLS handshake. This stage also fails if the URI is `wss://` and TLS support is not compiled in, or if the platform's
    /// root certificates cannot be loaded.
    Tls,
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "DNS lookup",
            Self::Tcp => "TCP",
            Self::Unix => "Unix socket",
            Self::Proxy => "proxy",
            Self::Tls => "TLS",
        })
    }
}

/// The host that a stage of connecting is about, with its port: see [`ConnectError::hop`](super::ConnectError::hop).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectHop<'a> {
    /// The server in the URI.
    Server(&'a str, u16),
    /// The proxy on the way to it.
    Proxy(&'a str, u16),
}

/// Which of the two hosts a stage is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Server,
    Proxy,
}

impl End {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Proxy => "proxy",
        }
    }
}
