//! `wss://` on both kinds of streams, with a certificate made by the test.

#![expect(clippy::unwrap_used, reason = "that is how helpers of tests fail")]

use bowline_tungstenite::{
    Connector, Error, MaybeTlsStream, Message, WebSocketStream, accept_async, client_tls_with_config, connect,
    connect_async_tls_with_config,
    error::UrlError,
    stream::{self, NoDelay},
};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::sync::Arc;
use tokio::{net::TcpListener, net::TcpStream, task::JoinHandle};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The port of an echo server with a certificate for `localhost`, and that certificate.
async fn server() -> (u16, CertificateDer<'static>, JoinHandle<Option<()>>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let mut socket: WebSocketStream<TlsStream<TcpStream>> = accept_async(stream).await.ok()?;
        let message = socket.next().await?.ok()?;
        socket.send(message).await.ok()
    });
    (port, cert.der().clone(), serves)
}

fn trusting(certificate: Option<CertificateDer<'static>>) -> Connector {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificate);
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Connector::Rustls(config.into())
}

fn data() -> Message {
    Message::binary((0..=250_u8).cycle().take(100_000).collect::<Vec<u8>>())
}

#[tokio::test]
async fn rustls_on_tokio() {
    let (port, certificate, serves) = server().await;
    let url = format!("wss://localhost:{port}/");
    let connector = Some(trusting(Some(certificate)));
    let (mut socket, response) = connect_async_tls_with_config(url, None, true, connector).await.unwrap();
    assert_eq!(response.status(), 101);
    assert!(matches!(socket.get_ref(), MaybeTlsStream::Rustls(_)));
    assert!(socket.get_ref().get_ref().nodelay().unwrap());
    socket.send(data()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), data());
    assert_eq!(serves.await.unwrap(), Some(()));
}

#[tokio::test]
async fn rustls_blocking() {
    let (port, certificate, serves) = server().await;
    let client = tokio::task::spawn_blocking(move || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let connector = Some(trusting(Some(certificate)));
        let (mut socket, _) =
            client_tls_with_config(format!("wss://localhost:{port}/"), stream, None, connector).unwrap();
        assert!(matches!(socket.get_ref(), stream::MaybeTlsStream::Rustls(_)));
        socket.get_mut().set_nodelay(true).unwrap();
        socket.send(data()).unwrap();
        assert_eq!(socket.read().unwrap(), data());
    });
    client.await.unwrap();
    assert_eq!(serves.await.unwrap(), Some(()));
}

/// A certificate that is not trusted fails the connection.
#[tokio::test]
async fn untrusted() {
    let (port, _, serves) = server().await;
    let url = format!("wss://localhost:{port}/");
    let result = connect_async_tls_with_config(url, None, false, Some(trusting(None))).await;
    assert!(matches!(result, Err(Error::Io(_))), "{result:?}");
    assert_eq!(serves.await.unwrap(), None);
}

/// A connector without TLS does not send in the clear what should be encrypted, and is right for `ws`.
#[tokio::test]
async fn plain() {
    let (port, _, serves) = server().await;
    let url = |scheme: &str| format!("{scheme}://localhost:{port}/");
    let result = connect_async_tls_with_config(url("wss"), None, false, Some(Connector::Plain)).await;
    assert!(matches!(result, Err(Error::Url(UrlError::TlsFeatureNotEnabled))), "{result:?}");
    assert_eq!(serves.await.unwrap(), None);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = tokio::spawn(async move { accept_async(listener.accept().await.unwrap().0).await.is_ok() });
    let url = format!("ws://localhost:{port}/");
    let (socket, _) = connect_async_tls_with_config(url, None, false, Some(trusting(None))).await.unwrap();
    assert!(matches!(socket.get_ref(), MaybeTlsStream::Plain(_)));
    assert!(serves.await.unwrap());
}

/// Without a connector, the roots of the features are used, which do not contain the certificate of a test.
#[tokio::test]
#[cfg(any(feature = "native-tls", feature = "rustls-tls-webpki-roots"))]
async fn default_roots() {
    // With several providers in one build, rustls cannot choose.
    let _ = ring::default_provider().install_default();
    let (port, _, serves) = server().await;
    let error = tokio::task::spawn_blocking(move || connect(format!("wss://localhost:{port}/")).unwrap_err());
    assert!(matches!(error.await.unwrap(), Error::Io(_) | Error::Tls(_)));
    assert_eq!(serves.await.unwrap(), None);
}

#[cfg(feature = "native-tls")]
mod native {
    use super::*;
    use native_tls_crate::{Certificate, TlsConnector};

    fn trusting(certificate: &CertificateDer<'static>) -> Connector {
        let certificate = Certificate::from_der(certificate).unwrap();
        let mut builder = TlsConnector::builder();
        Connector::NativeTls(builder.disable_built_in_roots(true).add_root_certificate(certificate).build().unwrap())
    }

    #[tokio::test]
    async fn on_tokio() {
        let (port, certificate, serves) = server().await;
        let url = format!("wss://localhost:{port}/");
        let connector = Some(trusting(&certificate));
        let (mut socket, _) = connect_async_tls_with_config(url, None, false, connector).await.unwrap();
        assert!(matches!(socket.get_ref(), MaybeTlsStream::NativeTls(_)));
        assert!(!socket.get_ref().get_ref().nodelay().unwrap());
        socket.send(data()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), data());
        assert_eq!(serves.await.unwrap(), Some(()));
    }

    #[tokio::test]
    async fn blocking() {
        let (port, certificate, serves) = server().await;
        let client = tokio::task::spawn_blocking(move || {
            let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let connector = Some(trusting(&certificate));
            let (mut socket, _) =
                client_tls_with_config(format!("wss://localhost:{port}/"), stream, None, connector).unwrap();
            assert!(matches!(socket.get_ref(), stream::MaybeTlsStream::NativeTls(_)));
            socket.get_mut().set_nodelay(true).unwrap();
            socket.send(data()).unwrap();
            assert_eq!(socket.read().unwrap(), data());
        });
        client.await.unwrap();
        assert_eq!(serves.await.unwrap(), Some(()));
    }
}
