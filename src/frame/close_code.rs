//! Close codes (RFC 6455 §7.4), and which of them may appear on the wire. Code 1005 is never encoded: `CloseFrame::body` sends an
//! empty body instead.

use core::fmt;

/// Why a connection is closed: a close code of RFC 6455 §7.4 and of the registry of IANA.
///
/// [`Connection::close`](crate::Connection::close) sends one, and [`Closure::code`](crate::Closure::code) returns the one that the
/// peer sent. Use 1000 for a normal end, and 4000 to 4999 for the reasons of your application.
///
/// Three codes are only reported to the application, and never sent: [`NO_STATUS`](Self::NO_STATUS), [`ABNORMAL`](Self::ABNORMAL)
/// and [`TLS_HANDSHAKE`](Self::TLS_HANDSHAKE).
///
/// ```
/// use bowline::CloseCode;
///
/// assert_eq!(CloseCode::NORMAL.get(), 1000);
/// assert!(CloseCode::new(4242).may_be_received()); // private use
/// assert!(!CloseCode::ABNORMAL.may_be_received());
/// assert_eq!(CloseCode::ABNORMAL.to_string(), "1006 (abnormal closure)");
/// ```
#[cfg_attr(
    feature = "std",
    doc = "\nWho sends which code, and what to do about it: [`guide::closing`](crate::guide::closing#each-code)."
)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    #[doc(alias = "1000")]
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint goes away: a server shuts down, or a browser leaves the page.
    #[doc(alias = "1001")]
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke a rule of the protocol.
    #[doc(alias = "1002")]
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint cannot accept this type of data, such as binary where only text is understood.
    #[doc(alias = "1003")]
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the peer's Close frame had no code. Only reported, never sent.
    ///
    /// [`Connection::close`](crate::Connection::close) with this code sends a Close frame without a body.
    #[doc(alias = "1005")]
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a Close frame from the peer. Only reported, never sent.
    ///
    /// The reason is in [`Closure::cause`](crate::Closure::cause).
    #[doc(alias = "1006")]
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: the data is not valid for its type, such as text that is not UTF-8.
    #[doc(alias = "1007")]
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: the message violates a policy of the endpoint. Use it if no other code applies.
    #[doc(alias = "1008")]
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: the message is too big to process.
    #[doc(alias = "1009")]
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: the client requires an extension that the server did not agree to. Only clients send it.
    #[doc(alias = "1010")]
    pub const EXTENSION_REQUIRED: Self = Self(1010);
    /// 1011: an unexpected condition prevents the endpoint from continuing.
    #[doc(alias = "1011")]
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts (registered after the RFC).
    #[doc(alias = "1012")]
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the service is overloaded, and the client should try again later (registered after the RFC).
    #[doc(alias = "1013")]
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway received an invalid response from the server behind it (registered after the RFC).
    #[doc(alias = "1014")]
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. Only reported, never sent.
    #[doc(alias = "1015")]
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// Creates the code with this number. Any value can be represented. Use [`may_be_received`](Self::may_be_received) and
    /// [`may_be_sent_by`](Self::may_be_sent_by) to check whether it may appear on the wire.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Returns the code as an integer, such as 1000.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns whether a received Close frame with this code is valid. Valid are the registered codes 1000–1003 and 1007–1014, and
    /// 3000–4999 for libraries and applications. All others are reserved or unassigned (§7.4.2).
    #[must_use]
    pub const fn may_be_received(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Returns whether an endpoint with this role may send the code. The codes are those of
    /// [`may_be_received`](Self::may_be_received), but 1010 is for clients only (§7.4.1).
    #[must_use]
    pub const fn may_be_sent_by(self, role: crate::Role) -> bool {
        self.may_be_received() && !(self.0 == 1010 && matches!(role, crate::Role::Server))
    }

    /// Returns the registered name of the code, or the name of its range, for logs.
    ///
    /// ```
    /// use bowline::CloseCode;
    ///
    /// assert_eq!(CloseCode::new(1009).name(), "message too big");
    /// assert_eq!(CloseCode::new(4001).name(), "private use");
    /// ```
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
