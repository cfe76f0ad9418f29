//! What a server makes of a client's request (RFC 6455 §4.2.1).

use crate::kit::{Head, KEY, config, invalid, output, refused, request, serve, text};
use bowline::{
    Event, HandshakeError, Input, State,
    server::{Accept, Handshake, Progress},
};
use bytes::Buf;

const REQUIRED: [&str; 5] = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];

/// [E-04] [E-25] The request of the RFC's example, with a field of no meaning.
#[test]
fn the_example() {
    let request = request(
        Head::request()
            .and("Origin", "http://example.com")
            .and("Sec-WebSocket-Protocol", "chat, superchat")
            .and("X-Unknown", "\"(;,"),
    );
    assert_eq!((request.path(), request.host()), ("/chat", "server.example.com"));
    assert_eq!(request.origin(), Some(&b"http://example.com"[..]));
    assert_eq!(request.protocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(request.header("x-unknown"), Some(&b"\"(;,"[..]));
    assert_eq!(request.header("X-Other"), None);
    assert_eq!(request.headers().nth(1), Some(("Upgrade", &b"websocket"[..])));
}

/// [E-01] [E-06] [E-08] [E-11] [E-16] What must be there must be there, alone and in pairs, and is never empty.
#[test]
fn missing_and_empty_fields() {
    for (at, name) in REQUIRED.into_iter().enumerate() {
        assert_eq!(refused(Head::request().without(name)), HandshakeError::Missing(name));
        assert_eq!(refused(Head::request().with(name, "")), invalid(name, ""));
        for other in &REQUIRED[at..] {
            assert_eq!(refused(Head::request().without(name).without(other)), HandshakeError::Missing(name));
        }
    }
    assert_eq!(refused(Head::new("GET / HTTP/1.1")), HandshakeError::Missing("Host"));
}

/// [E-07] [E-15] [E-19] [H-10] [H-14] What must be there once must not be there twice, also with the same value.
#[test]
fn doubled_fields() {
    for (name, value) in [
        ("Host", "server.example.com"),
        ("Host", "x"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Key", "x"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Version", "8"),
        ("sec-websocket-version", "13"),
    ] {
        let error = refused(Head::request().and(name, value));
        let HandshakeError::Repeated(repeated) = error else { panic!("{name}: {error}") };
        assert!(repeated.eq_ignore_ascii_case(name));
        assert_eq!(error.status(), 400);
    }
    let origins = Head::request().and("Origin", "http://a").and("Origin", "http://b");
    assert_eq!(refused(origins), HandshakeError::Repeated("Origin"));
}

/// [E-02] Only GET, in this case, begins a handshake.
#[test]
fn methods() {
    for method in ["POST", "get", "Get", "HEAD", "CONNECT", "OPTIONS", "GETS", "G", "x!"] {
        let refusal = serve(Head::request().first(&format!("{method} /chat HTTP/1.1"))).unwrap_err();
        assert_eq!(refusal.error(), Some(&HandshakeError::Method(method.into())));
        assert_eq!(refusal.status(), 405);
        let answer = text(refusal);
        assert!(answer.contains("\r\nAllow: GET\r\n"), "{answer}");
        assert_eq!(answer.ends_with("\r\n\r\n"), method == "HEAD", "an answer to HEAD has no body: {answer}");
    }
}

/// [E-03] [G-06] [G-16] HTTP/1.1 and nothing else, letter by letter.
#[test]
fn versions_of_http() {
    for version in ["HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.11", "HTTP/01.1", "HTTP/1", "TTP/1.1", ""] {
        let error = refused(Head::request().first(&format!("GET / {version}")));
        assert_eq!(error.status(), 400);
        assert!(matches!(error, HandshakeError::HttpVersion(_) | HandshakeError::StartLine(_)), "{version}: {error}");
    }
    let error = refused(Head::request().first("GET / HTTP/1.0"));
    assert_eq!(
        error.to_string(),
        "\"GET / HTTP/1.0\" is not HTTP/1.1, which an upgrade to WebSocket requires (RFC 6455 §4.1)"
    );
}

/// [E-04] [E-05] The resource name is the path and the query as they were received, of a path or of an http URI.
#[test]
fn request_targets() {
    for (target, path, host) in [
        ("/", "/", "server.example.com"),
        ("/a%20b/../c?d=%zz&e={|}", "/a%20b/../c?d=%zz&e={|}", "server.example.com"),
        ("//x", "//x", "server.example.com"),
        ("/?", "/?", "server.example.com"),
        ("/.well-known/x", "/.well-known/x", "server.example.com"),
        ("/http://h/", "/http://h/", "server.example.com"),
        ("http://other.example:81/chat?x", "/chat?x", "other.example:81"),
        ("HTTPS://other.example/", "/", "other.example"),
        ("http://other.example", "/", "other.example"),
        ("http://other.example?x", "/?x", "other.example"),
        ("http://[::1]:9/x", "/x", "[::1]:9"),
    ] {
        let request = request(Head::request().first(&format!("GET {target} HTTP/1.1")));
        assert_eq!((request.path_and_query(), request.host()), (path, host), "{target}");
    }
}

/// [E-01] [E-04] [E-05] [G-16] Any other target is refused.
#[test]
fn bad_request_targets() {
    for target in [
        "*",
        "chat",
        "server.example.com:80",
        "?x",
        "/#",
        "/a#b",
        "http:///x",
        "http://",
        "ws://h/",
        "ftp://h/",
        "http:/h/",
        "http://u@h/",
        "http://h:99999/",
        "http://h h/",
        "/a b",
        "/ü",
        "http://ü/",
        "://h/",
    ] {
        let error = refused(Head::request().first(&format!("GET {target} HTTP/1.1")));
        assert_eq!(error.status(), 400);
        assert!(!matches!(error, HandshakeError::Missing(_)), "{target}");
    }
    // An absolute URI does not make up for the Host field (RFC 9112 §3.2).
    let error = refused(Head::request().first("GET http://h/ HTTP/1.1").without("Host"));
    assert_eq!(error, HandshakeError::Missing("Host"));
}

/// [E-07] Host is a host with or without a port.
#[test]
fn hosts() {
    for good in ["h", "h:80", "127.0.0.1:8080", "[::1]", "[::1]:443", "h:", "a_b", "EXAMPLE.com"] {
        assert_eq!(request(Head::request().with("Host", good)).host(), good);
    }
    for bad in ["h h", "h/", "h:x", "h:70000", "[::1", ":80", "a\\b", "h\u{80}", "h#", "http://h", "[x]", "h%"] {
        let value = bad.as_bytes().escape_ascii().to_string();
        assert_eq!(refused(Head::request().with("Host", bad)), invalid("Host", &value));
    }
    assert_eq!(refused(Head::request().with("Host", "u@h")), invalid("Host", "..."), "the user name is not shown");
}

/// [E-08] [E-09] [F-22] Upgrade lists `websocket` in whatever case, on any of its lines, and 426 tells so if not.
#[test]
fn upgrade() {
    for good in ["websocket", "WebSocket", "WEBSOCKET", "h2c, websocket", "foo/2,websocket", ",, websocket ,"] {
        drop(request(Head::request().with("Upgrade", good)));
    }
    drop(request(Head::request().with("Upgrade", "h2c").and("Upgrade", "websocket")));
    for bad in
        ["h2c", "websockets", "web socket", "websocket/13", "\"websocket\"", "websocket;", "websocket, @", "/", "a/"]
    {
        let error = refused(Head::request().with("Upgrade", bad));
        assert!(matches!(error, HandshakeError::Invalid { name: "Upgrade", .. }), "{bad}: {error}");
        assert_eq!(error.status(), 426);
    }
}

/// [E-10] [G-14] Connection has the token `Upgrade` in whatever case, on any of its lines.
#[test]
fn connection() {
    for good in ["Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,HTTP2-Settings", ",upgrade,,"] {
        drop(request(Head::request().with("Connection", good)));
    }
    drop(request(Head::request().with("Connection", "keep-alive").and("connection", "Upgrade")));
    for bad in ["keep-alive", "Upgraded", "NotUpgrade", "up grade", "\"Upgrade\"", "Upgrade;", "Upgrade, @"] {
        let error = refused(Head::request().with("Connection", bad));
        assert!(matches!(error, HandshakeError::Invalid { name: "Connection", .. }), "{bad}: {error}");
        assert_eq!(error.status(), 400);
    }
}

/// [E-12] [E-13] [E-14] [W-02] [F-18] A key is 16 bytes in base64; bits to spare do not count, but make
/// another key.
#[test]
fn keys() {
    let accept = |key: &str| {
        let mut connection =
            request(Head::request().with("Sec-WebSocket-Key", key)).accept(&Accept::any_origin()).unwrap();
        output(&mut connection)
    };
    let (printed, canonical) = (accept("AQIDBAUGBwgJCgsMDQ4PEC=="), accept("AQIDBAUGBwgJCgsMDQ4PEA=="));
    assert_ne!(printed, canonical);
    accept("++++++++++//////////AA==");
    for bad in [
        "AQIDBAUGBwgJCgsMDQ4PEA=",
        "AQIDBAUGBwgJCgsMDQ4PEA",
        "AQIDBAUGBwgJCgsMDQ4PEAA=",
        "AQIDBAUGBwgJCgsMDQ4PEBES",
        "AQIDBAUGBwgJCgsMDQ4P====",
        "AQIDBAUGBwgJCgsMDQ4PE===",
        "AQIDBAUGBwgJCgsMDQ==",
        "AQIDBAUGBwgJCgsMDQ4PEA==AAAA",
        "AQIDBAUG wgJCgsMDQ4PEA==",
        "AQIDBAUG-_gJCgsMDQ4PEA==",
        "AQIDBAUG=wgJCgsMDQ4PEA==",
        "========================",
        "==",
        "x",
    ] {
        assert_eq!(refused(Head::request().with("Sec-WebSocket-Key", bad)), invalid("Sec-WebSocket-Key", bad));
    }
}

/// [E-17] [F-05] [F-06] [W-17] Another version is answered with 426 and the one that there is.
#[test]
fn other_versions() {
    for version in [0, 7, 8, 12, 14, 25, 255] {
        let refusal = serve(Head::request().with("Sec-WebSocket-Version", version.to_string())).unwrap_err();
        assert_eq!(refusal.error(), Some(&HandshakeError::Version(version)));
        let answer = text(refusal);
        assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
        assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"));
        assert!(answer.contains("\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"));
    }
}

/// [E-18] What is not one number from 0 to 255 is no version, and 400 says which there is, too.
#[test]
fn malformed_versions() {
    for bad in ["013", "00", "256", "1000", "-13", "+13", "13.0", "0x0d", "13, 8", "13,", "thirteen", "1 3", "\"13\""] {
        let refusal = serve(Head::request().with("Sec-WebSocket-Version", bad)).unwrap_err();
        let received = bad.replace('"', "\\\"");
        assert_eq!(refusal.error(), Some(&invalid("Sec-WebSocket-Version", &received)));
        let answer = text(refusal);
        assert!(answer.starts_with("HTTP/1.1 400 "));
        assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"));
    }
}

/// [E-20] Origin may be absent, and is shown as bytes.
#[test]
fn origin_is_shown() {
    assert_eq!(request(Head::request()).origin(), None);
    assert_eq!(request(Head::request().and("origin", b"\xff")).origin(), Some(&b"\xff"[..]));
}

/// [E-21] [E-27] Subprotocols are one list over all lines; a few empty elements do not count.
#[test]
fn subprotocols() {
    let offered = |values: &[&str]| {
        let mut head = Head::request();
        for value in values {
            head = head.and("Sec-WebSocket-Protocol", value);
        }
        request(head).protocols().map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(offered(&["a, b", "c"]), ["a", "b", "c"]);
    assert_eq!(offered(&["foo, , bar,"]), ["foo", "bar"]);
    assert_eq!(offered(&["a", "", " ,"]), ["a"]);
    assert_eq!(offered(&["\ta\t,\tA"]), ["a", "A"]);
    assert_eq!(offered(&[]), <[&str; 0]>::default());
    assert_eq!(offered(&[&format!("a{}", ",".repeat(16))]), ["a"]);
    assert_eq!(
        refused(Head::request().and("Sec-WebSocket-Protocol", format!("a{}", ",".repeat(17)))),
        invalid("Sec-WebSocket-Protocol", "")
    );
}

/// [E-22] What is no token, and what is there twice, is refused.
#[test]
fn malformed_subprotocols() {
    for (values, received) in [
        (&["a b"][..], "a b"),
        (&["a;b"], "a;b"),
        (&["\u{e9}"], "\\xc3\\xa9"),
        (&["a, b, a"], "a"),
        (&["a", "b,a"], "a"),
        (&["a/b"], "a/b"),
    ] {
        let mut head = Head::request();
        for value in values {
            head = head.and("Sec-WebSocket-Protocol", value);
        }
        assert_eq!(refused(head), invalid("Sec-WebSocket-Protocol", received), "{values:?}");
    }
}

/// [E-22] [E-24] [E-27] An empty list of subprotocols or extensions is the same as none, on any number of lines.
#[test]
fn empty_lists() {
    for values in [&[""][..], &[",,"], &["", " "], &[" , ,"]] {
        for name in ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"] {
            let head = values.iter().fold(Head::request(), |head, value| head.and(name, value));
            let request = request(head);
            assert_eq!((request.protocols().count(), request.extensions().count()), (0, 0), "{values:?}");
            let mut connection = request.accept(&Accept::same_origin().protocols(["chat"])).unwrap();
            assert!(!output(&mut connection).contains(name), "the answer has no such field, either");
        }
    }
}

/// [E-26] The order of the fields and the case of their names do not matter.
#[test]
fn order_and_case() {
    drop(request(Head::request().reversed()));
    let mut shouting = Head::new("GET / HTTP/1.1");
    for (name, value) in request(Head::request()).headers() {
        shouting = shouting.and(&name.to_uppercase(), value);
    }
    let request = request(shouting);
    assert_eq!(request.header("host"), Some(&b"server.example.com"[..]));
}

/// [E-31] A request with a body is refused: its bytes would be read as frames.
#[test]
fn bodies() {
    for bad in ["1", "00", "", "-0", "0, 0", "18446744073709551616", "x"] {
        assert_eq!(refused(Head::request().and("Content-Length", bad)), HandshakeError::Body("Content-Length"));
    }
    let second = Head::request().and("Content-Length", "0").and("content-length", "5");
    assert_eq!(refused(second), HandshakeError::Body("Content-Length"));
    for value in ["chunked", "identity", ""] {
        let error = refused(Head::request().and("Transfer-Encoding", value));
        assert_eq!(error, HandshakeError::Body("Transfer-Encoding"));
    }
    drop(request(Head::request().and("Content-Length", "0")));
}

/// [E-32] An expectation cannot be met.
#[test]
fn expectations() {
    let error = refused(Head::request().and("Expect", "100-continue"));
    assert_eq!(error, HandshakeError::Expectation("100-continue".into()));
    assert_eq!(error.status(), 417);
}

/// [E-33] [F-21] What comes behind the head stays in the input, to the byte, and can be read once the 101 is queued.
#[test]
fn early_data() {
    let mut bytes = Head::request().bytes();
    bytes.extend_from_slice(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\r\n\r\nGET");
    let mut handshake = Handshake::new(config());
    let mut input = Input::from(bytes.as_mut_slice());
    let Progress::Request(request) = handshake.receive(&mut input) else { panic!() };
    assert_eq!(input.remaining(), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\r\n\r\nGET");
    assert!(matches!(handshake.receive(&mut input), Progress::Incomplete));
    assert_eq!(input.len(), 18, "there is one outcome, and then nothing is taken any more");
    let mut connection = request.accept(&Accept::same_origin()).unwrap();
    assert_eq!(connection.receive(&mut input), Some(Event::Text("Hello".into())));
    assert_eq!((connection.state(), connection.send_text("Hello")), (State::Open, Ok(())));
    let queued = connection.buffered_amount();
    let output = connection.output().copy_to_bytes(queued);
    assert!(output.starts_with(b"HTTP/1.1 101 "));
    assert!(output.ends_with(b"\r\n\r\n\x81\x05Hello"));
}

/// The end of the stream before the end of the head is answered, too; after an outcome it means nothing here.
#[test]
fn end_of_stream() {
    let mut handshake = Handshake::new(config());
    assert!(matches!(handshake.receive(&mut b"GET / ".to_vec().as_mut_slice().into()), Progress::Incomplete));
    let Progress::Refused(refusal) = handshake.receive_eof() else { panic!() };
    assert_eq!(refusal.error(), Some(&HandshakeError::EndOfStream { received: 6 }));
    assert_eq!(refusal.status(), 400);
    assert!(matches!(handshake.receive_eof(), Progress::Incomplete));
}
