//! Client certificates, and how connections over TLS end.

use crate::{certified, serve, tls_error};
use bowline::{
    CloseCode, Config,
    adapter::tokio::{
        self as ws, ConnectOptions, Error,
        rustls::{
            ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
            pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
            server::WebPkiClientVerifier,
            version::{TLS12, TLS13},
        },
    },
    client::Request,
    server::Accept,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, duplex},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

fn key_pair(name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.into()]).unwrap();
    (cert.der().clone(), PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into())
}

fn roots(certificate: &CertificateDer<'static>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    roots
}

/// A client certificate that is missing, or that the server does not trust, is an error of TLS in both versions, and none to try again
/// for.
#[tokio::test]
async fn a_client_certificate_that_is_refused() {
    for version in [&TLS12, &TLS13] {
        for presents in [false, true] {
            let (text, error) = tls_error(connect_without_trust(version, presents).await);
            assert!(text.contains(": TLS: received fatal alert"), "{version:?}: {text}");
            assert!(error.is_some());
        }
    }
}

/// The configurations of a server that requires a client certificate, and of a client that has none, or one that the server does not
/// trust.
pub(crate) fn without_trust(
    version: &'static SupportedProtocolVersion,
    presents: bool,
) -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let provider = certified().0.crypto_provider().clone();
    let ((certificate, key), (trusted, _)) = (key_pair("localhost"), key_pair("client"));
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots(&trusted).into(), provider.clone()).build().unwrap();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots(&certificate));
    let client = if presents {
        let (unknown, key) = key_pair("client");
        client.with_client_auth_cert(vec![unknown], key).unwrap()
    } else {
        client.with_no_client_auth()
    };
    (Arc::new(server), Arc::new(client))
}

async fn connect_without_trust(
    version: &'static SupportedProtocolVersion,
    presents: bool,
) -> Result<ws::WebSocket<ws::ClientStream>, Error> {
    let (server, client) = without_trust(version, presents);
    let (port, handled) = serve(server).await;
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let connected = ws::connect_using(request, &ConnectOptions::new().tls(client), Config::default()).await;
    handled.await.unwrap().unwrap_err();
    connected.map(|(socket, _)| socket)
}

/// A connection that is dropped ends TLS with a `close_notify`: the peer can tell that nothing was cut off on the way.
#[tokio::test]
async fn a_dropped_connection_says_so() {
    let (tls, client) = certified();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(tls).accept(stream).await.unwrap();
        let mut socket = ws::accept(stream, &Accept::any_origin(), Config::default()).await.unwrap();
        socket.feed("last").await.unwrap();
    });
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let stream = TlsConnector::from(client).connect("localhost".try_into().unwrap(), tcp).await.unwrap();
    let request = Request::from_uri("wss://localhost/").unwrap();
    let (socket, _) = ws::client_handshake(stream, request, Config::default()).await.unwrap();
    let mut parts = socket.into_parts();
    // Without `close_notify` this is `UnexpectedEof`.
    parts.stream.read_to_end(&mut parts.unread).await.unwrap();
    assert_eq!(parts.unread, b"\x81\x04last");
    serves.await.unwrap();
}

/// Against a peer that reads nothing, `close` over TLS takes the close deadline once.
#[tokio::test(start_paused = true)]
async fn the_close_deadline_counts_once() {
    let (tls, client) = certified();
    let (near, far) = duplex(64 * 1024);
    let config = Config::default().with(|config| config.deadlines.close = Duration::from_secs(1));
    let serves = tokio::spawn(async move {
        let stream = TlsAcceptor::from(tls).accept(far).await.unwrap();
        let mut socket = ws::accept(stream, &Accept::any_origin(), config).await.unwrap();
        // More than the buffers of the stream and of TLS hold.
        let sends = timeout(Duration::from_millis(500), socket.send(vec![7; 16_000_000])).await;
        assert!(sends.is_err());
        let begun = Instant::now();
        let closure = socket.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(!closure.is_clean());
        begun.elapsed()
    });
    let stream = TlsConnector::from(client).connect("localhost".try_into().unwrap(), near).await.unwrap();
    let request = Request::from_uri("wss://localhost/").unwrap();
    let (_unread, _) = ws::client_handshake(stream, request, Config::default()).await.unwrap();
    let took = serves.await.unwrap();
    assert!((1000..1100).contains(&took.as_millis()), "{took:?}");
}
