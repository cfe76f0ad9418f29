use crate::handshake::http1::{authority::AuthorityError, shown};
use alloc::string::String;
use thiserror::Error;

/// Why a text is not a valid origin for [`Accept::origins`](super::Accept::origins). Such an origin would never match.
///
/// The text is kept as an excerpt: at most 64 bytes, with everything escaped that is not printable ASCII. User information, query
/// and fragment are left out.
///
/// ```
/// use bowline::server::{Accept, OriginError};
///
/// let error = Accept::origins(["https://example.com/"]).unwrap_err();
/// assert_eq!(error, OriginError::Path("https://example.com/".into()));
/// assert_eq!(
///     error.to_string(),
///     "\"https://example.com/\" is not a valid origin: leave out everything after host and port, also a slash (RFC 6454 §6.2)"
/// );
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OriginError {
    /// The text is `*`. To accept pages of any origin, use [`Accept::any_origin`](super::Accept::any_origin).
    #[doc(alias("wildcard"))]
    #[error("\"*\" is not a valid origin: to accept pages of any origin, use Accept::any_origin (RFC 6455 §10.2)")]
    Wildcard,
    /// The text contains a `*`. There are no patterns: list each origin.
    #[error(
        "\"{0}\" is not a valid origin: list each origin without *, or use Accept::any_origin and check \
         Request::origin (RFC 6454 §6.2)"
    )]
    Pattern(String),
    /// The text does not begin with a scheme and `://`.
    #[error("\"{0}\" is not a valid origin: begin it with a scheme, such as https://example.com (RFC 6454 §6.2)")]
    Scheme(String),
    /// The text contains a user name. It is not shown, as it may contain a password.
    #[error("an origin must not contain a user name: leave out everything up to the @ (RFC 6454 §6.2)")]
    UserInfo,
    /// The host is not valid, or there is none.
    #[error("\"{0}\" has no valid host: use a name, an IPv4 address or an IPv6 address in brackets (RFC 3986 §3.2.2)")]
    Host(String),
    /// The name in the origin has characters outside of ASCII, which browsers never send.
    #[error("the host of \"{0}\" is not ASCII: convert it to Punycode, as browsers send it (RFC 6454 §6.2)")]
    HostNotAscii(String),
    /// The port is not a number, or is above 65535.
    #[error("\"{0}\" has no valid port: use 0 to 65535 (RFC 3986 §3.2.3)")]
    Port(String),
    /// A path, a query or a slash follows the host and the port.
    #[error("\"{0}\" is not a valid origin: leave out everything after host and port, also a slash (RFC 6454 §6.2)")]
    Path(String),
}

impl OriginError {
    pub(super) fn of_authority(error: AuthorityError, origin: &str, authority: &[u8]) -> Self {
        let received = shown::uri(origin.as_bytes());
        match error {
            // These bytes end an authority: the mistake is what follows, and not the host or the port.
            _ if authority.iter().any(|byte| b"/?#".contains(byte)) => Self::Path(received),
            AuthorityError::UserInfo => Self::UserInfo,
            AuthorityError::NotAscii => Self::HostNotAscii(shown::readable(origin)),
            AuthorityError::Host => Self::Host(received),
            AuthorityError::Port => Self::Port(received),
        }
    }
}
