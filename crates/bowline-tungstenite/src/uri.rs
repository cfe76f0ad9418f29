use crate::{
    error::{Result, UrlError},
    stream::Mode,
};
use http::Uri;

/// Returns the host to connect to, without the brackets of an IPv6 address, and the port.
pub(crate) fn host_and_port(uri: &Uri) -> Result<(&str, u16)> {
    let host = uri.host().ok_or(UrlError::NoHostName)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let default = match uri_mode(uri)? {
        Mode::Plain => 80,
        Mode::Tls => 443,
    };
    Ok((host, uri.port_u16().unwrap_or(default)))
}

/// Returns whether a URI needs TLS: [`Mode::Tls`] for `wss`.
///
/// ```
/// use bowline_tungstenite::{client::uri_mode, stream::Mode};
///
/// assert!(matches!(uri_mode(&"wss://example.com/".parse().unwrap()), Ok(Mode::Tls)));
/// assert!(uri_mode(&"https://example.com/".parse().unwrap()).is_err());
/// ```
///
/// # Errors
///
/// [`UrlError::UnsupportedUrlScheme`] if the scheme is neither `ws` nor `wss`.
pub fn uri_mode(uri: &Uri) -> Result<Mode> {
    match uri.scheme_str() {
        Some("ws") => Ok(Mode::Plain),
        Some("wss") => Ok(Mode::Tls),
        _ => Err(UrlError::UnsupportedUrlScheme.into()),
    }
}
