use core::fmt;

/// The role of an endpoint, client or server: the first argument of [`Connection::new`](crate::Connection::new).
///
/// After the opening handshake, the roles differ in three points. Clients mask their frames and servers do not (RFC 6455 §5.1). The
/// server closes TCP first (§7.1.1). Only clients may send close code 1010 (§7.4.1).
///
/// ```
/// use bowline::{CloseCode, Role};
///
/// assert_eq!(Role::Client.peer(), Role::Server);
/// assert!(!CloseCode::EXTENSION_REQUIRED.may_be_sent_by(Role::Server));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The endpoint that opened the connection. Its frames are masked.
    Client,
    /// The endpoint that accepted the connection. Its frames are not masked.
    Server,
}

impl Role {
    /// Returns the opposite role: that of the peer.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}
