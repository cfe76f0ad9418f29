use core::fmt;

/// The role of an endpoint: client or server.
///
/// After the opening handshake, the roles differ in two points: clients mask what they send and servers do not (RFC 6455 §5.1), and the
/// server closes TCP first (§7.1.1).
///
/// ```
/// use bowline::{CloseCode, Role};
///
/// assert_eq!(Role::Client.peer(), Role::Server);
/// assert!(!CloseCode::EXTENSION_REQUIRED.may_be_sent_by(Role::Server));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The endpoint that opened the connection: its frames are masked.
    Client,
    /// The endpoint that accepted the connection: its frames are not masked.
    Server,
}

impl Role {
    /// The role of the peer of an endpoint with this role.
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
