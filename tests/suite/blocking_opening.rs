//! The opening handshake of the blocking adapter, over TCP.

use crate::{
    common::{config, frame_to},
    script::{Reads, Script, Writes},
};
use bowline::{
    CloseCode, Config, HandshakeError, Message, Role,
    adapter::blocking::{self, AnyIncoming, ConnectStage, Error},
    client, server,
};
use std::{
    error::Error as _,
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

/// What `serve` makes of the one connection to `address`, and the port.
fn serve<T: Send + 'static>(
    address: &str,
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> std::io::Result<(u16, JoinHandle<T>)> {
    let listener = TcpListener::bind((address, 0))?;
    let port = listener.local_addr()?.port();
    Ok((port, thread::spawn(move || serve(listener.accept().unwrap().0))))
}

fn local<T: Send + 'static>(with: impl FnOnce(TcpStream) -> T + Send + 'static) -> (u16, JoinHandle<T>) {
    serve("127.0.0.1", with).unwrap()
}

/// `accept` with `same_origin`, echoing once.
fn echo_once(stream: TcpStream) -> Result<Option<Message>, Error> {
    let mut socket = blocking::accept(stream, &server::Accept::same_origin(), Config::default())?;
    let message = socket.recv()?;
    socket.send(message.clone().unwrap_or(Message::text("")))?;
    while socket.recv()?.is_some() {}
    Ok(message)
}

/// `connect` finds the server by name, by IPv4 address and by IPv6 address.
#[test]
fn connect() {
    for (bind, host) in [("127.0.0.1", "localhost"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")] {
        let Ok((port, server)) = serve(bind, echo_once) else {
            assert_eq!(bind, "::1", "only IPv6 may be missing");
            continue;
        };
        let (mut client, response) = blocking::connect(&format!("ws://{host}:{port}/?q"), Config::default()).unwrap();
        assert_eq!((response.status(), response.protocol()), (101, None));
        client.send("Grüße").unwrap();
        assert_eq!(client.recv().unwrap(), Some("Grüße".into()));
        assert!(client.close(CloseCode::NORMAL, "").unwrap().is_clean());
        assert_eq!(server.join().unwrap().unwrap(), Some("Grüße".into()));
    }
}

/// Where `connect` failed, at which stage, and what is said of it.
fn not_connected<T: std::fmt::Debug>(connected: Result<T, Error>) -> (ConnectStage, ErrorKind, String) {
    match connected {
        Err(Error::Connect(error)) => (error.stage(), error.io_error().kind(), error.to_string()),
        other => panic!("{other:?}"),
    }
}

/// What `connect` cannot do is an error before it opens a connection.
#[test]
fn what_connect_refuses() {
    if cfg!(not(feature = "rustls")) {
        let (stage, kind, text) = not_connected(blocking::connect("wss://localhost:1/", Config::default()));
        assert_eq!((stage, kind), (ConnectStage::Tls, ErrorKind::Unsupported));
        let expected = "cannot connect to localhost port 1: TLS: wss:// needs the feature `rustls`, or a TLS stream";
        assert!(text.starts_with(expected), "{text}");
    }
    let other = blocking::connect("ftp://localhost:1/", Config::default());
    assert!(matches!(other, Err(Error::Request(_))));
}

/// A name that nobody has, and a port on which nobody listens: the stage, the addresses, and the cause below.
#[test]
fn nobody_there() {
    // Too long for a name, so that nobody is asked.
    let host = format!("{}.invalid", "x".repeat(64));
    let (stage, _, text) = not_connected(blocking::connect(&format!("ws://{host}/"), Config::default()));
    assert_eq!(stage, ConnectStage::Resolve);
    assert!(text.starts_with(&format!("cannot connect to {host} port 80: DNS lookup: ")), "{text}");

    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = blocking::connect(&format!("ws://{unused}/"), Config::default()).unwrap_err();
    let source = nobody.source().and_then(|source| source.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    assert_eq!(source, Some(ErrorKind::ConnectionRefused));
    let Error::Connect(error) = &nobody else { panic!("{nobody:?}") };
    assert_eq!((error.stage(), error.host(), error.port()), (ConnectStage::Tcp, "127.0.0.1", unused.port()));
    assert_eq!(error.attempts().map(|(address, _)| address).collect::<Vec<_>>(), [unused]);
    let text = nobody.to_string();
    let expected = format!("cannot connect to 127.0.0.1 port {}: TCP: {unused}: {}", unused.port(), error.io_error());
    assert_eq!(text, expected);
}

/// No time at all is over before TCP is tried.
#[test]
fn no_time_to_connect() {
    let mut config = config();
    config.deadlines.handshake = Some(Duration::ZERO);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let late = blocking::connect(&format!("ws://{}/", silent.local_addr().unwrap()), config);
    let (stage, kind, text) = not_connected(late);
    assert_eq!((stage, kind), (ConnectStage::Tcp, ErrorKind::TimedOut));
    assert!(text.contains("there was no answer within the time limit"), "{text}");
}

/// A path that the server does not have: the client can read the answer, the server's own code is told its status.
#[test]
fn refused_by_path() {
    let (port, server) = local(|stream| {
        blocking::accept_with(stream, Config::default(), |request| match request.path() {
            "/chat" => request.accept(&server::Accept::same_origin()),
            _ => Err(request.refuse(404, "There is nothing here.")),
        })
        .map(|_| ())
    });
    let Err(Error::Handshake { response: Some(response), .. }) =
        blocking::connect(&format!("ws://127.0.0.1:{port}/other"), Config::default())
    else {
        panic!("it was not refused")
    };
    assert_eq!((response.status(), response.body()), (404, &b"There is nothing here."[..]));
    assert!(matches!(server.join().unwrap(), Err(Error::Refused(404))));
}

/// The same by hand: the request and the stream can be looked at before the answer, which is given in one of three ways.
#[test]
fn receive_request() {
    for path in ["/accept", "/refuse", "/decide"] {
        let (port, server) = local(|stream| {
            let incoming = blocking::receive_request(stream, Config::default())?;
            assert!(incoming.get_ref().peer_addr().unwrap().ip().is_loopback());
            assert!(format!("{incoming:?}").starts_with("Incoming"));
            match incoming.request().path() {
                "/accept" => incoming.accept(&server::Accept::same_origin())?.recv(),
                "/refuse" => {
                    incoming.refuse(503, "full");
                    Ok(None)
                }
                _ => {
                    let refused = incoming.decide(|request| {
                        Err(request.refuse(401, "who?").header("WWW-Authenticate", "Basic realm=\"a\"").unwrap())
                    });
                    refused.map(|_| None)
                }
            }
        });
        let connected = blocking::connect(&format!("ws://127.0.0.1:{port}{path}"), Config::default());
        let (status, body) = match connected {
            Ok((mut socket, response)) => {
                socket.send("Hello").unwrap();
                drop(socket);
                (response.status(), Vec::new())
            }
            Err(Error::Handshake { response: Some(response), .. }) => {
                assert_eq!(response.header("WWW-Authenticate").is_some(), path == "/decide");
                (response.status(), response.body().to_vec())
            }
            Err(error) => panic!("{error}"),
        };
        let outcome = server.join().unwrap();
        match path {
            "/accept" => assert_eq!((status, outcome.unwrap()), (101, Some("Hello".into()))),
            "/refuse" => {
                assert_eq!((status, &body[..]), (503, &b"full"[..]));
                assert!(matches!(outcome, Ok(None)));
            }
            _ => {
                assert_eq!((status, &body[..]), (401, &b"who?"[..]));
                assert!(matches!(outcome, Err(Error::Refused(401))));
            }
        }
    }
}

/// A plain HTTP request can be answered on the same port, and is no failure; unless it is, to those who expect WebSocket alone.
#[test]
fn a_plain_request() {
    let answered = |method: &str, path: &str| {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: server.example.com\r\n\r\n");
        let mut script = Script::new([Reads::Bytes(request.into())]).writes([Writes::Takes(5)]);
        let incoming = blocking::receive_any_request(&mut script, Config::default()).unwrap();
        let AnyIncoming::Http(incoming) = incoming else { panic!("{incoming:?}") };
        assert_eq!((incoming.request().path(), incoming.get_ref().bytes_read > 0), (path, true));
        incoming.respond(|request| match request.path() {
            "/health" => request.respond(200, "ok\n"),
            _ => request.into_refusal(),
        });
        assert!(script.calls.contains(&"shutdown"));
        String::from_utf8(script.written).unwrap()
    };
    let health = answered("GET", "/health");
    assert!(health.starts_with("HTTP/1.1 200 ") && health.ends_with("\r\n\r\nok\n"), "{health}");
    assert!(answered("HEAD", "/health").ends_with("\r\n\r\n"));
    assert!(answered("GET", "/other").starts_with("HTTP/1.1 426 "));
    assert!(answered("POST", "/other").starts_with("HTTP/1.1 405 "));

    let mut script = Script::new([Reads::Bytes("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".into())]);
    let refused = blocking::accept(&mut script, &server::Accept::same_origin(), Config::default());
    assert!(matches!(refused, Err(Error::Handshake { error: HandshakeError::Missing("Upgrade"), response: None })));
    assert!(script.written.starts_with(b"HTTP/1.1 426 "));
    let script = Script::new([Reads::Bytes(REQUEST.into())]);
    let incoming = blocking::receive_any_request(script, Config::default()).unwrap();
    let AnyIncoming::WebSocket(incoming) = incoming else { panic!("{incoming:?}") };
    assert!(incoming.accept(&server::Accept::same_origin()).is_ok());
}

/// A refused client gets the whole answer and then the end of the stream, and what it still sends is read, so that the answer is
/// not destroyed; but for a second at most.
#[test]
fn a_refusal_is_delivered() {
    let mut reads = vec![Reads::Bytes(REQUEST.into()), Reads::Bytes(vec![0; 40_000]), Reads::Bytes(vec![1; 3])];
    for stays in [false, true] {
        if stays {
            reads.push(Reads::Trickle(7));
        }
        let mut script = Script::new(reads.clone()).writes([Writes::Takes(5), Writes::Takes(1)]);
        blocking::receive_request(&mut script, Config::default()).unwrap().refuse(404, "no");
        let answer = String::from_utf8(script.written).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("\r\n\r\nno"), "{answer}");
        let calls: Vec<_> = script.calls.iter().copied().filter(|call| *call != "write").collect();
        assert_eq!(calls[..3], ["read", "flush", "shutdown"]);
        assert!(script.bytes_read >= REQUEST.len() + 40_003);
    }
}

/// A server that does not read the request is given up at the deadline, too.
#[test]
fn a_request_that_is_not_read() {
    for writes in [Writes::Never, Writes::Trickle] {
        let mut config = config();
        config.deadlines.handshake = Some(Duration::from_millis(20));
        let request = client::Request::from_uri("ws://localhost/").unwrap();
        let request = request.header("Padding", "x".repeat(1000)).unwrap();
        let script = Script::new([Reads::Timeout]).writes([writes]);
        let given_up = blocking::client_handshake(script, request, config);
        assert!(
            matches!(given_up, Err(Error::Handshake { error: HandshakeError::Deadline { .. }, response: None })),
            "{given_up:?}"
        );
    }
}

/// A stream that fails during the opening handshake is an error of the stream, and not one of connecting.
#[test]
fn a_reset() {
    let (port, server) = local(|stream| {
        stream.peek(&mut [0]).unwrap(); // the request is there, and dropping it unread resets the connection
    });
    let Err(Error::Io(error)) = blocking::connect(&format!("ws://127.0.0.1:{port}/"), Config::default()) else {
        panic!("the server has answered")
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    server.join().unwrap();
}

/// The subprotocol that was agreed on, at both ends.
#[test]
fn the_subprotocol() {
    let (port, server) = local(|stream| {
        let accept = server::Accept::any_origin().protocols(["chat"]);
        let mut socket = blocking::accept(stream, &accept, Config::default()).unwrap();
        let protocol = socket.protocol().map(String::from);
        assert_eq!(socket.recv().unwrap(), None);
        protocol
    });
    let request = client::Request::from_uri(&format!("ws://127.0.0.1:{port}/")).unwrap().protocol("chat").unwrap();
    let (mut socket, response) = blocking::connect_with(request, Config::default()).unwrap();
    assert_eq!((socket.protocol(), response.protocol()), (Some("chat"), Some("chat")));
    socket.close(CloseCode::NORMAL, "").unwrap();
    let (mut receiver, sender) = socket.split().unwrap();
    assert_eq!((receiver.protocol().as_deref(), sender.protocol().as_deref()), (Some("chat"), Some("chat")));
    assert_eq!(receiver.recv().unwrap(), None);
    assert_eq!(server.join().unwrap().as_deref(), Some("chat"));
}

/// What a server says for people is there, if it comes with the head or soon after it; a body that does not come, or does not
/// end, is not waited for.
#[test]
fn why_it_was_refused() {
    let refusal = |fields: &str| format!("HTTP/1.1 403 Forbidden\r\n{fields}\r\n").into_bytes();
    let (why, closes) = (|length: usize| refusal(&format!("Content-Length: {length}\r\n")), refusal(""));
    let long = vec![b'x'; 100_000];
    let table: [(Vec<Vec<u8>>, &[u8]); 6] = [
        (vec![[&why(4)[..], b"Whyrest"].concat()], b"Whyr"),
        (vec![why(3), b"W".into(), b"hy".into()], b"Why"),
        (vec![[&closes[..], b"Why"].concat()], b"Why"),
        (vec![why(0)], b""),
        (vec![why(10), b"Why".into()], b"Why"),
        (vec![closes, long.clone()], &long[..1024]),
    ];
    for stays_open in [false, true] {
        for (pieces, expected) in table.clone() {
            let (port, server) = local(move |mut stream| {
                let _ = stream.read(&mut [0; 1000]);
                stream.set_nodelay(true).unwrap();
                for piece in pieces {
                    let _ = stream.write_all(&piece);
                    thread::sleep(Duration::from_millis(5));
                }
                stays_open.then_some(stream)
            });
            let refused = blocking::connect(&format!("ws://127.0.0.1:{port}/"), Config::default());
            let Err(Error::Handshake { error, response: Some(response) }) = refused else { panic!("{refused:?}") };
            assert_eq!(error, HandshakeError::Status(403));
            assert_eq!(response.body(), expected);
            drop(server.join().unwrap());
        }
    }
}

/// A page of another origin is refused with 403, one of the server's own is not.
#[test]
fn refused_by_origin() {
    for same in [false, true] {
        let (port, server) = local(|stream| {
            blocking::accept(stream, &server::Accept::same_origin(), Config::default()).map(|mut socket| socket.recv())
        });
        let origin = if same { format!("http://127.0.0.1:{port}") } else { "https://evil.example".into() };
        let request = client::Request::from_uri(&format!("ws://127.0.0.1:{port}/")).unwrap();
        let request = request.origin(&origin).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        match blocking::client_handshake(stream, request, Config::default()) {
            Ok((mut socket, _)) => {
                assert!(same);
                assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_clean());
                assert!(matches!(server.join().unwrap(), Ok(Ok(None))));
            }
            Err(Error::Handshake { response, .. }) => {
                assert!(!same);
                assert_eq!(response.unwrap().status(), 403);
                assert!(matches!(server.join().unwrap(), Err(Error::Handshake { response: None, .. })));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What comes in one segment with the opening handshake is received after it, on the server…
#[test]
fn early_data_from_the_client() {
    let (port, server) = local(|stream| {
        let mut socket = blocking::accept(stream, &server::Accept::same_origin(), Config::default()).unwrap();
        [socket.recv().unwrap(), socket.recv().unwrap()]
    });
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let frames = [frame_to(Role::Server, 0x81, b"early"), frame_to(Role::Server, 0x81, b"bird")].concat();
    stream.write_all(&[REQUEST.as_bytes(), &frames].concat()).unwrap();
    assert_eq!(server.join().unwrap(), [Some("early".into()), Some("bird".into())]);
}

/// … and on the client.
#[test]
fn early_data_from_the_server() {
    let (port, server) = local(|stream| {
        blocking::accept_with(stream, Config::default(), |request| {
            let mut connection = request.accept(&server::Accept::same_origin())?;
            connection.send_text("early").unwrap();
            connection.send_text("bird").unwrap();
            Ok(connection)
        })
        .and_then(|mut socket| socket.recv())
    });
    let (mut client, _) = blocking::connect(&format!("ws://127.0.0.1:{port}/"), Config::default()).unwrap();
    assert_eq!(client.recv().unwrap(), Some("early".into()));
    assert_eq!(client.recv().unwrap(), Some("bird".into()));
    assert!(client.close(CloseCode::NORMAL, "").unwrap().is_clean());
    assert_eq!(server.join().unwrap().unwrap(), None);
}

/// A handshake that is never finished ends by its deadline: the client is told 408, a server that does not answer is
/// given up.
#[test]
fn the_handshake_deadline() {
    let hasty = || {
        let mut config = config();
        config.deadlines.handshake = Some(Duration::from_millis(200));
        config
    };
    let (port, server) =
        local(move |stream| blocking::accept(stream, &server::Accept::same_origin(), hasty()).map(|_| ()));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&REQUEST.as_bytes()[..50]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    drop(stream);
    assert!(matches!(server.join().unwrap(), Err(Error::Handshake { response: None, .. })));

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("ws://{}/", silent.local_addr().unwrap());
    let given_up = blocking::connect(&uri, hasty());
    assert!(matches!(given_up, Err(Error::Handshake { error: HandshakeError::Deadline { .. }, response: None })));
}

/// Nor is a stream in non-blocking mode asked again and again in the opening handshake.
#[test]
fn a_stream_that_does_not_block() {
    let (port, server) = local(|stream| {
        stream.set_nonblocking(true).unwrap();
        blocking::accept(stream, &server::Accept::same_origin(), Config::default()).map(|_| ())
    });
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let Err(Error::Io(error)) = server.join().unwrap() else { panic!("the client said nothing") };
    assert!(error.kind() == ErrorKind::WouldBlock && error.to_string().contains("non-blocking mode"), "{error}");
    drop(stream);
}

/// [O-34] A bad request is answered, and then the stream is closed; the connection never was.
#[test]
fn a_bad_request() {
    let (port, server) =
        local(|stream| blocking::accept(stream, &server::Accept::any_origin(), Config::default()).map(|_| ()));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    drop(stream);
    assert!(matches!(server.join().unwrap(), Err(Error::Handshake { .. })));
}
