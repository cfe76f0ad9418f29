//! Connecting with options: proxies, redirects, hooks, and the sockets below. These are tests of both adapters: `dial` has the one
//! under test.

use crate::{
    dial::{ClientStream, connect},
    far_ends::{FarEnd, echo, echo_server, http_proxy, proxy_that_answers, server, socks_proxy},
};
use bowline::{
    Config, HandshakeError,
    adapter::{ConnectError, ConnectHop, ConnectOptions, ConnectStage, Error},
    client::{RedirectError, Request, RequestError, Response},
    proxy::{Proxies, Proxy, TunnelError},
};
use std::{
    env,
    io::{ErrorKind, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

fn to(uri: &str) -> Request {
    Request::from_uri(uri).unwrap()
}

fn via(scheme: &str, far_end: &FarEnd) -> ConnectOptions {
    ConnectOptions::new().proxy(Proxy::from_uri(&format!("{scheme}127.0.0.1:{}", far_end.port)).unwrap())
}

/// Without the environment, so that the tests pass with every one.
fn direct() -> ConnectOptions {
    ConnectOptions::new().proxies(Proxies::none())
}

fn failed(request: Request, options: &ConnectOptions) -> Error {
    match connect(request, options, Config::default(), |_| ()) {
        Err(error) => error,
        Ok(_) => panic!("connected"),
    }
}

fn not_reached(request: Request, options: &ConnectOptions) -> ConnectError {
    match failed(request, options) {
        Error::Connect(error) => *error,
        error => panic!("{error}"),
    }
}

fn not_followed(request: Request, options: &ConnectOptions) -> RedirectError {
    match failed(request, options) {
        Error::Redirect(error) => *error,
        error => panic!("{error}"),
    }
}

/// [RFC 9110 §9.3.6] Through an HTTP proxy, the proxy gets the name of the server, and the password.
#[test]
fn http_proxy_with_a_password() {
    let (server, proxy) = (echo_server(), http_proxy());
    let request = to(&format!("ws://example.invalid:{}/chat", server.port));
    let options = via("http://me:secret@", &proxy);
    let (peer, response) = connect(request, &options, Config::default(), ClientStream::peer_addr).unwrap();
    assert_eq!((peer.unwrap().port(), response.status()), (proxy.port, 101));
    let [asked] = &proxy.log()[..] else { panic!("{proxy:?}") };
    let target = format!("example.invalid:{}", server.port);
    assert!(asked.starts_with(&format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n")), "{asked}");
    assert!(asked.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{asked}");
    let [head] = &server.log()[..] else { panic!("{server:?}") };
    assert!(head.starts_with("GET /chat HTTP/1.1\r\n") && !head.contains("Proxy-Authorization"), "{head}");
}

/// With `socks5h`, the proxy gets the name. With `socks5`, it gets an address that the client has found for it.
#[test]
fn names_through_a_socks_proxy() {
    let (server, proxy) = (echo_server(), socks_proxy(None));
    let uri = format!("ws://example.invalid:{}/", server.port);
    connect(to(&uri), &via("socks5h://", &proxy), Config::default(), |_| ()).unwrap();
    let address = SocketAddr::from(([192, 0, 2, 7], 0));
    let known = via("socks5://", &proxy).resolve("example.invalid", [address]);
    connect(to(&uri), &known, Config::default(), |_| ()).unwrap();
    let port = server.port;
    assert_eq!(proxy.log(), [format!("example.invalid:{port}"), format!("192.0.2.7:{port}")]);

    let error = not_reached(to(&uri), &via("socks5://", &proxy).resolver(|_, _| Ok(vec![])));
    assert_eq!((error.stage(), error.hop()), (ConnectStage::Resolve, ConnectHop::Server("example.invalid", port)));
    assert!(error.to_string().ends_with(": DNS lookup of the server: the host has no address"), "{error}");
}

/// [RFC 1929 §2] The right password, a wrong one and none.
#[test]
fn passwords_for_a_socks_proxy() {
    let (server, proxy) = (echo_server(), socks_proxy(Some(("me", "secret"))));
    let uri = format!("ws://example.invalid:{}/", server.port);
    connect(to(&uri), &via("socks5h://me:secret@", &proxy), Config::default(), |_| ()).unwrap();
    for (scheme, expected) in
        [("socks5h://me:wrong@", TunnelError::CredentialsRefused), ("socks5h://", TunnelError::CredentialsRequired)]
    {
        let error = not_reached(to(&uri), &via(scheme, &proxy));
        assert_eq!((error.stage(), error.tunnel_error()), (ConnectStage::Proxy, Some(&expected)));
        assert_eq!(error.io_error().kind(), ErrorKind::PermissionDenied);
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
}

/// A proxy that refuses: the error has the proxy, its status and its advice, and no secret.
#[test]
fn a_proxy_that_refuses() {
    let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"office\"\r\n\
                   Content-Length: 0\r\n\r\n";
    let proxy = proxy_that_answers(answer);
    let error = not_reached(to("ws://example.com:443/?token=4711"), &via("http://me:secret@", &proxy));
    assert_eq!((error.stage(), error.hop()), (ConnectStage::Proxy, ConnectHop::Proxy("127.0.0.1", proxy.port)));
    assert_eq!((error.host(), error.port(), error.proxy()), ("example.com", 443, Some(("127.0.0.1", proxy.port))));
    assert_eq!(error.tunnel_error().and_then(TunnelError::status), Some(407));
    let attempts: Vec<_> = error.attempts().map(|(address, _)| address.port()).collect();
    assert_eq!(attempts, [proxy.port]);
    let text = error.to_string();
    let start = format!(
        "cannot connect to example.com port 443 through the proxy 127.0.0.1 port {}: the proxy answered with HTTP status 407",
        proxy.port
    );
    assert!(text.starts_with(&start) && text.contains("office"), "{text}");
    assert!(!text.contains("secret") && !text.contains("4711"), "{text}");
}

/// A proxy that does not answer: the error of the deadline names it. If it has refused, and its explanation does not arrive, the
/// error has the status.
#[test]
fn a_proxy_that_hangs() {
    let limit = Duration::from_millis(300);
    let proxy = proxy_that_answers(b"");
    let error = not_reached(to("ws://example.com/"), &via("", &proxy).timeout(limit));
    assert_eq!((error.stage(), error.io_error().kind()), (ConnectStage::Proxy, ErrorKind::TimedOut));
    assert_eq!((error.hop(), error.tunnel_error()), (ConnectHop::Proxy("127.0.0.1", proxy.port), None));
    assert!(error.to_string().contains(": proxy: there was no answer within the time limit"), "{error}");

    let refuses = b"HTTP/1.1 503 Later\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nThe server";
    let error = not_reached(to("ws://example.com/"), &via("", &proxy_that_answers(refuses)).timeout(limit));
    assert_eq!(error.tunnel_error().and_then(TunnelError::status), Some(503));
    assert!(error.to_string().contains("The server"), "{error}");
}

/// What is no proxy, or not the one that the URI says, is told.
#[test]
fn what_is_no_proxy() {
    let error = not_reached(to("ws://example.com/"), &via("http://", &proxy_that_answers(b"220 smtp.example\r\n")));
    assert!(matches!(error.tunnel_error(), Some(TunnelError::Http(_))), "{error}");
    assert_eq!(error.io_error().kind(), ErrorKind::InvalidData);

    let ends = FarEnd::new(|_, stream| drop(stream));
    let error = not_reached(to("ws://example.com/"), &via("http://", &ends));
    assert_eq!(error.stage(), ConnectStage::Proxy, "{error}");

    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy::from_uri(&format!("127.0.0.1:{unused}")).unwrap();
    let error = not_reached(to("ws://example.com/"), &ConnectOptions::new().proxy(proxy));
    assert_eq!((error.stage(), error.hop()), (ConnectStage::Tcp, ConnectHop::Proxy("127.0.0.1", unused)));
    assert!(error.to_string().contains(": TCP to the proxy: 127.0.0.1:"), "{error}");
}

/// Without the feature `rustls`, a proxy with TLS is refused before a connection is opened.
#[cfg(not(feature = "rustls"))]
#[test]
fn a_proxy_with_tls() {
    let proxy = FarEnd::new(|here, _| here.note("connected"));
    let error = not_reached(to("ws://example.com/"), &via("https://", &proxy));
    assert_eq!((error.stage(), error.hop()), (ConnectStage::Tls, ConnectHop::Proxy("127.0.0.1", proxy.port)));
    assert!(error.to_string().ends_with("a proxy with https:// needs the feature `rustls`"), "{error}");
    assert_eq!((proxy.log().len(), error.attempts().count()), (0, 0));
}

/// `no_proxy`, and a name of the proxy that is resolved as the options say.
#[test]
fn hosts_without_a_proxy() {
    let (server, proxy) = (echo_server(), http_proxy());
    let named = Proxy::from_uri(&format!("proxy.invalid:{}", proxy.port)).unwrap();
    let options = ConnectOptions::new()
        .proxies(Proxies::always(named).no_proxy("127.0.0.1"))
        .resolve("proxy.invalid", [([127, 0, 0, 1], 0).into()]);
    let peer = |host: &str| {
        let request = to(&format!("ws://{host}:{}/", server.port));
        connect(request, &options, Config::default(), |stream| stream.peer_addr().unwrap().port()).unwrap().0
    };
    assert_eq!((peer("127.0.0.1"), peer("example.invalid")), (server.port, proxy.port));
}

/// What the process of the next test does. Otherwise it does nothing.
#[test]
fn connect_to_the_variable() {
    let Ok(uri) = env::var("BOWLINE_TEST_URI") else { return };
    match connect(to(&uri), &ConnectOptions::new(), Config::default(), |stream| stream.peer_addr().unwrap().port()) {
        Ok((port, _)) => println!("port {port}."),
        Err(error) => println!("{error}."),
    }
}

/// By default, the proxy is the one in the environment.
#[test]
fn the_environment() {
    let (server, proxy) = (echo_server(), http_proxy());
    let run = |name: &str, value: &str| {
        let mut command = Command::new(env::current_exe().unwrap());
        for (name, _) in env::vars().filter(|(name, _)| name.to_lowercase().ends_with("_proxy")) {
            command.env_remove(name);
        }
        let command = command.args(["--exact", "--nocapture", "connecting::connect_to_the_variable"]);
        let uri = format!("ws://127.0.0.1:{}/", server.port);
        let output = command.env("BOWLINE_TEST_URI", uri).env(name, value).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (near, far) = (format!("port {}.", proxy.port), format!("port {}.", server.port));
    let uri = format!("http://127.0.0.1:{}", proxy.port);
    for (name, expected) in [("http_proxy", &near), ("all_proxy", &near), ("HTTP_PROXY", &far), ("https_proxy", &far)] {
        let said = run(name, &uri);
        assert!(said.contains(expected), "{name}: {said}");
    }
    let said = run("all_proxy", "ftp://me:secret@proxy");
    assert!(said.contains(": proxy: the environment variable all_proxy: \"ftp://"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

/// A response that redirects.
fn redirect(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nSet-Cookie: a={status}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// [RFC 9110 §15.4] Redirects are followed up to the limit, within a server and to another one, which gets no credentials.
#[test]
fn redirects() {
    let last = echo_server();
    let port = last.port;
    let first = server(move |head| match head.split(' ').nth(1) {
        Some("/a/1") => Some(redirect(308, "2")),
        _ => Some(redirect(302, &format!("http://127.0.0.1:{port}/b"))),
    });
    let request = || to(&format!("ws://me:secret@127.0.0.1:{}/a/1", first.port)).header("X-Kept", "yes").unwrap();
    let (peer, _) =
        connect(request(), &direct().follow_redirects(2), Config::default(), ClientStream::peer_addr).unwrap();
    assert_eq!(peer.unwrap().port(), port);
    let heads = [first.log(), last.log()].concat();
    let has = |text: &str| heads.iter().map(|head| head.contains(text)).collect::<Vec<_>>();
    assert_eq!(has("Authorization: Basic"), [true, true, false]);
    assert_eq!(has("X-Kept: yes"), [true; 3]);
    assert!(heads[1].starts_with("GET /a/2 ") && heads[2].starts_with("GET /b "), "{heads:?}");

    let error = not_followed(request(), &direct().follow_redirects(1));
    let RedirectError::TooMany { limit: 1, chain } = error else { panic!("{error}") };
    assert_eq!(chain.len(), 3);
    // By default, none is followed.
    let Error::Handshake { error: HandshakeError::Status(308), response } = failed(request(), &direct()) else {
        panic!("it is a refusal")
    };
    assert_eq!(response.unwrap().header("Location"), Some(&b"2"[..]));
}

/// The body of a redirect is not waited for: it could last until the server closes the connection.
#[test]
fn redirects_that_stay_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("ws://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut open = Vec::new();
        for _ in 0..30 {
            let mut stream = listener.accept().unwrap().0;
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n").unwrap();
            open.push(stream);
        }
        echo(listener.accept().unwrap().0);
    });
    // It waits for the body of a refusal for up to a second.
    let options = direct().follow_redirects(30).timeout(Duration::from_secs(20));
    connect(to(&uri), &options, Config::default(), |_| ()).unwrap();
    server.join().unwrap();
}

#[test]
fn redirects_in_a_loop() {
    let server = server(|_| Some(redirect(301, "/")));
    let error = not_followed(to(&format!("ws://127.0.0.1:{}/", server.port)), &direct().follow_redirects(3));
    assert!(matches!(error, RedirectError::Loop { .. }), "{error}");
    assert_eq!(server.log().len(), 4);
}

/// The hooks are called for every request and every response. What the first adds is for that request only.
#[test]
fn hooks() {
    let server = server(|head| match head.split(' ').nth(1) {
        Some("/1") => Some(redirect(307, "/2")),
        Some("/2") => None,
        _ => Some("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".into()),
    });
    let jar = Arc::new(Mutex::new(Vec::new()));
    let (sent, stored) = (jar.clone(), jar.clone());
    let options = direct()
        .follow_redirects(1)
        .before_request(move |request: Request| match sent.lock().unwrap().last() {
            Some(cookie) => request.header("Cookie", cookie),
            None => Ok(request),
        })
        .after_response(move |request: &Request, response: &Response| {
            let cookie = response.header("Set-Cookie").unwrap_or_default();
            let cookie = format!("{}{}", request.path(), String::from_utf8_lossy(cookie));
            stored.lock().unwrap().push(cookie);
        });
    let uri = |path: &str| to(&format!("ws://127.0.0.1:{}{path}", server.port));
    connect(uri("/1"), &options, Config::default(), |_| ()).unwrap();
    assert_eq!(*jar.lock().unwrap(), ["/1a=307", "/2"]);
    assert!(matches!(failed(uri("/3"), &options), Error::Handshake { .. }));
    assert_eq!(*jar.lock().unwrap(), ["/1a=307", "/2", "/3"]);
    let cookies = server.log().iter().map(|head| head.matches("Cookie: /").count()).collect::<Vec<_>>();
    assert_eq!(cookies, [0, 1, 1]);

    let refuses = direct().before_request(|_| Err(RequestError::UserInfo));
    assert!(matches!(failed(uri("/2"), &refuses), Error::Request(RequestError::UserInfo)));
}

/// The timeout is for all redirects together.
#[test]
fn one_timeout_for_all() {
    let server = server(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Some(redirect(302, "/again"))
    });
    let uri = format!("ws://127.0.0.1:{}/", server.port);
    let options = direct().follow_redirects(1000).timeout(Duration::from_millis(350));
    let error = failed(to(&uri), &options);
    match error {
        Error::Handshake { error: HandshakeError::Deadline { limit }, .. } => {
            assert_eq!(limit, Duration::from_millis(350));
        }
        Error::Connect(error) => assert_eq!(error.io_error().kind(), ErrorKind::TimedOut),
        error => panic!("{error}"),
    }
    assert!((2..=4).contains(&server.log().len()));
}

/// The addresses and the resolver of the caller. The `Host` field has the name.
#[test]
fn addresses_of_the_caller() {
    let server = echo_server();
    let address = SocketAddr::from(([127, 0, 0, 1], server.port));
    connect(to("ws://example.invalid/"), &direct().resolve("example.invalid", [address]), Config::default(), |_| ())
        .unwrap();
    let port = server.port;
    let resolver = direct().resolver(move |host, asked| {
        assert_eq!((host, asked), ("example.invalid", port));
        Ok(vec![(Ipv4Addr::LOCALHOST, asked).into()])
    });
    connect(to(&format!("ws://example.invalid:{port}/")), &resolver, Config::default(), |_| ()).unwrap();
    assert!(server.log()[0].contains("\r\nHost: example.invalid\r\n"), "{server:?}");

    let fails = direct().resolver(|_, _| Err(std::io::Error::other("no such name")));
    let error = not_reached(to("ws://example.invalid/"), &fails);
    assert_eq!(error.to_string(), "cannot connect to example.invalid port 80: DNS lookup: no such name");
}

/// `TCP_NODELAY` is on, unless the options say otherwise.
#[test]
fn nodelay() {
    let server = echo_server();
    let nodelay = |options: &ConnectOptions| {
        let request = to(&format!("ws://127.0.0.1:{}/", server.port));
        connect(request, options, Config::default(), |stream| stream.tcp().unwrap().nodelay().unwrap()).unwrap().0
    };
    assert!(nodelay(&direct()));
    assert!(!nodelay(&direct().nodelay(false)));
}

/// A local address, and a host that has none of its family.
#[test]
fn a_local_address() {
    let server = echo_server();
    let from = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 0, 0, 2) } else { Ipv4Addr::LOCALHOST };
    let request = || to(&format!("ws://127.0.0.1:{}/", server.port));
    let (local, _) = connect(request(), &direct().local_address(from.into()), Config::default(), |stream| {
        stream.tcp().unwrap().local_addr().unwrap().ip()
    })
    .unwrap();
    assert_eq!(local, from);

    let error = not_reached(request(), &direct().local_address("::1".parse().unwrap()));
    assert_eq!((error.stage(), error.io_error().kind()), (ConnectStage::Resolve, ErrorKind::AddrNotAvailable));
    let error = not_reached(request(), &direct().local_address("192.0.2.1".parse().unwrap()));
    assert_eq!(error.stage(), ConnectStage::Tcp);
}

/// [RFC 6874] The zone of an IPv6 address is for this computer: it is used to connect, and not sent.
#[test]
fn a_zone() {
    use std::{net::ToSocketAddrs, thread};
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port();
    // As a number: for an address that is not link-local, a C library may accept no name.
    if ("::1%1", port).to_socket_addrs().is_err() {
        return;
    }
    thread::spawn(move || echo(listener.accept().unwrap().0));
    let request = to(&format!("ws://[::1%251]:{port}/"));
    assert_eq!(request.host(), "::1%1");
    let (peer, _) = connect(request, &direct(), Config::default(), |stream| stream.peer_addr().unwrap()).unwrap();
    assert_eq!(peer.port(), port);
}

/// A Unix socket instead of TCP: no proxy is used, and the `Host` field is that of the URI.
#[cfg(unix)]
#[test]
fn a_unix_socket() {
    use std::{fs, os::unix::net::UnixListener, process, thread};

    let name = format!("bowline-{}-{:?}.sock", process::id(), thread::current().id());
    let path = env::temp_dir().join(name);
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || echo(listener.accept().unwrap().0));
    let proxy = Proxy::from_uri("proxy.invalid").unwrap();
    let options = ConnectOptions::new().proxy(proxy).unix_socket(&path);
    let (seen, _) = connect(to("ws://docker.invalid/events"), &options, Config::default(), |stream| {
        let kind = stream.peer_addr().map_err(|error| error.kind());
        (stream.tcp().is_none(), stream.unix().is_some(), kind)
    })
    .unwrap();
    assert_eq!(seen, (true, true, Err(ErrorKind::Unsupported)));
    fs::remove_file(&path).unwrap();

    let error = not_reached(to("ws://docker.invalid/"), &options);
    assert_eq!((error.stage(), error.io_error().kind()), (ConnectStage::Unix, ErrorKind::NotFound));
    let start = format!("cannot connect to docker.invalid port 80: Unix socket: {}: ", path.display());
    assert!(error.to_string().starts_with(&start), "{error}");
    assert_eq!((error.attempts().count(), error.proxy()), (0, None));
}
