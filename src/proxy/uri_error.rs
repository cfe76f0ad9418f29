use crate::handshake::http1::{authority::AuthorityError, shown};
use alloc::string::String;
use core::fmt;
use thiserror::Error;

/// Why the URI of a [`Proxy`](super::Proxy) is not valid. Nothing was sent.
///
/// The error shows an excerpt of the URI, without user information.
///
/// ```
/// use bowline::proxy::Proxy;
///
/// let error = Proxy::from_uri("socks4://proxy.example:1080").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "\"socks4://proxy.example:1080\" is not a valid proxy: it must begin with http://, https://, socks5:// or socks5h://"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ProxyUriError {
    variable: Option<&'static str>,
    fault: Fault,
}

/// The part of the URI that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("\"{0}\" is not a valid proxy: it must begin with http://, https://, socks5:// or socks5h://")]
    Scheme(String),
    #[error("\"{0}\" has no valid host: use a name, an IPv4 address or an IPv6 address in brackets (RFC 3986 §3.2.2)")]
    Host(String),
    #[error("the host \"{0}\" is not ASCII: convert it to Punycode (xn--) first (RFC 3986 §3.2.2)")]
    HostNotAscii(String),
    #[error("\"{0}\" has no valid port: use 1 to 65535 (RFC 3986 §3.2.3)")]
    Port(String),
    #[error("\"{0}\" is not a valid proxy: leave out the path, or write %2F for a / in a user name or a password")]
    Path(String),
    #[error(
        "the user name or the password for the proxy is not valid: the user name must not contain a colon, neither may contain \
         control characters, for SOCKS5 each has at most 255 bytes, and a % in a URI is written %25 (RFC 7617 §2, RFC 1929 §2)"
    )]
    UserInfo,
}

impl Fault {
    /// The fault of an authority. `after` is the text behind it.
    pub(super) fn of_authority(error: AuthorityError, authority: &str, after: &str) -> Self {
        let received = shown::part(authority, after);
        match error {
            AuthorityError::UserInfo => Self::UserInfo,
            AuthorityError::NotAscii if authority.contains('@') || after.contains('@') => Self::HostNotAscii(received),
            AuthorityError::NotAscii => Self::HostNotAscii(shown::readable(authority)),
            AuthorityError::Host => Self::Host(received),
            AuthorityError::Port => Self::Port(received),
        }
    }
}

impl From<Fault> for ProxyUriError {
    fn from(fault: Fault) -> Self {
        Self { variable: None, fault }
    }
}

impl ProxyUriError {
    /// Returns the error with the name of the variable that has the URI.
    #[cfg(feature = "std")]
    pub(super) fn in_variable(self, name: &'static str) -> Self {
        Self { variable: Some(name), ..self }
    }

    /// Returns the name of the environment variable with the URI, such as `https_proxy`. `None` if the URI is from elsewhere.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        self.variable
    }
}

impl fmt::Display for ProxyUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = self.variable {
            write!(f, "the environment variable {variable}: ")?;
        }
        self.fault.fmt(f)
    }
}
