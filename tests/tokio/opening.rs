//! The opening handshake.

use crate::{
    common::{config, frame_to},
    kit::{Reads, Script, waits},
};
use bowline::{
    CloseCode, Config, HandshakeError, Role,
    adapter::tokio::{self as ws, AnyIncoming, ConnectError, ConnectStage, Error},
    client, server,
};
use bowline_test::Call;
use std::{future::Future, io::ErrorKind, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::Instant,
};

fn default() -> Arc<Config> {
    Arc::new(Config::default())
}

/// The port, and what `serve` makes of the one connection to it.
async fn local<F: Future<Output: Send + 'static> + Send + 'static>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<F::Output>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await }))
}

/// `connect` finds the server by name and by address, and sets `TCP_NODELAY`.
#[tokio::test]
async fn connect() {
    for host in ["localhost", "127.0.0.1"] {
        let (port, server) = local(async |stream| {
            let mut socket = ws::accept(stream, &server::Accept::same_origin(), default()).await?;
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok::<(), Error>(())
        })
        .await;
        let (mut client, response) = ws::connect(&format!("ws://{host}:{port}/?q"), default()).await.unwrap();
        assert_eq!((response.status(), response.protocol()), (101, None));
        assert!(client.get_ref().tcp().unwrap().nodelay().unwrap());
        client.send("Grüße").await.unwrap();
        assert_eq!(client.recv().await.unwrap(), Some("Grüße".into()));
        assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        server.await.unwrap().unwrap();
    }
}

/// What `connect` cannot do.
#[tokio::test]
async fn what_connect_refuses() {
    #[cfg(not(feature = "rustls"))]
    {
        let secure = not_connected(ws::connect("wss://localhost:1/", default()).await);
        assert_eq!((secure.stage(), secure.io_error().kind()), (ConnectStage::Tls, ErrorKind::Unsupported));
        assert!(secure.to_string().contains("wss:// needs the feature `rustls`"), "{secure}");
    }
    assert!(matches!(ws::connect("ftp://localhost:1/", default()).await, Err(Error::Request(_))));
}

fn not_connected<T: std::fmt::Debug>(connected: Result<T, Error>) -> ConnectError {
    match connected {
        Err(Error::Connect(error)) => *error,
        other => panic!("{other:?}"),
    }
}

/// A name that nobody has, and a port on which nobody listens: the stage, the addresses, and the cause below.
#[tokio::test]
async fn nobody_there() {
    // Too long for a name, so that nobody is asked.
    let host = format!("{}.invalid", "x".repeat(64));
    let error = not_connected(ws::connect(&format!("ws://{host}/"), default()).await);
    assert_eq!((error.stage(), error.host(), error.port()), (ConnectStage::Resolve, &*host, 80));
    assert_eq!(error.attempts().count(), 0);

    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let error = not_connected(ws::connect(&format!("ws://{host}:{}/", unused.port()), default()).await);
        assert_eq!((error.stage(), error.io_error().kind()), (ConnectStage::Tcp, ErrorKind::ConnectionRefused));
        let tried: Vec<_> = error.attempts().map(|(address, error)| format!("{address}: {error}")).collect();
        assert!(tried.iter().any(|tried| tried.starts_with(&format!("{unused}: "))), "{tried:?}");
        let expected = format!("cannot connect to {host} port {}: TCP: {}", unused.port(), tried.join(", "));
        assert_eq!(Error::from(error).to_string(), expected);
    }
}

/// When TCP takes too long, the error has the address that did not answer.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_answer() {
    use tokio::{net::TcpSocket, time::timeout};

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let _busy = socket.listen(1).unwrap();
    // Who comes when the queue is full gets no answer.
    let mut queue = Vec::new();
    while let Ok(waits) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(waits.unwrap());
    }
    let mut config = config();
    config.deadlines.handshake = Some(Duration::from_millis(50));
    let error = not_connected(ws::connect(&format!("ws://{address}/"), config).await);
    assert_eq!((error.stage(), error.io_error().kind()), (ConnectStage::Tcp, ErrorKind::TimedOut));
    let (port, reason) = (
        address.port(),
        "there was no answer within the time limit of `ConnectOptions::timeout` or `deadlines.handshake`",
    );
    assert_eq!(error.to_string(), format!("cannot connect to 127.0.0.1 port {port}: TCP: {address}: {reason}"));
}

/// The server chooses a subprotocol by looking at the request, or refuses; the client can read why.
#[tokio::test]
async fn decided_by_the_request() {
    for (path, offered, expected) in
        [("/chat", "v1", Ok(None)), ("/chat", "v2", Ok(Some("v2"))), ("/other", "v2", Err(404))]
    {
        let (port, server) = local(async |stream| {
            let decide = |request: server::Request| match request.path() {
                "/chat" => request.accept(&server::Accept::same_origin().protocols(["v2"])),
                _ => Err(request.refuse(404, "There is nothing here.")),
            };
            ws::accept_with(stream, default(), decide).await.map(|_| ())
        })
        .await;
        let request = client::Request::from_uri(&format!("ws://127.0.0.1:{port}{path}")).unwrap();
        match ws::connect_with(request.protocol(offered).unwrap(), default()).await {
            Ok((socket, response)) => {
                assert_eq!(Ok(response.protocol()), expected);
                assert_eq!(Ok(socket.protocol()), expected);
            }
            Err(Error::Handshake { response: Some(response), .. }) => {
                assert_eq!(Err(response.status()), expected);
                assert_eq!(response.body(), b"There is nothing here.");
                assert!(matches!(server.await.unwrap(), Err(Error::Refused(404))));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A stream that fails during the opening handshake is an error of the stream, and not one of connecting.
#[tokio::test]
async fn a_reset() {
    let (port, server) = local(async |stream| {
        stream.peek(&mut [0]).await.unwrap(); // the request is there, and dropping it unread resets the connection
    })
    .await;
    let Err(Error::Io(error)) = ws::connect(&format!("ws://127.0.0.1:{port}/"), Config::default()).await else {
        panic!("the server has answered")
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    server.await.unwrap();
}

/// What a server says for people is there, if it comes with the head or soon after it. A body that does not come is waited for
/// no longer than a second, and not beyond the deadline.
#[tokio::test(start_paused = true)]
async fn why_it_was_refused() {
    const HEAD: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 5000\r\n\r\n";
    for (pieces, ends, deadline, expected, millis) in [
        (vec!["Why"], false, Some(10_000), 3, 1000),
        (vec!["Why"], false, Some(300), 3, 300),
        (vec!["Why"], false, None, 3, 1000),
        (vec!["Why", " not"], true, Some(10_000), 7, 200),
        (vec!["Why", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y"], false, None, 12, 1000),
        (vec![&*"W".repeat(5000)], false, None, 1024, 100),
    ] {
        let (near, mut far) = duplex(10_000);
        let pieces: Vec<_> = pieces.into_iter().map(String::from).collect();
        let server = tokio::spawn(async move {
            far.write_all(HEAD.as_bytes()).await.unwrap();
            for piece in pieces {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if far.write_all(piece.as_bytes()).await.is_err() {
                    break;
                }
            }
            (!ends).then_some(far)
        });
        let mut config = config();
        config.deadlines.handshake = deadline.map(Duration::from_millis);
        let begun = Instant::now();
        let request = client::Request::from_uri("ws://example.com/").unwrap();
        let refused = ws::client_handshake(near, request, config).await;
        let Err(Error::Handshake { error, response: Some(response) }) = refused else { panic!("{refused:?}") };
        assert_eq!((error, begun.elapsed().as_millis()), (HandshakeError::Status(403), millis));
        let body = response.body();
        assert!(body.len().abs_diff(expected) <= 2 && body.starts_with(b"W"), "{}", body.escape_ascii());
        server.await.unwrap();
    }
}

/// The answer can be given later, after something else was waited for.
#[tokio::test(start_paused = true)]
async fn decided_later() {
    let (near, far) = duplex(1000);
    let request = client::Request::from_uri("ws://example.com/").unwrap().header("Cookie", "known").unwrap();
    let server = tokio::spawn(async move {
        let incoming = ws::receive_request(far, default()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(incoming.request().header("cookie"), Some(&b"known"[..]));
        incoming.accept(&server::Accept::same_origin()).await.unwrap().recv().await
    });
    let (mut client, _) = ws::client_handshake(near, request, default()).await.unwrap();
    assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    assert_eq!(server.await.unwrap().unwrap(), None);
}

/// A request that is refused later: the client reads the status and the body.
#[tokio::test(start_paused = true)]
async fn refused_later() {
    for decide in [false, true] {
        let (near, far) = duplex(1000);
        let server = tokio::spawn(async move {
            let incoming = ws::receive_request(far, default()).await.unwrap();
            assert_eq!(incoming.request().path(), "/chat");
            let _: &tokio::io::DuplexStream = incoming.get_ref();
            if decide {
                let refused = incoming.decide(|request| Err(request.refuse(403, "not you"))).await;
                assert!(matches!(refused, Err(Error::Refused(403))));
            } else {
                incoming.refuse(403, "not you").await;
            }
        });
        let request = client::Request::from_uri("ws://example.com/chat").unwrap();
        let refused = ws::client_handshake(near, request, default()).await;
        let Err(Error::Handshake { error, response: Some(response) }) = refused else { panic!("{refused:?}") };
        assert_eq!((error, response.body()), (HandshakeError::Status(403), &b"not you"[..]));
        server.await.unwrap();
    }
}

/// An incoming request can be accepted with rules, which may not allow it.
#[tokio::test(start_paused = true)]
async fn accepted_with_rules() {
    let (near, far) = duplex(1000);
    let server = tokio::spawn(async move {
        let incoming = ws::receive_request(far, default()).await.unwrap();
        incoming.accept(&server::Accept::same_origin()).await.map(|_| ())
    });
    let request = client::Request::from_uri("ws://example.com/").unwrap().origin("https://evil.example").unwrap();
    assert!(ws::client_handshake(near, request, default()).await.is_err());
    let refused = server.await.unwrap();
    assert!(matches!(refused, Err(Error::Handshake { error: HandshakeError::OriginRefused { .. }, response: None })));
}

/// A page of another origin is refused with 403, one of the server's own is not.
#[tokio::test(start_paused = true)]
async fn refused_by_origin() {
    for same in [false, true] {
        let (near, far) = duplex(100);
        let server =
            tokio::spawn(async move { ws::accept(far, &server::Accept::same_origin(), default()).await.map(|_| ()) });
        let origin = if same { "http://example.com" } else { "https://evil.example" };
        let request = client::Request::from_uri("ws://example.com/").unwrap().origin(origin).unwrap();
        match ws::client_handshake(near, request, default()).await {
            Ok(_) => assert!(same),
            Err(Error::Handshake { response, .. }) => {
                assert!(!same);
                assert_eq!(response.unwrap().status(), 403);
                assert!(matches!(server.await.unwrap(), Err(Error::Handshake { response: None, .. })));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A plain HTTP request can be answered on the same port, and is no failure; unless it is, to those who expect WebSocket alone.
#[tokio::test(start_paused = true)]
async fn a_plain_request() {
    for (line, status) in [("GET /health", "200"), ("GET /", "426"), ("POST /", "405")] {
        let script = Script::new([Reads::Bytes(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").into()), Reads::End]);
        let incoming = ws::receive_any_request(script.clone(), default()).await.unwrap();
        let AnyIncoming::Http(incoming) = incoming else { panic!("{incoming:?}") };
        assert!(line.ends_with(incoming.request().path()) && incoming.get_ref().count(Call::Read) > 0);
        let answer = incoming.respond(|request| match request.path() {
            "/health" => request.respond(200, "ok\n"),
            _ => request.into_refusal(),
        });
        answer.await;
        assert!(script.written().starts_with(format!("HTTP/1.1 {status} ").as_bytes()), "{line}");
        assert_eq!(script.written().ends_with(b"\r\n\r\nok\n"), status == "200");
    }
    let script = Script::new([Reads::Bytes(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n".into()), Reads::End]);
    let refused = ws::accept(script.clone(), &server::Accept::same_origin(), default()).await;
    assert!(matches!(refused, Err(Error::Handshake { error: HandshakeError::Missing("Upgrade"), response: None })));
    assert!(script.written().starts_with(b"HTTP/1.1 426 "));
    let script = Script::new([Reads::Bytes(REQUEST.into())]);
    assert!(matches!(ws::receive_any_request(script, default()).await, Ok(AnyIncoming::WebSocket(_))));
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What comes with the opening handshake is received after it, on the server…
#[tokio::test(start_paused = true)]
async fn early_data_from_the_client() {
    let early = [frame_to(Role::Server, 0x81, b"early"), frame_to(Role::Server, 0x81, b"bird")].concat();
    let script = Script::new([Reads::Bytes([REQUEST.as_bytes(), &early].concat())]);
    let mut socket = ws::accept(script.clone(), &server::Accept::same_origin(), default()).await.unwrap();
    assert!(script.written().starts_with(b"HTTP/1.1 101 "), "the answer does not wait for the first `recv`");
    assert_eq!(socket.recv().await.unwrap(), Some("early".into()));
    assert_eq!(socket.recv().await.unwrap(), Some("bird".into()));
    assert_eq!(script.count(Call::Read), 1);
}

/// … and on the client.
#[tokio::test(start_paused = true)]
async fn early_data_from_the_server() {
    let (near, far) = duplex(1000);
    tokio::spawn(async move {
        let mut socket = ws::accept_with(far, default(), |request| {
            let mut connection = request.accept(&server::Accept::same_origin())?;
            connection.send_text("early").unwrap();
            connection.send_text("bird").unwrap();
            Ok(connection)
        })
        .await
        .unwrap();
        socket.recv().await
    });
    let request = client::Request::from_uri("ws://example.com/").unwrap();
    let (mut client, _) = ws::client_handshake(near, request, default()).await.unwrap();
    assert_eq!(client.recv().await.unwrap(), Some("early".into()));
    assert_eq!(client.recv().await.unwrap(), Some("bird".into()));
    assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
}

/// A handshake that is never finished ends by its deadline: the client is told 408, a server that does not answer, or does
/// not even read, is given up.
#[tokio::test(start_paused = true)]
async fn the_handshake_deadline() {
    let hasty = || {
        let mut config = config();
        config.deadlines.handshake = Some(Duration::from_secs(3));
        Arc::new(config)
    };
    let begun = Instant::now();
    let (mut near, far) = duplex(1000);
    near.write_all(&REQUEST.as_bytes()[..50]).await.unwrap();
    let server =
        tokio::spawn(async move { ws::accept(far, &server::Accept::same_origin(), hasty()).await.map(|_| ()) });
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(begun.elapsed().as_secs(), 3);
    assert!(matches!(server.await.unwrap(), Err(Error::Handshake { response: None, .. })));

    for room in [20, 1000] {
        let (near, _far) = duplex(room);
        let begun = Instant::now();
        let request = client::Request::from_uri("ws://example.com/").unwrap();
        let given_up = ws::client_handshake(near, request, hasty()).await;
        assert!(matches!(given_up, Err(Error::Handshake { error: HandshakeError::Deadline { .. }, .. })));
        assert_eq!(begun.elapsed().as_secs(), 3);
    }
}

/// The deadline of `connect` is for all of it.
#[tokio::test]
async fn connect_in_time() {
    let mut config = config();
    config.deadlines.handshake = Some(Duration::from_millis(500));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let given_up = ws::connect(&format!("ws://{}/", silent.local_addr().unwrap()), config).await;
    assert!(matches!(given_up, Err(Error::Handshake { error: HandshakeError::Deadline { .. }, response: None })));
}

/// A bad request is answered; then the write half is shut, and the client's bytes are read before the stream is dropped. A
/// client that does not take the answer is not waited for.
#[tokio::test(start_paused = true)]
async fn a_bad_request() {
    let script = Script::new([Reads::Bytes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nand more".into())]);
    script.push(Reads::End);
    let refused = ws::accept(script.clone(), &server::Accept::any_origin(), default()).await;
    assert!(matches!(refused, Err(Error::Handshake { .. })));
    assert!(script.written().starts_with(b"HTTP/1.1 4"));
    assert_eq!(script.calls(), [Call::Read, Call::Write, Call::Flush, Call::Shutdown, Call::Read]);

    let script = Script::new([Reads::Bytes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".into())]);
    script.room(Some(0));
    let begun = Instant::now();
    let refused = ws::accept(script.clone(), &server::Accept::any_origin(), default()).await;
    assert!(matches!(refused, Err(Error::Handshake { .. })));
    assert_eq!(begun.elapsed().as_secs(), 1);
}

/// The stream ends, or fails, before the handshake is over.
#[tokio::test(start_paused = true)]
async fn no_handshake_at_all() {
    let begun = Instant::now();
    let script = Script::new([Reads::Bytes(b"GET".into()), Reads::End]);
    let ended = ws::accept(script.clone(), &server::Accept::any_origin(), default()).await;
    assert!(matches!(ended, Err(Error::Handshake { error: HandshakeError::EndOfStream { received: 3 }, .. })));
    assert!(script.written().starts_with(b"HTTP/1.1 400 "), "a client that has only shut its half can read it");
    assert_eq!(begun.elapsed(), Duration::ZERO, "there is nothing to wait for");
    let script = Script::new([Reads::Error(ErrorKind::ConnectionReset)]);
    let failed = ws::accept(script, &server::Accept::any_origin(), default()).await;
    assert!(matches!(failed, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset));
    let script = Script::new([]);
    assert!(waits(ws::accept(script, &server::Accept::any_origin(), default())));
}
