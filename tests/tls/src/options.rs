//! `TlsOptions`, in both adapters, with handshakes against a server of rustls whose certificate is made here.

mod authority;

use crate::blocking::Tls;
use authority::{Authority, Identity, pem, self_signed};
use bowline::{
    CloseCode, Config, Message,
    adapter::{
        ConnectOptions, ConnectStage, Error, TlsError, TlsOptions, blocking,
        blocking::rustls::{
            self, AlertDescription, CertificateError, ClientConfig, ServerConfig, ServerConnection, StreamOwned,
            SupportedProtocolVersion,
            crypto::ring,
            server::{ResolvesServerCertUsingSni, WebPkiClientVerifier},
            sign::CertifiedKey,
            version::{TLS12, TLS13},
        },
        tokio as ws,
    },
    client::Request,
    proxy::Proxies,
    server::Accept,
};
use std::{
    env,
    net::TcpListener,
    process::Command,
    sync::Arc,
    thread::{self, JoinHandle},
};

/// What a server received of two clients, and by which protocol of ALPN.
type Received = Vec<Option<(Message, Option<Vec<u8>>)>>;

/// A method of `TlsOptions` with one argument.
type Setter = fn(TlsOptions, String) -> TlsOptions;

/// An echo server for two connections. Returns its port.
fn serve(tls: ServerConfig) -> (u16, JoinHandle<Received>) {
    let (tls, listener) = (Arc::new(tls), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    let serve_one = move || {
        let (stream, _) = listener.accept().unwrap();
        let stream = Tls(StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream));
        let mut socket = blocking::accept(stream, &Accept::same_origin(), Config::default()).ok()?;
        let alpn = socket.get_ref().0.conn.alpn_protocol().map(<[u8]>::to_vec);
        let message = socket.recv().ok()??;
        socket.send(message.clone()).ok()?;
        while let Ok(Some(_)) = socket.recv() {}
        Some((message, alpn))
    };
    (port, thread::spawn(move || (0..2).map(|_| serve_one()).collect()))
}

/// Connects with this configuration, in each adapter: the only place that does.
fn connect(port: u16, tls: &Arc<ClientConfig>) -> [Result<(), Error>; 2] {
    let request = || Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    let options = ConnectOptions::new().proxies(Proxies::none()).tls(tls.clone());
    let blocking = blocking::connect_using(request(), &options, Config::default()).map(|(mut socket, _)| {
        socket.send("Hello").unwrap();
        assert_eq!(socket.recv().unwrap(), Some("Hello".into()));
        assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_clean());
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tokio = runtime.block_on(async {
        let (mut socket, _) = ws::connect_using(request(), &options, Config::default()).await?;
        socket.send("Hello").await.unwrap();
        assert_eq!(socket.recv().await.unwrap(), Some("Hello".into()));
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        Ok(())
    });
    [blocking, tokio]
}

/// A server that presents this certificate, without client certificates.
fn server(identity: &Identity) -> ServerConfig {
    server_with(identity, &[&TLS12, &TLS13])
}

fn server_with(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key())
        .unwrap()
}

/// Both adapters connect, and each exchanges a message.
fn connects(tls: ServerConfig, options: &TlsOptions) -> Received {
    let (port, serves) = serve(tls);
    for connected in connect(port, &options.build().unwrap()) {
        connected.unwrap();
    }
    serves.join().unwrap()
}

/// Both adapters fail in TLS, for the same reason. Returns the error of rustls, and the text after the host and the port.
fn fails(tls: ServerConfig, options: &TlsOptions) -> (rustls::Error, String) {
    let (port, serves) = serve(tls);
    let [first, second] = connect(port, &options.build().unwrap()).map(|failed| {
        let Err(Error::Connect(error)) = failed else { panic!("{failed:?}") };
        assert_eq!(error.stage(), ConnectStage::Tls);
        let text = error.to_string();
        let inner = error.io_error().get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let text = text.strip_prefix(&format!("cannot connect to localhost port {port}: TLS: ")).unwrap();
        (inner.unwrap().clone(), text.to_owned())
    });
    assert_eq!(serves.join().unwrap(), [None, None]);
    assert_eq!(std::mem::discriminant(&first.0), std::mem::discriminant(&second.0), "{first:?}, {second:?}");
    first
}

fn certificate_error((error, text): (rustls::Error, String)) -> (CertificateError, String) {
    let rustls::Error::InvalidCertificate(error) = error else { panic!("{text}") };
    (error, text)
}

/// A server of a private authority: trusted with its root, also through an intermediate authority; the client offers HTTP/1.1.
#[test]
fn own_roots() {
    let (company, other) = (Authority::new("Company"), Authority::new("Other"));
    let below = company.authority("Department");
    for identity in [company.issue("localhost"), below.issue("localhost")] {
        for roots in [vec![company.pem()], vec![other.pem(), company.pem()], vec![other.pem() + &company.pem()]] {
            let options = roots.iter().fold(TlsOptions::new(), TlsOptions::roots_pem);
            let mut tls = server(&identity);
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let received = connects(tls, &options);
            assert_eq!(received, vec![Some(("Hello".into(), Some(b"http/1.1".to_vec()))); 2]);
        }
        connects(server(&identity), &TlsOptions::new().roots_pem(other.pem()).add_roots_pem(company.pem()));
    }
}

/// What is wrong with a certificate is in the error: its dates, its name, or its issuer.
#[test]
fn what_is_wrong_with_a_certificate() {
    let company = Authority::new("Company");
    let options = TlsOptions::new().roots_pem(company.pem());

    let (error, text) = certificate_error(fails(server(&company.issue_between("localhost", 2001, 2002)), &options));
    assert!(matches!(error, CertificateError::ExpiredContext { .. }), "{error:?}");
    assert!(text.contains("certificate expired") && text.contains("must be renewed"), "{text}");

    let (error, text) = certificate_error(fails(server(&company.issue_between("localhost", 3001, 3002)), &options));
    assert!(matches!(error, CertificateError::NotValidYetContext { .. }), "{error:?}");
    assert!(text.contains("certificate not valid yet") && text.contains("the clock of this computer"), "{text}");

    let (error, text) = certificate_error(fails(server(&company.issue("other.example")), &options));
    assert!(matches!(error, CertificateError::NotValidForNameContext { .. }), "{error:?}");
    assert!(text.contains("only valid for") && text.contains("other.example"), "{text}");
    assert!(text.ends_with("the certificate is for other names than the host of the URI"), "{text}");

    let (error, text) = certificate_error(fails(server(&Authority::new("Other").issue("localhost")), &options));
    assert_eq!(error, CertificateError::UnknownIssuer);
    assert!(text.ends_with("none of the trusted authorities has signed the server's certificate"), "{text}");
}

/// A server that requires a client certificate: one of its authority is accepted, in both versions. Without one, or with one of
/// another authority, the error is an alert of the server.
#[test]
fn client_certificates() {
    let (company, other) = (Authority::new("Company"), Authority::new("Other"));
    let (server_identity, mine, foreign) = (company.issue("localhost"), company.issue("client"), other.issue("client"));
    let tls = |version| {
        let provider = Arc::new(ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(company.roots()), provider.clone()).build().unwrap();
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(server_identity.chain.clone(), server_identity.key())
            .unwrap()
    };
    let options = TlsOptions::new().roots_pem(company.pem());
    for version in [&TLS12, &TLS13] {
        let (chain, key) = (mine.chain_pem(), mine.key_pem());
        connects(tls(version), &options.clone().client_certificate_pem(&chain, &key));
        connects(tls(version), &options.clone().client_certificate_pem(key.clone() + &chain, chain + &key));

        let (error, _) = fails(tls(version), &options);
        let required = [AlertDescription::CertificateRequired, AlertDescription::HandshakeFailure];
        assert!(matches!(error, rustls::Error::AlertReceived(alert) if required.contains(&alert)), "{error:?}");
        let (error, _) =
            fails(tls(version), &options.clone().client_certificate_pem(foreign.chain_pem(), foreign.key_pem()));
        assert!(matches!(error, rustls::Error::AlertReceived(_)), "{error:?}");
    }
}

/// Exactly one certificate is accepted, whatever its name, its issuer, its dates and its purpose, in PEM and in DER; no other one.
#[test]
fn one_certificate() {
    let mut identities: Vec<_> = [false, true].map(|is_authority| self_signed("device.example", is_authority)).into();
    identities.push(Authority::new("Other").issue_between("other.example", 2001, 2002));
    let another = self_signed("localhost", false);
    for identity in &identities {
        let options = TlsOptions::new().accept_certificate(another.chain_pem());
        let (error, _) = certificate_error(fails(server(identity), &options));
        assert_eq!(error, CertificateError::ApplicationVerificationFailure);
        for version in [&TLS12, &TLS13] {
            connects(server_with(identity, &[version]), &options.clone().accept_certificate(identity.chain_pem()));
            connects(server_with(identity, &[version]), &TlsOptions::new().accept_certificate(&identity.chain[0]));
        }
    }
}

/// The server must have the private key of the accepted certificate. Only a client that accepts any certificate does not see that
/// it has not.
#[test]
fn a_stolen_certificate() {
    let (owner, thief) = (self_signed("localhost", false), self_signed("localhost", false));
    let tls = |version| {
        let provider = Arc::new(ring::default_provider());
        let key = provider.key_provider.load_private_key(thief.key()).unwrap();
        let mut certificates = ResolvesServerCertUsingSni::new();
        certificates.add("localhost", CertifiedKey::new(owner.chain.clone(), key)).unwrap();
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates))
    };
    for version in [&TLS12, &TLS13] {
        let options = TlsOptions::new().accept_certificate(owner.chain_pem());
        let (error, _) = certificate_error(fails(tls(version), &options));
        assert_eq!(error, CertificateError::BadSignature);
        connects(tls(version), &options.danger_accept_any_certificate());
    }
}

/// Any certificate is accepted, whatever other options are set.
#[test]
fn any_certificate() {
    let identity = Authority::new("Other").issue_between("other.example", 2001, 2002);
    for options in [TlsOptions::new(), TlsOptions::new().roots_pem(Authority::new("Other").pem())] {
        for version in [&TLS12, &TLS13] {
            connects(server_with(&identity, &[version]), &options.clone().danger_accept_any_certificate());
        }
    }
}

/// The roots of the platform, which a variable of the environment replaces, and others besides them: in a process of its own.
#[cfg(target_os = "linux")]
#[test]
fn platform_roots() {
    const CHILD: &str = "BOWLINE_TEST_OTHER_ROOTS";
    if let Ok(folder) = env::var(CHILD) {
        let read = |name: &str| std::fs::read(format!("{folder}/{name}.pem")).unwrap();
        let identity = |name: &str| Identity::from_pem(&read(name));
        let (plain, more) = (TlsOptions::new(), TlsOptions::new().add_roots_pem(read("other")));
        let only = TlsOptions::new().roots_pem(read("other"));
        for options in [&plain, &more] {
            connects(server(&identity("of-platform")), options);
        }
        for options in [&more, &only] {
            connects(server(&identity("of-other")), options);
        }
        for (name, options) in [("of-other", &plain), ("of-platform", &only)] {
            let (error, _) = certificate_error(fails(server(&identity(name)), options));
            assert_eq!(error, CertificateError::UnknownIssuer);
        }
        return;
    }
    let folder = env::temp_dir().join(format!("bowline-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (platform, other) = (Authority::new("Platform"), Authority::new("Other"));
    for (name, text) in [
        ("platform", platform.pem()),
        ("other", other.pem()),
        ("of-platform", platform.issue("localhost").chain_and_key_pem()),
        ("of-other", other.issue("localhost").chain_and_key_pem()),
    ] {
        std::fs::write(folder.join(format!("{name}.pem")), text).unwrap();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "options::platform_roots", "--nocapture"])
        .env(CHILD, &folder)
        .env("SSL_CERT_FILE", folder.join("platform.pem"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let output = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

/// Options that cannot be used: which one, and why. No error contains the text of a key.
#[test]
fn what_cannot_be_used() {
    let (mine, other) = (self_signed("localhost", false), self_signed("localhost", false));
    let (chain, key) = (mine.chain_pem(), mine.key_pem());
    let error = |options: TlsOptions| options.build().unwrap_err();
    let new = TlsOptions::new;

    let roots: [(&str, Setter); 3] = [
        ("roots_pem", TlsOptions::roots_pem),
        ("add_roots_pem", TlsOptions::add_roots_pem),
        ("accept_certificate", TlsOptions::accept_certificate),
    ];
    for (option, set) in roots {
        for text in [String::new(), "no PEM".into(), key.clone()] {
            assert_eq!(error(set(new(), text)), TlsError::NoCertificate { option });
        }
        for text in [
            chain.replace("-----END", ""),
            chain.replace("CERTIFICATE-----\nM", "CERTIFICATE\nM"),
            chain.replace('M', "?"),
        ] {
            let error = error(set(new(), text));
            assert!(matches!(error, TlsError::InvalidPem { option: of, .. } if of == option), "{error}");
            assert!(error.to_string().starts_with(option), "{error}");
        }
        let error = error(set(new(), pem("CERTIFICATE", b"no certificate")));
        assert!(matches!(error, TlsError::InvalidCertificate { option: of, .. } if of == option), "{error}");
    }
    assert!(matches!(error(new().accept_certificate(b"0 no DER")), TlsError::InvalidCertificate { .. }));
    assert_eq!(error(new().accept_certificate(&chain).roots_pem(&chain)), TlsError::Conflict);
    assert_eq!(error(new().accept_certificate(&chain).add_roots_pem(&chain)), TlsError::Conflict);

    let client =
        |chain: &str, key: &str| error(new().danger_accept_any_certificate().client_certificate_pem(chain, key));
    assert_eq!(client("", &key), TlsError::NoCertificate { option: "client_certificate_pem" });
    assert_eq!(client(&chain, ""), TlsError::NoKey);
    assert_eq!(client(&chain, &chain), TlsError::NoKey);
    assert_eq!(client(&chain, &other.key_pem()), TlsError::KeyMismatch);
    assert_eq!(client(&chain, &pem("ENCRYPTED PRIVATE KEY", b"secret")), TlsError::EncryptedKey);
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nc2VjcmV0\n\
               -----END RSA PRIVATE KEY-----\n";
    assert_eq!(client(&chain, old), TlsError::EncryptedKey);
    let invalid = client(&chain, &pem("PRIVATE KEY", b"secret"));
    assert!(matches!(invalid, TlsError::InvalidKey(_)), "{invalid}");
    let broken_off = client(&chain, &key.replace("-----END", ""));
    assert!(matches!(broken_off, TlsError::InvalidPem { option: "client_certificate_pem", .. }), "{broken_off}");
    let secret = key.lines().nth(1).unwrap();
    for error in [invalid, broken_off] {
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains(secret) && !text.contains("c2VjcmV0"), "{text}");
        }
    }
    let shown = format!("{:?}", new().client_certificate_pem(&chain, &key));
    assert!(shown.starts_with("TlsOptions") && !shown.contains(secret) && !shown.contains("77, 73"), "{shown}");
}
