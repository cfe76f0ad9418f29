//! `wss://`, with a certificate made by the test.

#![cfg(test)]

mod blocking;
mod byte_stream;
mod endings;
mod options;
mod proxies;

use bowline::{
    CloseCode, Config, Message,
    adapter::tokio::{
        self as ws, ConnectOptions, ConnectStage, Error,
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
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// The configuration of a server with a certificate for `localhost`, and that of a client that trusts it.
fn certified() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
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
    (Arc::new(tls), Arc::new(client))
}

/// The port of an echo server with a certificate for `localhost`, and a client's configuration that trusts it.
async fn server() -> (u16, Arc<ClientConfig>, JoinHandle<Result<bool, Error>>) {
    let (tls, client) = certified();
    let (port, serves) = serve(tls).await;
    (port, client, serves)
}

/// The port of an echo server with this configuration.
async fn serve(tls: Arc<ServerConfig>) -> (u16, JoinHandle<Result<bool, Error>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let stream = TlsAcceptor::from(tls).accept(stream).await?;
        let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
        while let Some(message) = socket.recv().await? {
            socket.feed(message).await?; // the next `recv` writes
        }
        Ok(socket.closure().is_some_and(bowline::Closure::is_normal))
    });
    (port, serves)
}

/// A message whose payload shows if a byte is lost, doubled or moved.
fn data(len: usize) -> Message {
    (0..=250_u8).cycle().take(len).collect::<Vec<u8>>().into()
}

/// Messages in both directions, and a normal end on both sides.
#[tokio::test]
async fn round_trip() {
    let (port, tls, server) = server().await;
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let (mut socket, _) =
        ws::connect_using(request, &ConnectOptions::new().tls(tls.clone()), Config::default()).await.unwrap();
    assert!(socket.get_ref().tls_connection().unwrap().peer_certificates().is_some());
    assert!(socket.get_ref().tcp().unwrap().nodelay().unwrap());
    for len in [0, 20, 70_000, 2 * 1024 * 1024] {
        socket.send(data(len)).await.unwrap();
        assert!(socket.recv().await.unwrap() == Some(data(len)));
    }
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_normal());
    assert!(server.await.unwrap().unwrap());
}

/// The text of an error at the stage of TLS, and the error of rustls in it.
fn tls_error<T: std::fmt::Debug>(connected: Result<T, Error>) -> (String, Option<rustls::Error>) {
    let Err(Error::Connect(error)) = connected else { panic!("{connected:?}") };
    assert_eq!(error.stage(), ConnectStage::Tls);
    let tried: Vec<_> = error.attempts().map(|(address, _)| address.port()).collect();
    assert_eq!(tried, [error.port()], "the address that answered");
    let tls = error.io_error().get_ref().and_then(|inner| inner.downcast_ref()).cloned();
    (error.to_string(), tls)
}

/// A certificate that the platform, or an empty list of roots, does not trust is refused, and so is a trusted one for another name.
#[tokio::test]
async fn a_certificate_that_is_not_valid() {
    let (port, _, server_of_one) = server().await;
    tls_error(ws::connect(&format!("wss://localhost:{port}/"), Config::default()).await);
    server_of_one.await.unwrap().unwrap_err();

    let (port, tls, server_of_one) = server().await;
    let nobody = ClientConfig::builder_with_provider(tls.crypto_provider().clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let (text, error) =
        tls_error(ws::connect_using(request, &ConnectOptions::new().tls(nobody), Config::default()).await);
    let expected = format!(
        "cannot connect to localhost port {port}: TLS: invalid peer certificate: UnknownIssuer: none of the \
         trusted authorities has signed the server's certificate"
    );
    assert_eq!(text, expected);
    assert_eq!(error, Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)));
    server_of_one.await.unwrap().unwrap_err();

    let (port, tls, server_of_one) = server().await;
    let request = Request::from_uri(&format!("wss://127.0.0.1:{port}/")).unwrap();
    let (text, _) =
        tls_error(ws::connect_using(request, &ConnectOptions::new().tls(tls.clone()), Config::default()).await);
    assert!(text.contains("TLS: invalid peer certificate: certificate not valid for name"), "{text}");
    server_of_one.await.unwrap().unwrap_err();
}

/// A client configuration that offers HTTP/2 by ALPN: an error if the server agrees on it, since the opening handshake is HTTP/1.1.
#[tokio::test]
async fn http2_by_alpn() {
    for (chosen, is_valid) in [(&b"h2"[..], false), (b"http/1.1", true)] {
        let (mut tls, mut client) = certified();
        Arc::get_mut(&mut tls).unwrap().alpn_protocols = vec![chosen.into()];
        Arc::get_mut(&mut client).unwrap().alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
        let (port, server) = serve(tls).await;
        let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
        let connected = ws::connect_using(request, &ConnectOptions::new().tls(client), Config::default()).await;
        if is_valid {
            assert!(connected.unwrap().0.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
            continue;
        }
        let (text, _) = tls_error(connected);
        assert!(text.contains("TLS: the protocol \"h2\" was chosen by ALPN"), "{text}");
        server.await.unwrap().unwrap_err();
    }
}

/// A server that accepts TCP and sends nothing is given up at the deadline for the handshake.
#[tokio::test]
async fn a_server_without_tls() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Config::default().with(|config| config.deadlines.handshake = Some(Duration::from_millis(500)));
    let uri = format!("wss://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let (text, _) = tls_error(ws::connect(&uri, config).await);
    assert!(
        text.ends_with(
            "TLS: there was no answer within the time limit of `ConnectOptions::timeout` or `deadlines.handshake`"
        ),
        "{text}"
    );

    // One that answers in plain HTTP is told apart.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("wss://127.0.0.1:{}/", plain.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    let (_, tls) = certified();
    let request = Request::from_uri(&uri).unwrap();
    let (text, _) = tls_error(ws::connect_using(request, &ConnectOptions::new().tls(tls), Config::default()).await);
    assert!(
        text.ends_with(": the server does not seem to use TLS on this port, so try ws:// instead of wss://"),
        "{text}"
    );
    let _ = server.await.unwrap();
}
