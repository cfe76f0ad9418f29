//! TLS and proxies: TLS to the server through a tunnel, TLS to the proxy, and both.

use bowline::{
    CloseCode, Config,
    adapter::{
        ConnectError, ConnectHop, ConnectOptions, ConnectStage, Error, blocking,
        tokio::{
            self as ws,
            rustls::{
                ClientConfig, RootCertStore, ServerConfig,
                crypto::ring,
                pki_types::{CertificateDer, PrivatePkcs8KeyDer},
            },
        },
    },
    client::{RedirectError, Request},
    proxy::{Proxies, Proxy},
    server::Accept,
};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use std::{io, sync::Arc, task::Poll, thread};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};
use tokio_rustls::TlsAcceptor;

/// A certificate for one name.
struct Identity {
    certificate: CertificateDer<'static>,
    server: Arc<ServerConfig>,
}

impl Identity {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.into()]).unwrap();
        // Certificates with the same subject would be taken for one another.
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
        Self { certificate, server: Arc::new(server) }
    }
}

fn trusting(identities: &[&Identity]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for identity in identities {
        roots.add(identity.certificate.clone()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Handles each connection to the returned port, with TLS if there is an identity, in a thread.
fn listen<F>(identity: Option<&Identity>, handle: F) -> u16
where
    F: AsyncFn(Box<dyn Duplex>) -> io::Result<()> + Clone + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = identity.map(|identity| TlsAcceptor::from(identity.server.clone()));
    thread::spawn(move || {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let stream: Box<dyn Duplex> = match &acceptor {
                    None => Box::new(stream),
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => continue,
                    },
                };
                let _ = handle(stream).await;
            }
        });
    });
    port
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

/// A server that sends every message back.
fn echo_server(identity: Option<&Identity>) -> u16 {
    listen(identity, async |stream| {
        let mut socket =
            ws::accept(stream, &Accept::any_origin(), Config::default()).await.map_err(io::Error::other)?;
        while let Ok(Some(message)) = socket.recv().await {
            socket.send(message).await.map_err(io::Error::other)?;
        }
        Ok(())
    })
}

/// A proxy that connects to the port of the target on this computer.
fn proxy(identity: Option<&Identity>) -> u16 {
    listen(identity, async |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head);
        let port = head.split(' ').nth(1).and_then(|target| target.rsplit_once(':')?.1.parse().ok());
        let mut server = TcpStream::connect(("127.0.0.1", port.unwrap_or(0))).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut stream, &mut server).await.map(|_| ())
    })
}

fn data(len: u32) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

const LENGTHS: [u32; 4] = [0, 20, 70_000, 600_000];

/// Messages both ways over the Tokio adapter. Returns whether there is TLS to the server.
fn on_tokio(request: &Request, options: &ConnectOptions) -> Result<bool, Error> {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let (mut socket, _) = ws::connect_using(request.clone(), options, Config::default()).await?;
        let is_secure = socket.get_ref().tls_connection().is_some();
        for len in LENGTHS {
            socket.send(data(len)).await.unwrap();
            assert!(socket.recv().await.unwrap() == Some(data(len).into()), "{len} bytes come back as they were");
        }
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        Ok(is_secure)
    })
}

/// The same over the blocking adapter, also with reads that do not wait, and with halves.
fn on_threads(request: &Request, options: &ConnectOptions) -> Result<bool, Error> {
    let (mut socket, _) = blocking::connect_using(request.clone(), options, Config::default())?;
    let is_secure = socket.get_ref().tls_connection().is_some();
    assert!(socket.get_ref().tcp().unwrap().nodelay().unwrap());
    for len in LENGTHS {
        socket.send(data(len)).unwrap();
        assert!(socket.recv().unwrap() == Some(data(len).into()), "{len} bytes come back as they were");
    }
    socket.send(data(500_000)).unwrap();
    let message = loop {
        match socket.try_recv().unwrap() {
            Poll::Pending => thread::yield_now(),
            Poll::Ready(message) => break message.unwrap(),
        }
    };
    assert!(message == data(500_000).into());
    let (mut receiver, sender) = socket.split().unwrap();
    let sends = thread::spawn(move || {
        (0..10).for_each(|_| sender.send(data(200_000)).unwrap());
        sender
    });
    (0..10).for_each(|_| assert!(receiver.recv().unwrap() == Some(data(200_000).into())));
    let mut socket = receiver.reunite(sends.join().unwrap()).unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_clean());
    Ok(is_secure)
}

type Client = fn(&Request, &ConnectOptions) -> Result<bool, Error>;

const CLIENTS: [Client; 2] = [on_tokio, on_threads];

fn to(scheme: &str, host: &str, port: u16) -> Request {
    Request::from_uri(&format!("{scheme}://{host}:{port}/")).unwrap()
}

fn through(scheme: &str, port: u16) -> ConnectOptions {
    let proxy = Proxy::from_uri(&format!("{scheme}://proxy.example:{port}")).unwrap();
    ConnectOptions::new().proxy(proxy).resolve("proxy.example", [([127, 0, 0, 1], 0).into()])
}

/// All combinations of a server and a proxy with and without TLS. Each certificate is for the name of its own host only.
#[test]
fn every_combination() {
    let (for_server, for_proxy) = (Identity::new("server.example"), Identity::new("proxy.example"));
    let tls = Arc::new(trusting(&[&for_server, &for_proxy]));
    for (scheme, server) in [("ws", None), ("wss", Some(&for_server))] {
        let port = echo_server(server);
        for (proxy_scheme, identity) in [("http", None), ("https", Some(&for_proxy))] {
            let options = through(proxy_scheme, proxy(identity)).tls(tls.clone());
            for client in CLIENTS {
                let is_secure = client(&to(scheme, "server.example", port), &options).unwrap();
                assert_eq!(is_secure, scheme == "wss");
            }
        }
    }
}

fn not_reached(client: Client, request: &Request, options: &ConnectOptions) -> ConnectError {
    match client(request, options) {
        Err(Error::Connect(error)) => *error,
        other => panic!("{other:?}"),
    }
}

/// Errors of TLS name the host whose certificate is not valid, or that has no TLS.
#[test]
fn whose_tls_fails() {
    let (for_server, for_proxy) = (Identity::new("server.example"), Identity::new("proxy.example"));
    let server = echo_server(Some(&for_server));
    let secure = proxy(Some(&for_proxy));
    let plain = listen(None, async |mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        stream.read_to_end(&mut Vec::new()).await.map(|_| ())
    });
    let request = to("wss", "server.example", server);
    let (at_server, all) = (ConnectHop::Server("server.example", server), trusting(&[&for_server, &for_proxy]));
    for client in CLIENTS {
        let fails = |options: ConnectOptions, tls: &ClientConfig, hop: ConnectHop<'_>, text: &str| {
            let error = not_reached(client, &request, &options.tls(tls.clone()));
            assert_eq!((error.stage(), error.hop()), (ConnectStage::Tls, hop));
            assert!(error.to_string().contains(text), "{error}");
        };
        let at_proxy = |port| ConnectHop::Proxy("proxy.example", port);
        let issuer = "none of the trusted authorities has signed the";
        fails(through("https", secure), &trusting(&[&for_server]), at_proxy(secure), &format!("{issuer} proxy's"));
        fails(through("https", secure), &trusting(&[&for_proxy]), at_server, &format!("{issuer} server's"));
        fails(through("https", server), &all, at_proxy(server), "other names than that of the proxy");
        fails(through("https", plain), &all, at_proxy(plain), "so try http:// instead of https://");
    }
}

/// The name for TLS can differ from the host of the URI. It is for this server only.
#[test]
fn a_name_for_tls() {
    let identity = Identity::new("server.example");
    let server = echo_server(Some(&identity));
    let redirects = listen(Some(&identity), async move |mut stream| {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: wss://127.0.0.1:{server}/\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.shutdown().await?;
        stream.read_to_end(&mut Vec::new()).await.map(|_| ())
    });
    let options = ConnectOptions::new().proxies(Proxies::none()).tls(trusting(&[&identity])).follow_redirects(1);
    for client in CLIENTS {
        let request = to("wss", "127.0.0.1", server);
        let error = not_reached(client, &request, &options);
        assert!(
            error.to_string().ends_with(": the certificate is for other names than the host of the URI"),
            "{error}"
        );
        let named = options.clone().server_name("server.example");
        assert!(client(&request, &named).unwrap());
        let error = not_reached(client, &to("wss", "127.0.0.1", redirects), &named);
        assert_eq!((error.stage(), error.port()), (ConnectStage::Tls, server));
    }
}

/// A redirect from `wss` to `ws` is not followed.
#[test]
fn a_redirect_without_tls() {
    let identity = Identity::new("server.example");
    let server = listen(Some(&identity), async |mut stream| {
        stream.write_all(b"HTTP/1.1 301 Moved\r\nLocation: ws://server.example/\r\nContent-Length: 0\r\n\r\n").await?;
        stream.shutdown().await?;
        stream.read_to_end(&mut Vec::new()).await.map(|_| ())
    });
    let options = ConnectOptions::new()
        .proxies(Proxies::none())
        .resolve("server.example", [([127, 0, 0, 1], 0).into()])
        .tls(trusting(&[&identity]))
        .follow_redirects(5);
    for client in CLIENTS {
        let Err(Error::Redirect(error)) = client(&to("wss", "server.example", server), &options) else {
            panic!("it is followed")
        };
        assert!(matches!(*error, RedirectError::Insecure { .. }), "{error}");
    }
}

/// If TLS to the proxy fails, the error does not say that it was the server.
#[test]
fn a_proxy_that_fails() {
    let identity = Identity::new("proxy.example");
    let mut tls = trusting(&[&identity]);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let mut http2 = ServerConfig::clone(&identity.server);
    http2.alpn_protocols = vec![b"h2".to_vec()];
    let chooses_http2 = listen(Some(&Identity { server: http2.into(), ..identity }), async |_| Ok(()));
    let closes = listen(None, async |mut stream| stream.read_u8().await.map(|_| ()));
    for port in [closes, chooses_http2] {
        let options = through("https", port).tls(tls.clone());
        for client in CLIENTS {
            let text = client(&to("wss", "server.example", 443), &options).unwrap_err().to_string();
            assert!(text.contains(": TLS to the proxy: ") && !text.contains("the server"), "{text}");
        }
    }
}
