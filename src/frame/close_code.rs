//! Close codes (RFC 6455 §7.4), and which of them may appear on the wire. `CloseFrame::body` encodes 1005 as an empty body.

use core::fmt;

/// Why a connection is closed (RFC 6455 §7.4 and the IANA registry it set up).
///
/// Three codes are never sent; they are reported to the application only: [`NO_STATUS`](Self::NO_STATUS),
/// [`ABNORMAL`](Self::ABNORMAL) and [`TLS_HANDSHAKE`](Self::TLS_HANDSHAKE).
///
/// ```
/// use bowline::CloseCode;
/// assert_eq!(CloseCode::NORMAL.get(), 1000);
/// assert!(CloseCode::new(4242).may_be_received()); // private use
/// assert!(!CloseCode::ABNORMAL.may_be_received());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint is going away: a server shuts down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke a rule of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint cannot accept this type of data, such as binary where only text is understood.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: only reported, never sent: the peer's Close frame had no code.
    ///
    /// [`Connection::close`](crate::Connection::close) with this code sends a Close frame without a body.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: only reported, never sent: the connection ended without a Close frame from the peer.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: the data is not valid for its type, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: the message violates a policy of the endpoint. Use it if no other code applies.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: the message is too big to process.
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: the client requires an extension that the server did not agree to.
    pub const EXTENSION_REQUIRED: Self = Self(1010);
    /// 1011: an unexpected condition prevents the endpoint from continuing.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service is restarting (registered after the RFC).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the service is overloaded; the client should try again later (registered after the RFC).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway received an invalid response from the server behind it (registered after the RFC).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: only reported, never sent: the TLS handshake failed.
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// The code with this number. Any value can be represented; use [`may_be_received`](Self::may_be_received) and
    /// [`may_be_sent_by`](Self::may_be_sent_by) to check whether it may appear on the wire.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The code as an integer, such as 1000.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether a Close frame with this code is valid: the registered codes 1000–1003 and 1007–1014, and
    /// 3000–4999 for libraries and applications. All others are reserved or unassigned (§7.4.2).
    #[must_use]
    pub const fn may_be_received(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether an endpoint with this role may send the code: like [`may_be_received`](Self::may_be_received), but 1010 is
    /// for clients only (§7.4.1).
    #[must_use]
    pub const fn may_be_sent_by(self, role: crate::Role) -> bool {
        self.may_be_received() && !(self.0 == 1010 && matches!(role, crate::Role::Server))
    }

    /// The registered name of the code, or the name of its range.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no status received",
            1006 => "abnormal closure",
            1007 => "invalid payload data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "mandatory extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake failed",
            3000..=3999 => "registered by a library or framework",
            4000..=4999 => "private use",
            _ => "unassigned",
        }
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl PartialEq<u16> for CloseCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}
