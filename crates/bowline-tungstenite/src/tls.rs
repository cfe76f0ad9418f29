//! TLS for clients.

use crate::{
    error::{Result, UrlError},
    handshake::client::Request,
    stream::{MaybeTlsStream, Mode},
    uri::{host_and_port, uri_mode},
};
use std::{
    fmt,
    io::{Read, Write},
};

/// How a client encrypts `wss`. The same type is for blocking streams and for Tokio.
#[non_exhaustive]
#[derive(Clone)]
pub enum Connector {
    /// Without TLS: `wss` is then an error.
    Plain,
    /// By native-tls, the TLS library of the platform.
    #[cfg(feature = "native-tls")]
    NativeTls(native_tls_crate::TlsConnector),
    /// By rustls.
    #[cfg(feature = "__rustls-tls")]
    Rustls(std::sync::Arc<rustls::ClientConfig>),
}

/// The configuration is left out, since it can contain private keys.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            #[cfg(feature = "native-tls")]
            Self::NativeTls(_) => "NativeTls",
            #[cfg(feature = "__rustls-tls")]
            Self::Rustls(_) => "Rustls",
        })
    }
}

impl Connector {
    /// Returns the connector to use if the program has not chosen one: native-tls before rustls.
    #[cfg_attr(
        not(any(feature = "native-tls", feature = "__rustls-tls")),
        expect(clippy::unnecessary_wraps, reason = "it fails only with TLS")
    )]
    fn default_for_features() -> Result<Self> {
        #[cfg(feature = "native-tls")]
        return Ok(Self::NativeTls(native_tls_crate::TlsConnector::new().map_err(crate::error::TlsError::from)?));
        #[cfg(all(feature = "__rustls-tls", not(feature = "native-tls")))]
        return Ok(Self::Rustls(default_roots()?));
        #[cfg(not(any(feature = "native-tls", feature = "__rustls-tls")))]
        Ok(Self::Plain)
    }
}

/// Returns a configuration with the roots of the features.
#[cfg(all(feature = "__rustls-tls", not(feature = "native-tls")))]
#[cfg_attr(
    not(feature = "rustls-tls-native-roots"),
    expect(clippy::unnecessary_wraps, reason = "it fails only with the roots of the platform")
)]
fn default_roots() -> Result<std::sync::Arc<rustls::ClientConfig>> {
    #[cfg_attr(
        not(any(feature = "rustls-tls-native-roots", feature = "rustls-tls-webpki-roots")),
        expect(unused_mut, reason = "there are no roots to add")
    )]
    let mut roots = rustls::RootCertStore::empty();
    #[cfg(feature = "rustls-tls-native-roots")]
    {
        let found = rustls_native_certs::load_native_certs();
        #[cfg(not(feature = "rustls-tls-webpki-roots"))]
        if found.certs.is_empty() {
            let errors = found.errors;
            let text = format!("the platform has no root certificates: {errors:?}");
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, text).into());
        }
        roots.add_parsable_certificates(found.certs);
    }
    #[cfg(feature = "rustls-tls-webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth().into())
}

#[cfg(feature = "__rustls-tls")]
fn server_name(host: &str) -> Result<rustls_pki_types::ServerName<'static>> {
    Ok(rustls_pki_types::ServerName::try_from(host).map_err(|_| crate::error::TlsError::InvalidDnsName)?.to_owned())
}

/// How the stream for a request is encrypted: `None` for `ws`.
fn choose(request: &Request, connector: Option<Connector>) -> Result<Option<Connector>> {
    if let Mode::Plain = uri_mode(request.uri())? {
        return Ok(None);
    }
    match connector.map_or_else(Connector::default_for_features, Ok)? {
        Connector::Plain => Err(UrlError::TlsFeatureNotEnabled.into()),
        #[cfg(any(feature = "native-tls", feature = "__rustls-tls"))]
        connector => Ok(Some(connector)),
    }
}

/// Encrypts a blocking stream, if the scheme of the URL is `wss`.
pub(crate) fn wrap<S: Read + Write>(
    request: &Request,
    stream: S,
    connector: Option<Connector>,
) -> Result<MaybeTlsStream<S>> {
    let (host, _) = host_and_port(request.uri())?;
    match choose(request, connector)? {
        #[cfg(feature = "native-tls")]
        Some(Connector::NativeTls(connector)) => match connector.connect(host, stream) {
            Ok(stream) => Ok(MaybeTlsStream::NativeTls(stream)),
            Err(native_tls_crate::HandshakeError::Failure(error)) => Err(crate::Error::Tls(error.into())),
            // A stream that does not block must have made the handshake of TLS before.
            Err(native_tls_crate::HandshakeError::WouldBlock(_)) => {
                Err(crate::Error::Io(std::io::ErrorKind::WouldBlock.into()))
            }
        },
        #[cfg(feature = "__rustls-tls")]
        Some(Connector::Rustls(config)) => {
            let client =
                rustls::ClientConnection::new(config, server_name(host)?).map_err(crate::error::TlsError::from)?;
            Ok(MaybeTlsStream::Rustls(rustls::StreamOwned::new(client, stream)))
        }
        Some(Connector::Plain) | None => {
            let _ = host;
            Ok(MaybeTlsStream::Plain(stream))
        }
    }
}

/// Encrypts a stream of Tokio, if the scheme of the URL is `wss`.
#[cfg(feature = "stream")]
pub(crate) async fn wrap_async<S>(
    request: &Request,
    stream: S,
    connector: Option<Connector>,
) -> Result<crate::tokio_stream::MaybeTlsStream<S>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    use crate::tokio_stream::MaybeTlsStream;
    let (host, _) = host_and_port(request.uri())?;
    match choose(request, connector)? {
        #[cfg(feature = "native-tls")]
        Some(Connector::NativeTls(connector)) => {
            let connected = tokio_native_tls::TlsConnector::from(connector).connect(host, stream).await;
            Ok(MaybeTlsStream::NativeTls(connected.map_err(crate::error::TlsError::from)?))
        }
        #[cfg(feature = "__rustls-tls")]
        Some(Connector::Rustls(config)) => {
            let connected = tokio_rustls::TlsConnector::from(config).connect(server_name(host)?, stream).await;
            Ok(MaybeTlsStream::Rustls(connected.map_err(crate::Error::Io)?))
        }
        Some(Connector::Plain) | None => {
            let _ = host;
            Ok(MaybeTlsStream::Plain(stream))
        }
    }
}
