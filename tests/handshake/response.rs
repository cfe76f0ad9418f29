//! What a client makes of the server's answer (RFC 6455 §4.1).

use crate::kit::{ACCEPT, Head, answer, ask, config, connected, failed, invalid, output};
use bowline::{
    HandshakeError, Input,
    client::{Handshake, Progress, Request, Response},
};

fn refused(head: impl Into<Vec<u8>>) -> (HandshakeError, Response) {
    match answer(ask(), head) {
        Progress::Refused(error, Some(response)) => (error, response),
        other => panic!("not refused: {other:?}"),
    }
}

/// [D-22] [C-23] [B-14] [W-01] The right answer opens the connection, without an extension or a subprotocol, and with
/// nothing to write. There is no connection to write to before that.
#[test]
fn the_right_answer() {
    let Progress::Connected(mut connection, response) = answer(ask(), Head::response()) else { panic!() };
    assert_eq!((response.status(), response.protocol()), (101, None));
    assert_eq!(output(&mut connection), "");
}

/// [D-01] [D-02] Any other status is handed on with its fields, and its body is left in the input.
#[test]
fn other_statuses() {
    for status in [200, 204, 301, 302, 400, 401, 403, 404, 426, 500, 503, 599, 999, 0, 99] {
        let head = Head::response().first(&format!("HTTP/1.1 {status:03} Something")).and("Location", "/x");
        let (error, response) = refused(head);
        assert_eq!(error, HandshakeError::Status(status));
        assert_eq!(response.status(), status);
        assert_eq!(response.header("location"), Some(&b"/x"[..]));
    }
    let mut bytes = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nwho ar".to_vec();
    let mut input = Input::from(bytes.as_mut_slice());
    let progress = Handshake::new(ask(), config()).receive(&mut input);
    let Progress::Refused(_, Some(response)) = progress else { panic!() };
    assert_eq!((response.body_length(), input.remaining()), (Some(6), &b"who ar"[..]));
}

/// [D-03] Interim answers are skipped, any number of them, whatever they say.
#[test]
fn interim_answers() {
    let mut bytes = Vec::new();
    for line in ["HTTP/1.1 100 Continue", "HTTP/1.1 103 Early Hints", "HTTP/1.1 102", "HTTP/1.1 199 x"] {
        bytes.extend(Head::new(line).and("Link", "</x>").and("Upgrade", "nothing").bytes());
    }
    bytes.extend(Head::response().bytes());
    connected(ask(), bytes.clone());
    bytes.truncate(bytes.len() - Head::response().bytes().len());
    bytes.extend_from_slice(b"HTTP/1.1 404 Not Found\r\n\r\n");
    assert_eq!(refused(bytes).0, HandshakeError::Status(404));
}

/// [D-04] [D-06] [D-08] What must be there must be there, alone and in pairs.
#[test]
fn missing_fields() {
    const NAMES: [&str; 3] = ["Upgrade", "Connection", "Sec-WebSocket-Accept"];
    for (at, name) in NAMES.into_iter().enumerate() {
        assert_eq!(failed(ask(), Head::response().without(name)), HandshakeError::Missing(name));
        for other in &NAMES[at..] {
            let head = Head::response().without(name).without(other);
            assert_eq!(failed(ask(), head), HandshakeError::Missing(name));
        }
        assert_eq!(
            failed(ask(), Head::response().with(name, "")),
            match name {
                "Sec-WebSocket-Accept" =>
                    HandshakeError::WrongAccept { received: String::new(), expected: ACCEPT.into() },
                _ => invalid(name, ""),
            }
        );
    }
}

/// [D-05] Upgrade is `websocket` in whatever case, once or again, and nothing else, also in no list.
#[test]
fn upgrade() {
    for good in ["websocket", "WebSocket", "WEBSOCKET", " websocket\t"] {
        connected(ask(), Head::response().with("Upgrade", good));
    }
    for bad in ["websocket, foo", "foo", "websockets", "websocket/13", "websocket,", "h2c"] {
        assert_eq!(failed(ask(), Head::response().with("Upgrade", bad)), invalid("Upgrade", bad));
        assert_eq!(failed(ask(), Head::response().and("Upgrade", bad)), invalid("Upgrade", bad), "on a second line");
    }
    connected(ask(), Head::response().and("Upgrade", "WebSocket"));
    connected(ask(), Head::response().with("Upgrade", "websocket, websocket"));
}

/// [D-07] [G-14] Connection has the token `Upgrade` in whatever case, among any others, on any of its lines.
#[test]
fn connection() {
    for good in ["Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "close,upgrade", ",,upgrade ,"] {
        connected(ask(), Head::response().with("Connection", good));
    }
    connected(ask(), Head::response().with("Connection", "keep-alive").and("Connection", "upgrade"));
    for bad in ["NotUpgrade", "keep-alive", "Upgrade2", "up grade", "\"Upgrade\"", "Upgrade; x"] {
        let error = failed(ask(), Head::response().with("Connection", bad));
        assert_eq!(error, invalid("Connection", &bad.replace('"', "\\\"")));
    }
}

/// [D-09] [D-10] [D-11] [H-12] Accept is what the key gives, letter by letter, once; space around it does not count.
#[test]
fn accept() {
    let wrong = |received: &str| HandshakeError::WrongAccept { received: received.into(), expected: ACCEPT.into() };
    connected(ask(), Head::response().with("Sec-WebSocket-Accept", format!(" \t {ACCEPT}\t ")));
    for bad in [
        ACCEPT.to_lowercase(),
        ACCEPT.to_uppercase(),
        ACCEPT[..27].into(),
        format!("{ACCEPT}="),
        "dGhlIHNhbXBsZSBub25jZQ==".into(),
        "x".into(),
        format!("{ACCEPT}, {ACCEPT}"),
    ] {
        let error = failed(ask(), Head::response().with("Sec-WebSocket-Accept", &bad));
        assert_eq!(error, wrong(&bad));
    }
    for value in [ACCEPT, "x"] {
        let error = failed(ask(), Head::response().and("Sec-WebSocket-Accept", value));
        assert_eq!(error, HandshakeError::Repeated("Sec-WebSocket-Accept"));
    }
}

/// [D-12] [D-13] [D-26] No extension was offered, so none may be used, once or twice.
#[test]
fn extensions() {
    for (value, name) in [
        ("permessage-deflate", "permessage-deflate"),
        ("x; y=1, z", "x"),
        ("x, x", "x"),
        ("constructor", "constructor"),
        ("__proto__;a", "__proto__"),
    ] {
        let error = failed(ask(), Head::response().and("Sec-WebSocket-Extensions", value));
        assert_eq!(error, HandshakeError::ExtensionNotOffered(name.into()));
    }
}

/// [D-14] An empty list of extensions uses none.
#[test]
fn empty_extensions() {
    for empty in ["", ",", " , "] {
        connected(ask(), Head::response().and("Sec-WebSocket-Extensions", empty));
    }
}

/// [D-14] [H-11] A list of extensions that is none fails the handshake, on any line of the field.
#[test]
fn malformed_extensions() {
    for bad in ["x;", "x; =1", "x y", "x; a=", "x; a=\"", "x; a=\"\"", ";", "\"x\"", "x; a=\"b c\""] {
        for first in [None, Some("x")] {
            let mut head = Head::response();
            if let Some(first) = first {
                head = head.and("Sec-WebSocket-Extensions", first);
            }
            let error = failed(ask(), head.and("Sec-WebSocket-Extensions", bad));
            assert_eq!(error, invalid("Sec-WebSocket-Extensions", &bad.escape_default().to_string()));
        }
    }
}

fn offering() -> Request {
    ask().protocol("chat").unwrap().protocol("superchat").unwrap()
}

/// [D-15] [D-16] [D-19] [D-22] The subprotocol is one that was offered, in the same case, or none.
#[test]
fn subprotocols() {
    for chosen in ["chat", "superchat"] {
        let response = connected(offering(), Head::response().and("Sec-WebSocket-Protocol", chosen));
        assert_eq!(response.protocol(), Some(chosen));
    }
    assert_eq!(connected(offering(), Head::response()).protocol(), None);
    for bad in ["Chat", "CHAT", "chat2", "cha", "x"] {
        let error = failed(offering(), Head::response().and("Sec-WebSocket-Protocol", bad));
        assert_eq!(error, HandshakeError::ProtocolNotOffered(bad.into()));
    }
    let error = failed(ask(), Head::response().and("Sec-WebSocket-Protocol", "chat"));
    assert_eq!(error, HandshakeError::ProtocolNotOffered("chat".into()));
}

/// [D-17] [D-18] [H-13] The subprotocol is one token, in one field.
#[test]
fn malformed_subprotocols() {
    for bad in ["", "chat, superchat", "chat,", "ch at", "chat;"] {
        for request in [ask(), offering()] {
            let error = failed(request, Head::response().and("Sec-WebSocket-Protocol", bad));
            assert_eq!(error, invalid("Sec-WebSocket-Protocol", bad));
        }
    }
    let twice = Head::response().and("Sec-WebSocket-Protocol", "chat").and("Sec-WebSocket-Protocol", "chat");
    assert_eq!(failed(offering(), twice), HandshakeError::Repeated("Sec-WebSocket-Protocol"));
}

/// [D-20] [G-06] A 101 is HTTP/1.1. Other statuses may be HTTP/1.0; nothing else is HTTP.
#[test]
fn versions_of_http() {
    let old = failed(ask(), Head::response().first("HTTP/1.0 101 Switching Protocols"));
    assert_eq!(old, HandshakeError::HttpVersion("HTTP/1.0 101 Switching Protocols".into()));
    let old = failed(ask(), Head::response().first("HTTP/1.0 404 Not Found"));
    assert_eq!(old, HandshakeError::Status(404));
    for bad in
        ["HTTP/2.0 101 x", "HTTP/1.2 101 x", "HTTP/1 101 x", "Http/1.1 101 x", "HTTP/1.11 101 x", "HTTP/01.1 101 x"]
    {
        let error = failed(ask(), Head::response().first(bad));
        assert_eq!(error, HandshakeError::HttpVersion(bad.into()));
    }
}

/// [D-21] The order of the fields and the case of their names do not matter.
#[test]
fn order_and_case() {
    let head = Head::new("HTTP/1.1 101 ")
        .and("SEC-WEBSOCKET-ACCEPT", ACCEPT)
        .and("sec-websocket-protocol", "chat")
        .and("cONNECTION", "upgrade")
        .and("upgrade", "websocket");
    assert_eq!(connected(offering(), head.clone()).protocol(), Some("chat"));
    connected(offering(), head.reversed());
}

/// [D-23] All cookies of the answer can be read, in order.
#[test]
fn cookies() {
    let response = connected(ask(), Head::response().and("Set-Cookie", "a=1").and("set-cookie", "b=2"));
    let cookies = response.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
    assert_eq!(cookies.map(|(_, value)| value).collect::<Vec<_>>(), [b"a=1", b"b=2"]);
    assert!(!format!("{response:?}").contains("a=1"), "they may be secrets");
}

/// [D-24] What follows the empty line stays in the input, whatever the answer says about a body.
#[test]
fn early_data() {
    for field in [("Content-Length", "1"), ("Transfer-Encoding", "chunked"), ("X", "y")] {
        let mut bytes = Head::response().and(field.0, field.1).bytes();
        bytes.extend_from_slice(b"\x81\x05Hello\r\n\r\n");
        let mut input = Input::from(bytes.as_mut_slice());
        let progress = Handshake::new(ask(), config()).receive(&mut input);
        let Progress::Connected(_, response) = progress else { panic!("{progress:?}") };
        assert_eq!((response.body_length(), input.remaining()), (Some(0), &b"\x81\x05Hello\r\n\r\n"[..]));
    }
}

/// [D-25] The end of the stream before the answer is an error, and it is the last thing.
#[test]
fn end_of_stream() {
    let mut handshake = Handshake::new(ask(), config());
    let mut bytes = b"HTTP/1.1 101".to_vec();
    assert!(matches!(handshake.receive(&mut bytes.as_mut_slice().into()), Progress::Incomplete));
    let end = handshake.receive_eof();
    assert!(matches!(end, Progress::Refused(HandshakeError::EndOfStream { received: 12 }, None)), "{end:?}");
    assert!(matches!(handshake.receive_eof(), Progress::Incomplete));
    let mut rest = Head::response().bytes();
    let mut input = Input::from(rest.as_mut_slice());
    assert!(matches!(handshake.receive(&mut input), Progress::Incomplete));
    assert_eq!(input.len(), Head::response().bytes().len(), "nothing is taken any more");
}

/// [G-15] The length of a body is known only if the fields say it clearly.
#[test]
fn body_lengths() {
    let length = |fields: &[(&str, &str)]| {
        let mut head = Head::new("HTTP/1.1 400 Bad Request");
        for (name, value) in fields {
            head = head.and(name, value);
        }
        refused(head).1.body_length()
    };
    assert_eq!(length(&[("Content-Length", "42")]), Some(42));
    assert_eq!(length(&[("Content-Length", "42"), ("Content-Length", "42, 42")]), Some(42));
    assert_eq!(length(&[]), None);
    for bad in ["", "-1", "+1", "1 2", "0x1", "1, 2", "99999999999999999999", "1,"] {
        assert_eq!(length(&[("Content-Length", bad)]), None, "{bad}");
    }
    assert_eq!(length(&[("Content-Length", "1"), ("Content-Length", "2")]), None);
    assert_eq!(length(&[("Content-Length", "1"), ("Transfer-Encoding", "chunked")]), None);
    assert_eq!(refused(Head::new("HTTP/1.1 204 x")).1.body_length(), Some(0));
}

/// [W-17] [H-14] The versions that a server speaks are one list, on one line or on several.
#[test]
fn versions() {
    let one = Head::new("HTTP/1.1 400 Bad Request").and("Sec-WebSocket-Version", "13, 8, 7");
    let two =
        Head::new("HTTP/1.1 400 Bad Request").and("Sec-WebSocket-Version", "13").and("Sec-WebSocket-Version", "8, 7");
    for head in [one, two] {
        assert_eq!(refused(head).1.versions().collect::<Vec<_>>(), [13, 8, 7]);
    }
}

/// What is kept of a body that comes in pieces of this size behind this head, whether more is wanted then, and how much is left.
fn body_of(head: &Head, body: &[u8], step: usize) -> (Vec<u8>, bool, usize) {
    let (_, mut response) = refused(head.clone());
    assert_eq!(response.body(), b"");
    let (mut wants_more, mut left) = (response.receive_body(&mut [].as_mut_slice().into()), 0);
    for piece in body.chunks(step) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece[..]);
        wants_more = response.receive_body(&mut input);
        assert!(input.is_empty() || !wants_more, "all is taken while more is wanted");
        left += input.len();
    }
    (response.body().to_vec(), wants_more, left)
}

/// The beginning of the body, however it is framed and cut: no more than there is, and no more than 1 KiB.
#[test]
fn the_body() {
    let plain = Head::new("HTTP/1.1 403 x");
    let length = |length: &str| plain.clone().and("Content-Length", length);
    let chunked = plain.clone().and("Transfer-Encoding", "gzip").and("Transfer-Encoding", "Chunked");
    let long = "0123456789".repeat(300).into_bytes();
    for step in [1, 2, 3, 7, 1000, 100_000] {
        let of = |head: &Head, body: &[u8]| body_of(head, body, step);
        assert_eq!(of(&length("11"), b"Only on VPNrest"), (b"Only on VPN".to_vec(), false, 4));
        assert_eq!(of(&length("11"), b"Only "), (b"Only ".to_vec(), true, 0));
        assert_eq!(of(&length("0"), b"rest"), (Vec::new(), false, 4));
        assert_eq!(of(&length("3000"), &long), (long[..1024].to_vec(), false, 3000 - 1024));
        assert_eq!(of(&plain, b"Only on VPN"), (b"Only on VPN".to_vec(), true, 0));
        assert_eq!(of(&plain, &long), (long[..1024].to_vec(), false, 3000 - 1024));
        assert_eq!(of(&length("x"), b"Only"), (b"Only".to_vec(), true, 0));
        assert_eq!(of(&plain.clone().first("HTTP/1.1 204 x"), b"rest"), (Vec::new(), false, 4));
        assert_eq!(of(&chunked, b"4\r\nOnly\r\n"), (Vec::new(), false, 9), "the chunks are not taken apart");
        let gzip = plain.clone().and("Transfer-Encoding", "gzip");
        assert_eq!(of(&gzip, b"Only"), (b"Only".to_vec(), true, 0));
    }
    let (_, mut response) = refused(Head::response().and("Content-Length", "5").with("Sec-WebSocket-Accept", "x"));
    assert!(!response.receive_body(&mut b"\x81\x05Hello".to_vec().as_mut_slice().into()), "a 101 has none");
    let (_, mut response) = refused(plain);
    assert!(response.receive_body(&mut b"secret".to_vec().as_mut_slice().into()));
    let shown = format!("{response:?}");
    assert!(shown.contains("body_len: 6") && !shown.contains("secret"), "{shown}");
}
