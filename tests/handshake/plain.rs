//! Requests that do not ask for WebSocket, on the port of a server that does (RFC 9110 §7.8, §15.5.22).

use crate::kit::{Head, config, invalid, lines, serve, text};
use bowline::{
    HandshakeError, Input,
    server::{Handshake, PlainRequest, Progress},
};

/// A request of plain HTTP.
fn plain(method: &str, target: &str) -> Head {
    Head::new(&format!("{method} {target} HTTP/1.1")).and("Host", "server.example.com")
}

fn read(head: impl Into<Vec<u8>>) -> PlainRequest {
    let mut bytes = head.into();
    match Handshake::new(config()).receive(&mut Input::from(&mut bytes)) {
        Progress::NotWebSocket(request) => request,
        other => panic!("it asks for WebSocket, or is wrong: {other:?}"),
    }
}

/// All of a plain request can be seen, whatever its method is.
#[test]
fn what_it_asks_for() {
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "x!", "get"] {
        let head = plain(method, "/a/b?x=1+2&y").and("Cookie", "s=1").and("X-A", "b");
        let request = read(head);
        assert_eq!(request.method(), method);
        assert_eq!(
            (request.path(), request.query(), request.path_and_query()),
            ("/a/b", Some("x=1+2&y"), "/a/b?x=1+2&y")
        );
        assert_eq!(request.query_param("x").as_deref(), Some("1 2"));
        assert_eq!((request.host(), request.cookie("s")), ("server.example.com", Some("1")));
        assert_eq!((request.header("x-a"), request.header("x-b")), (Some(&b"b"[..]), None));
        assert_eq!(request.headers().map(|(name, _)| name).collect::<Vec<_>>(), ["Host", "Cookie", "X-A"]);
        let shown = format!("{request:?}");
        assert!(
            shown.contains("/a/b") && !shown.contains("s=1") && !shown.contains("x=1"),
            "they may be secrets: {shown}"
        );
    }
    let absolute = read(plain("GET", "http://other.example:81?x"));
    assert_eq!((absolute.path(), absolute.query(), absolute.host()), ("/", Some("x"), "other.example:81"));
}

/// [E-08] [F-22] An Upgrade field that does not name websocket does not ask for it; one that names it does, whatever else is
/// wrong with the request.
#[test]
fn which_requests_ask_for_it() {
    for other in ["h2c", "websockets", "web socket", "\"websocket\"", "", ",", "h2c, TLS/1.0", "/websocket"] {
        drop(read(plain("GET", "/").and("Upgrade", other)));
    }
    drop(read(Head::request().without("Upgrade")));
    for asking in ["websocket", "WebSocket", "h2c, websocket", "websocket/13", "websocket, @"] {
        let mut bytes = plain("POST", "/").and("Upgrade", asking).bytes();
        let progress = Handshake::new(config()).receive(&mut Input::from(&mut bytes));
        let Progress::Refused(refusal) = progress else { panic!("{asking}: {progress:?}") };
        assert_eq!(refusal.error(), Some(&HandshakeError::Method("POST".into())));
    }
    let mut two_lines = plain("GET", "/").and("Upgrade", "h2c").and("upgrade", "websocket").bytes();
    let progress = Handshake::new(config()).receive(&mut Input::from(&mut two_lines));
    assert!(matches!(progress, Progress::Refused(_)));
}

/// [E-01] [G-16] Only a valid request of HTTP/1.1 is one; all others are refused as before.
#[test]
fn only_valid_requests() {
    let refused = |head: Head| serve(head).unwrap_err().error().unwrap().clone();
    assert_eq!(refused(Head::new("GET / HTTP/1.1")), HandshakeError::Missing("Host"));
    assert_eq!(refused(plain("GET", "/").and("Host", "x")), HandshakeError::Repeated("Host"));
    assert_eq!(refused(plain("GET", "/").with("Host", "a b")), invalid("Host", "a b"));
    assert_eq!(refused(plain("GET", "*")), HandshakeError::Target("*".into()));
    assert_eq!(refused(plain("OPTIONS", "*")), HandshakeError::Method("OPTIONS".into()));
    assert_eq!(refused(plain("CONNECT", "h:80")), HandshakeError::Method("CONNECT".into()));
    let old = plain("GET", "/").first("GET / HTTP/1.0");
    assert_eq!(refused(old), HandshakeError::HttpVersion("GET / HTTP/1.0".into()));
}

/// An answer has the status, the length and the body that it was given, and ends the connection.
#[test]
fn answers() {
    let refusal = read(plain("GET", "/health")).respond(200, "ok\n").header("Content-Type", "text/plain").unwrap();
    assert_eq!((refusal.status(), refusal.error()), (200, None));
    assert_eq!(
        text(refusal),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nok\n"
    );
    for (status, line) in [
        (201, "201 Created"),
        (202, "202 Accepted"),
        (206, "206 Partial Content"),
        (299, "299 "),
        (404, "404 Not Found"),
        (599, "599 "),
    ] {
        let answer = text(read(plain("GET", "/")).respond(status, "x"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {line}\r\n")), "{answer}");
        assert!(answer.ends_with("\r\nContent-Length: 1\r\n\r\nx"), "{answer}");
    }
    for status in [0, 100, 101, 199, 600, u16::MAX] {
        assert_eq!(read(plain("GET", "/")).respond(status, "").status(), 500);
    }
    assert_eq!(lines(&text(read(plain("GET", "/")).respond(426, "")), "Upgrade"), ["websocket"]);
}

/// Where HTTP has no body there is none: in an answer to HEAD, which has the length all the same, and with some statuses.
#[test]
fn answers_without_a_body() {
    let head = text(read(plain("HEAD", "/")).respond(200, "four"));
    assert_eq!(head, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
    for (status, fields) in [
        (204, "204 No Content\r\nConnection: close"),
        (205, "205 Reset Content\r\nConnection: close\r\nContent-Length: 0"),
        (304, "304 Not Modified\r\nConnection: close"),
    ] {
        assert_eq!(text(read(plain("GET", "/")).respond(status, "four")), format!("HTTP/1.1 {fields}\r\n\r\n"));
    }
}

/// [E-02] [F-22] [F-23] Without an answer of the application's own, the request is a handshake that failed: 426, or 405.
#[test]
fn as_a_failed_handshake() {
    for (head, error, status) in [
        (plain("GET", "/"), HandshakeError::Missing("Upgrade"), 426),
        (plain("GET", "/").and("Upgrade", "h2c"), invalid("Upgrade", "h2c"), 426),
        (plain("GET", "/").and("Upgrade", ""), invalid("Upgrade", ""), 426),
        (plain("POST", "/"), HandshakeError::Method("POST".into()), 405),
        (plain("HEAD", "/"), HandshakeError::Method("HEAD".into()), 405),
    ] {
        let refusal = read(head).into_refusal();
        assert_eq!((refusal.error(), refusal.status()), (Some(&error), status));
        let answer = text(refusal);
        let body = if error == HandshakeError::Method("HEAD".into()) { String::new() } else { format!("{error}\n") };
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
    }
}

/// [E-33] However it is cut, the outcome is the same, it is the only one, and a body stays in the input.
#[test]
fn every_cut() {
    let head = plain("POST", "/upload").and("Content-Length", "4").bytes();
    for at in 0..head.len() {
        let mut handshake = Handshake::new(config());
        let mut first = head[..at].to_vec();
        assert!(matches!(handshake.receive(&mut Input::from(&mut first)), Progress::Incomplete), "cut at {at}");
        let mut second = [&head[at..], b"body"].concat();
        let mut input = Input::from(&mut second);
        let Progress::NotWebSocket(request) = handshake.receive(&mut input) else { panic!("cut at {at}") };
        assert_eq!((request.method(), request.path(), input.remaining()), ("POST", "/upload", &b"body"[..]));
        assert!(matches!(handshake.receive(&mut input), Progress::Incomplete));
        assert_eq!(input.len(), 4, "nothing is taken any more");
    }
    let mut handshake = Handshake::new(config());
    let mut outcomes = head.iter().map(|byte| handshake.receive(&mut Input::from(&mut [*byte])));
    let last = outcomes.find(|outcome| !matches!(outcome, Progress::Incomplete));
    assert!(matches!(last, Some(Progress::NotWebSocket(_))) && outcomes.next().is_none());
}
