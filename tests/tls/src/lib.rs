//! `wss://`, with a certificate that is made here.

#![cfg(test)]

mod blocking;

use bowline::{
    CloseCode, Config, Message,
    adapter::tokio::{
        self as ws, ConnectStage, Error,
        rustls::{
            self, ClientConfig, RootCertStore, ServerConfig,
            crypto::ring,
            pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        },
    },
    client::Request,
    server::Accept,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

/// The port of an echo server with a certificate for `localhost`, and a client's configuration that trusts it.
async fn server() -> (u16, Arc<ClientConfig>, JoinHandle<Result<bool, Error>>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let stream = TlsAcceptor::from(Arc::new(tls)).accept(stream).await?;
        let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(socket.closure().is_some_and(bowline::Closure::is_clean))
    });
    (port, Arc::new(client), serves)
}

/// A message whose payload shows if a byte is lost, doubled or moved.
fn data(len: usize) -> Message {
    (0..=250_u8).cycle().take(len).collect::<Vec<u8>>().into()
}

/// Messages there and back, and a clean end on both sides.
#[tokio::test]
async fn round_trip() {
    let (port, tls, server) = server().await;
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let (mut socket, _) = ws::connect_tls(request, Config::default(), &tls).await.unwrap();
    assert!(socket.get_ref().tls_connection().unwrap().peer_certificates().is_some());
    assert!(socket.get_ref().tcp().nodelay().unwrap());
    for len in [0, 20, 70_000, 2 * 1024 * 1024] {
        socket.send(data(len)).await.unwrap();
        assert!(socket.recv().await.unwrap() == Some(data(len)));
    }
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    assert!(server.await.unwrap().unwrap());
}

/// What is said when TLS fails, and the error of rustls below.
fn without_tls<T: std::fmt::Debug>(connected: Result<T, Error>) -> (String, Option<rustls::Error>) {
    let Err(Error::Connect(error)) = connected else { panic!("{connected:?}") };
    assert_eq!(error.stage(), ConnectStage::Tls);
    let tried: Vec<_> = error.attempts().map(|(address, _)| address.port()).collect();
    assert_eq!(tried, [error.port()], "the address that answered");
    let tls = error.io_error().get_ref().and_then(|inner| inner.downcast_ref()).cloned();
    (error.to_string(), tls)
}

/// The platform does not know the certificate, nor does who trusts nobody, and a name that is not in it is refused whatever is
/// known.
#[tokio::test]
async fn a_certificate_that_is_not_good() {
    let config = Arc::new(Config::default());
    let (port, _, server_of_one) = server().await;
    without_tls(ws::connect(&format!("wss://localhost:{port}/"), config.clone()).await);
    server_of_one.await.unwrap().unwrap_err();

    let (port, tls, server_of_one) = server().await;
    let nobody = ClientConfig::builder_with_provider(tls.crypto_provider().clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let (text, error) = without_tls(ws::connect_tls(request, config.clone(), &Arc::new(nobody)).await);
    let expected = format!("cannot connect to localhost port {port}: TLS: invalid peer certificate: UnknownIssuer");
    assert_eq!(text, expected);
    assert_eq!(error, Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)));
    server_of_one.await.unwrap().unwrap_err();

    let (port, tls, server_of_one) = server().await;
    let request = Request::from_uri(&format!("wss://127.0.0.1:{port}/")).unwrap();
    let (text, _) = without_tls(ws::connect_tls(request, config.clone(), &tls).await);
    assert!(text.contains("TLS: invalid peer certificate: certificate not valid for name"), "{text}");
    server_of_one.await.unwrap().unwrap_err();
}

/// A server that accepts TCP and then says nothing is left when the deadline for the handshake is over.
#[tokio::test]
async fn a_server_without_tls() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Config::default();
    config.deadlines.handshake = Some(Duration::from_millis(500));
    let uri = format!("wss://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let (text, _) = without_tls(ws::connect(&uri, config).await);
    assert!(text.ends_with("TLS: there was no answer before the deadline for the handshake"), "{text}");
}
