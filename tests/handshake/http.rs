//! The HTTP/1.1 below the handshake (RFC 9110, RFC 9112), both roles.

use crate::kit::{ACCEPT, Head, ask, connected, failed, refused, request};
use bowline::{HandshakeError, HeaderError, Role};

/// A request with these lines added as they are.
fn raw_request(lines: &[u8]) -> Vec<u8> {
    raw(&Head::request(), lines)
}

fn raw_response(lines: &[u8]) -> Vec<u8> {
    raw(&Head::response(), lines)
}

fn raw(head: &Head, lines: &[u8]) -> Vec<u8> {
    let mut bytes = head.bytes();
    bytes.truncate(bytes.len() - 2);
    [&bytes, lines, b"\r\n"].concat()
}

/// [G-01] [G-13] [G-17] Values are bytes: none of them is text, and none has to be UTF-8.
#[test]
fn values_are_bytes() {
    let request = request(Head::request().and("X", b"a\x80\xff\tb"));
    assert_eq!(request.header("X"), Some(&b"a\x80\xff\tb"[..]));
    let response = connected(ask(), Head::response().and("X", b"\xc3"));
    assert_eq!(response.header("X"), Some(&b"\xc3"[..]));
}

/// [G-02] [G-11] A CR that no LF follows is refused, wherever it stands.
#[test]
fn bare_cr() {
    for lines in [&b"X: a\rb\r\n"[..], b"X\r: a\r\n", b"X: a\r\r\n", b"\rX: a\r\n"] {
        assert_eq!(refused(raw_request(lines)), HandshakeError::BareCr);
        assert_eq!(failed(ask(), raw_response(lines)), HandshakeError::BareCr);
    }
    assert_eq!(refused(&b"GET /\r HTTP/1.1\r\n\r\n"[..]), HandshakeError::BareCr);
    assert_eq!(refused(&b"\r\rGET"[..]), HandshakeError::BareCr);
    assert_eq!(refused(&b"\rGET"[..]), HandshakeError::BareCr);
}

/// [G-03] [G-11] [X-10] A line that ends in LF alone is refused, wherever it stands.
#[test]
fn bare_lf() {
    for lines in [&b"X: a\n"[..], b"X: a\nY: b\r\n", b"X\n: a\r\n", b"\n", b"X: a\r\n\n"] {
        assert_eq!(refused(raw_request(lines)), HandshakeError::BareLf);
        assert_eq!(failed(ask(), raw_response(lines)), HandshakeError::BareLf);
    }
    assert_eq!(refused(&b"GET / HTTP/1.1\nHost: h\n\n"[..]), HandshakeError::BareLf);
    assert_eq!(refused(&b"G\n"[..]), HandshakeError::BareLf);
    assert_eq!(refused(&b"\nGET"[..]), HandshakeError::BareLf);
    assert_eq!(failed(ask(), &b"HTTP/1.1 101 x\n"[..]), HandshakeError::BareLf);
}

/// [G-04] Empty lines before a request are skipped. Before a response there are none.
#[test]
fn leading_empty_lines() {
    for n in 1..10 {
        drop(request(["\r\n".repeat(n).into_bytes(), Head::request().bytes()].concat()));
        let error = failed(ask(), ["\r\n".repeat(n).into_bytes(), Head::response().bytes()].concat());
        assert_eq!(error, HandshakeError::StartLine("\\r".into()));
    }
}

/// [G-05] [G-09] [G-12] Whitespace before the first field is refused by both.
#[test]
fn whitespace_before_the_first_field() {
    for space in [" ", "\t"] {
        let request = format!("GET / HTTP/1.1\r\n{space}Host: h\r\n\r\n");
        assert!(matches!(refused(request), HandshakeError::FieldLine(_)));
        let response = format!("HTTP/1.1 101 x\r\n{space}Upgrade: websocket\r\n\r\n");
        assert!(matches!(failed(ask(), response), HandshakeError::FieldLine(_)));
    }
}

/// [G-07] Whitespace between a name and its colon is refused.
#[test]
fn whitespace_before_the_colon() {
    for line in ["X : a", "X\t: a"] {
        let shown = String::from("X"); // and not the value, which can be a secret
        let lines = format!("{line}\r\n");
        assert_eq!(refused(raw_request(lines.as_bytes())), HandshakeError::FieldLine(shown.clone()));
        assert_eq!(failed(ask(), raw_response(lines.as_bytes())), HandshakeError::FieldLine(shown));
    }
}

/// [G-08] Whitespace around a value is not part of it, and a value may be empty.
#[test]
fn whitespace_around_values() {
    for (line, value) in [("X:a", "a"), ("X: \t a b \t", "a b"), ("X:", ""), ("X: \t ", "")] {
        let lines = format!("{line}\r\n");
        assert_eq!(request(raw_request(lines.as_bytes())).header("X"), Some(value.as_bytes()));
        assert_eq!(connected(ask(), raw_response(lines.as_bytes())).header("X"), Some(value.as_bytes()));
    }
}

/// [G-09] [G-10] A folded line is refused in a request, and unfolded in a response before anything is made of it.
#[test]
fn folded_lines() {
    for fold in ["X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X:\r\n a\r\n", "X: a\r\n \r\n"] {
        assert!(matches!(refused(raw_request(fold.as_bytes())), HandshakeError::FieldLine(_)), "{fold:?}");
    }
    let unfolded = |fold: &str| connected(ask(), raw_response(fold.as_bytes())).header("X").unwrap().to_vec();
    assert_eq!(unfolded("X: a\r\n b\r\n"), b"a   b");
    assert_eq!(unfolded("X: a\r\n\tb\r\n\t c\r\n"), b"a  \tb  \t c");
    assert_eq!(unfolded("X:\r\n a\r\n"), b"a");
    assert_eq!(unfolded("X: a\r\n \r\n"), b"a");

    let folded = format!(
        "HTTP/1.1 101 x\r\nUpgrade:\r\n websocket\r\nConnection: keep-alive,\r\n Upgrade\r\n\
         Sec-WebSocket-Accept: \r\n\t{ACCEPT}\r\n \r\n\r\n"
    );
    connected(ask(), folded);
    let split = Head::response().with("Sec-WebSocket-Accept", format!("{}\r\n {}", &ACCEPT[..9], &ACCEPT[9..]));
    assert!(matches!(failed(ask(), split), HandshakeError::WrongAccept { .. }), "a fold is a space, not nothing");
}

/// [G-11] Control bytes in a value are refused, the tab apart; a value does not show up in the error.
#[test]
fn control_bytes_in_values() {
    for byte in (0..=0x1f).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)) {
        let error = HandshakeError::FieldValue("X".into());
        assert_eq!(refused(Head::request().and("X", [b'a', byte, b'b'])), error);
        assert_eq!(failed(ask(), Head::response().and("X", [byte])), error);
        let start = format!("GET /{} HTTP/1.1", char::from(byte));
        assert_eq!(refused(Head::request().first(&start)).status(), 400);
    }
}

/// [G-12] [E-01] Names are tokens, with a colon.
#[test]
fn names() {
    for line in ["", "X", ": a", " X: a", "X(: a", "X Y: a", "\u{e9}: a", "X\0: a", "(): a", "\x7f: a"] {
        if line.is_empty() {
            continue;
        }
        let lines = format!("{line}\r\n");
        let error = refused(raw_request(lines.as_bytes()));
        assert!(matches!(error, HandshakeError::FieldLine(_)), "{line:?}: {error}");
        if !line.starts_with(' ') {
            let error = failed(ask(), raw_response(lines.as_bytes()));
            assert!(matches!(error, HandshakeError::FieldLine(_)), "{line:?}: {error}");
        }
    }
    let odd = request(raw_request(b"!#$%&'*+-.^_`|~1a: x\r\n"));
    assert_eq!(odd.header("!#$%&'*+-.^_`|~1A"), Some(&b"x"[..]));
}

/// [G-16] A request line that is not well formed is refused, and never put right.
#[test]
fn request_lines() {
    for line in [
        "GET",
        "GET ",
        "GET /",
        "GET / ",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET\t/\tHTTP/1.1",
        "GET / x HTTP/1.1",
        "/ HTTP/1.1",
        "GET /HTTP/1.1",
        "G@T / HTTP/1.1",
    ] {
        let error = refused(Head::request().first(line));
        let is_right = matches!(error, HandshakeError::StartLine(_) | HandshakeError::HttpVersion(_));
        assert!(is_right, "{line:?}: {error}");
        assert_eq!(error.status(), 400);
    }
}

/// [D-20] A status line that is not well formed is refused; its phrase may be anything, or be missing.
#[test]
fn status_lines() {
    for line in [
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 1",
        "HTTP/1.1 10x x",
        "HTTP/1.1 1010 x",
        "HTTP/1.1  101 x",
        "HTTP/1.1\t101 x",
    ] {
        let error = failed(ask(), Head::response().first(line));
        assert!(matches!(error, HandshakeError::StartLine(_) | HandshakeError::HttpVersion(_)), "{line:?}: {error}");
    }
    for line in ["HTTP/1.1 101", "HTTP/1.1 101 ", "HTTP/1.1 101 Web Socket\tProtocol Handshake \u{e9}"] {
        connected(ask(), Head::response().first(line));
    }
}

/// [G-16] A peer that does not speak HTTP is told from its first byte, with what came of its line: TLS to a server without it,
/// say, which is called by its name.
#[test]
fn other_protocols() {
    let line = |text: &str| HandshakeError::StartLine(text.into());
    assert_eq!(refused(&b" GET / HTTP/1.1"[..]), line(" GET / HTTP/1.1"));
    assert_eq!(refused(&b"\r\n\r\n \r\n"[..]), line(" "));
    assert_eq!(failed(ask(), &b"SSH-2.0-OpenSSH_9.9\r\nmore"[..]), line("SSH-2.0-OpenSSH_9.9"));
    assert_eq!(failed(ask(), &b"S"[..]), line("S"));
    assert_eq!(failed(ask(), &b"220 mail.example ESMTP\nmore"[..]), line("220 mail.example ESMTP"));
    assert_eq!(failed(ask(), &b"\x81\x05Hello"[..]), line("\\x81\\x05Hello"));
    assert_eq!(failed(ask(), [b'x'; 41]), line(&"x".repeat(40)));
    let text = failed(ask(), &b"SSH-2.0-OpenSSH_9.9\r\n"[..]).to_string();
    assert!(text.starts_with("\"SSH-2.0-OpenSSH_9.9\" is not the start of an HTTP/1.1 message"), "{text}");

    for bytes in [&b"\x16\x03\x01\x02\0\x01"[..], b"\x15\x03\x03\0\x02", b"\x16", b"\x15"] {
        assert_eq!(refused(bytes), HandshakeError::Tls(Role::Client));
        assert_eq!(failed(ask(), bytes), HandshakeError::Tls(Role::Server));
    }
    assert_eq!(refused(&b"\x17\x03\x03"[..]), line("\\x17\\x03\\x03"));
    assert!(HandshakeError::Tls(Role::Client).to_string().contains("this port expects plain HTTP"));
    assert!(HandshakeError::Tls(Role::Server).to_string().contains("connect with wss://"));
}

/// A client that begins HTTP/2 without having asked for it (RFC 9113 §3.4) is called by its name; an older HTTP is not.
#[test]
fn other_versions() {
    let preface = refused(&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..]);
    assert_eq!(preface, HandshakeError::HttpVersion("PRI * HTTP/2.0".into()));
    assert!(preface.to_string().contains("the client began HTTP/2"), "{preface}");
    let older = refused(Head::request().first("GET / HTTP/1.0")).to_string();
    assert_eq!(older, "\"GET / HTTP/1.0\" is not HTTP/1.1, which an upgrade to WebSocket requires (RFC 6455 §4.1)");
}

/// Every error says in which section the rule is, and has a status to answer with.
#[test]
fn errors_are_for_people() {
    let text = || String::from("x");
    for error in [
        HandshakeError::StartLine(text()),
        HandshakeError::Tls(Role::Client),
        HandshakeError::Tls(Role::Server),
        HandshakeError::HttpVersion("PRI * HTTP/2.0".into()),
        HandshakeError::HttpVersion(text()),
        HandshakeError::BareLf,
        HandshakeError::BareCr,
        HandshakeError::FieldLine(text()),
        HandshakeError::FieldValue(text()),
        HandshakeError::HeadTooLong { limit: 1 },
        HandshakeError::StartLineTooLong { limit: 1 },
        HandshakeError::TooManyFields { limit: 1 },
        HandshakeError::Method(text()),
        HandshakeError::Target(text()),
        HandshakeError::Missing("Host"),
        HandshakeError::Repeated("Host"),
        HandshakeError::Invalid { name: "Host", received: text() },
        HandshakeError::Version(8),
        HandshakeError::Body("Content-Length"),
        HandshakeError::Expectation(text()),
        HandshakeError::OriginRefused { origin: text(), host: None },
        HandshakeError::OriginRefused { origin: text(), host: Some(text()) },
        HandshakeError::OriginMissing,
        HandshakeError::ProtocolRequired(text()),
        HandshakeError::Status(404),
        HandshakeError::WrongAccept { received: text(), expected: text() },
        HandshakeError::ProtocolNotOffered(text()),
        HandshakeError::ExtensionNotOffered(text()),
        HandshakeError::Deadline { limit: std::time::Duration::from_secs(10) },
        HandshakeError::EndOfStream { received: 1 },
    ] {
        assert!(error.to_string().ends_with(&format!("({})", error.section())), "{error} / {}", error.section());
        assert!(!error.to_string().starts_with(" ("), "{error:?} has a text of its own");
        assert!((400..=599).contains(&error.status()));
    }
    assert!(HeaderError::Name(text()).to_string().contains("\"x\""));
}
