use super::uri_error::{Fault, ProxyUriError};
use crate::handshake::http1::{
    address::{Address, in_uri},
    credentials::Credentials,
    shown,
};
use alloc::string::String;
use core::fmt;

/// The port of every proxy whose URI has none, except for `https`: curl's default, since there is no registered port for the others.
const DEFAULT_PORT: u16 = 1080;

/// The port of an `https` proxy whose URI has none, as in curl.
const DEFAULT_HTTPS_PORT: u16 = 443;

/// "PLEN [...] 1 to 255", and the same for the user name (RFC 1929 §2).
const MAX_SOCKS_CREDENTIAL: usize = 255;

/// The address of a proxy, and the user name and the password for it.
///
/// | URI | protocol | default port | who resolves the name of the server |
/// |---|---|---|---|
/// | `http://proxy`, or without a scheme | HTTP CONNECT | 1080 | the proxy |
/// | `https://proxy` | HTTP CONNECT, with TLS to the proxy | 443 | the proxy |
/// | `socks5h://proxy`, `socks://proxy` | SOCKS5 | 1080 | the proxy |
/// | `socks5://proxy` | SOCKS5 | 1080 | the client |
///
/// Schemes and default ports are those of curl. One differs: `socks://` means SOCKS5 here, and not SOCKS4, which is not supported.
///
/// ```
/// use bowline::proxy::Proxy;
///
/// let proxy = Proxy::from_uri("socks5h://me:secret@proxy.example:9050")?;
/// assert_eq!((proxy.host(), proxy.port()), ("proxy.example", 9050));
/// assert!(proxy.resolves_names() && !proxy.is_secure());
/// assert_eq!(format!("{proxy:?}"), "socks5h://proxy.example:9050");
/// # Ok::<(), bowline::proxy::ProxyUriError>(())
/// ```
#[doc(alias("socks5", "http proxy", "socks proxy"))]
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) scheme: Scheme,
    host: String,
    port: u16,
    pub(super) credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
    Socks5,
    /// The proxy resolves the name of the server.
    Socks5h,
}

impl Scheme {
    fn of(name: &str) -> Option<Self> {
        Some(match &*name.to_ascii_lowercase() {
            "http" => Self::Http,
            "https" => Self::Https,
            "socks5" => Self::Socks5,
            "socks5h" | "socks" => Self::Socks5h,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    pub(super) const fn is_socks(self) -> bool {
        matches!(self, Self::Socks5 | Self::Socks5h)
    }
}

impl Proxy {
    /// Creates the proxy for a URI of the forms in the table [above](Self). User name and password come before the host, percent-encoded.
    ///
    /// # Errors
    ///
    /// [`ProxyUriError`] if the scheme is another one, if host, port or user information are not valid, or if there is a path.
    pub fn from_uri(uri: &str) -> Result<Self, ProxyUriError> {
        let (scheme, rest) = match uri.split_once("://") {
            Some((name, rest)) => (Scheme::of(name).ok_or_else(|| Fault::Scheme(shown::uri(uri.as_bytes())))?, rest),
            None => (Scheme::Http, uri),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let Address { credentials, host, port } =
            Address::parse(authority).map_err(|error| Fault::of_authority(error, authority, path))?;
        if !matches!(path, "" | "/") {
            return Err(Fault::Path(shown::part(authority, path)).into());
        }
        let default = if scheme == Scheme::Https { DEFAULT_HTTPS_PORT } else { DEFAULT_PORT };
        let port = port.unwrap_or(default);
        if port == 0 {
            return Err(Fault::Port(shown::part(authority, path)).into());
        }
        Self { scheme, host, port, credentials: None }.with_credentials(credentials)
    }

    /// Sets the user name and the password, instead of those of the URI. They are sent as UTF-8.
    ///
    /// Without TLS to the proxy, anybody who can read the connection to it can read them.
    ///
    /// # Errors
    ///
    /// [`ProxyUriError`] if the user name contains a colon, if either contains a control character, or if either is longer than 255
    /// bytes and the proxy is a SOCKS5 proxy. The proxy is then lost.
    #[doc(alias("Proxy-Authorization", "password"))]
    pub fn basic_auth(self, user: &str, password: &str) -> Result<Self, ProxyUriError> {
        let credentials = Credentials::new(user, password).map_err(|_| Fault::UserInfo)?;
        self.with_credentials(Some(credentials))
    }

    fn with_credentials(self, credentials: Option<Credentials>) -> Result<Self, ProxyUriError> {
        let is_too_long =
            |Credentials { user, password }: &Credentials| user.len().max(password.len()) > MAX_SOCKS_CREDENTIAL;
        if self.scheme.is_socks() && credentials.as_ref().is_some_and(is_too_long) {
            return Err(Fault::UserInfo.into());
        }
        Ok(Self { credentials, ..self })
    }

    /// Returns the name or the address to connect to. An IPv6 address is returned without its brackets, and with its zone if it has
    /// one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port to connect to. If the URI has none, it is the default of the table [above](Self).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether the connection to the proxy uses TLS, since the scheme is `https`. TLS to the server, if its URI is `wss`, is
    /// inside of the tunnel.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Returns whether the proxy resolves the name of the server. If not, the client resolves it, and passes
    /// [`Target::Address`](super::Target::Address) to the [`Tunnel`](super::Tunnel). It is false for `socks5://` only.
    #[doc(alias("DNS"))]
    #[must_use]
    pub fn resolves_names(&self) -> bool {
        self.scheme != Scheme::Socks5
    }
}

/// The URI without user name and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, credentials: _ } = self;
        write!(f, "{}://{}:{port}", scheme.name(), in_uri(host))
    }
}
