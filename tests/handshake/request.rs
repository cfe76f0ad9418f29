//! The request that a client sends (RFC 6455 §4.1).

use crate::kit::{KEY, config, drain, lines};
use bowline::{
    HeaderError,
    client::{Handshake, Request, RequestError},
};
use bytes::Buf;
use std::sync::Arc;

fn sent(request: Request) -> String {
    let mut handshake = Handshake::new(request, config());
    drain(handshake.output())
}

fn to(uri: &str) -> Request {
    Request::from_uri(uri).unwrap()
}

/// [H-06] [H-07] [C-01] [C-02] [C-03] [C-04] [C-05] [C-07] [C-09] [C-10] [C-11] [C-16] [C-20] [C-21] [W-01] The whole
/// request, byte by byte: one empty line at the end, and no field that was not asked for.
#[test]
fn the_whole_request() {
    let expected = format!(
        "GET /chat?a=b HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    assert_eq!(sent(to("ws://server.example.com/chat?a=b").without_user_agent()), expected);
    let last = format!("User-Agent: bowline/{}\r\n\r\n", env!("CARGO_PKG_VERSION"));
    let expected = expected.strip_suffix("\r\n").unwrap().to_owned() + &last;
    assert_eq!(sent(to("ws://server.example.com/chat?a=b")), expected);
}

/// There is one User-Agent by default. One that is added replaces it, in whatever case, and it can be left out, in any order.
#[test]
fn user_agents() {
    let agents = |request: Request| {
        let sent = sent(request);
        [lines(&sent, "User-Agent"), lines(&sent, "user-agent")].concat().join("|")
    };
    assert_eq!(agents(to("ws://h/")), concat!("bowline/", env!("CARGO_PKG_VERSION")));
    assert_eq!(agents(to("ws://h/").without_user_agent()), "");
    for name in ["User-Agent", "user-agent"] {
        let own = to("ws://h/").header(name, "chat/1.0").unwrap();
        assert_eq!(agents(own.clone()), "chat/1.0");
        assert_eq!(agents(own.without_user_agent()), "chat/1.0");
        assert_eq!(agents(to("ws://h/").without_user_agent().header(name, "chat/1.0").unwrap()), "chat/1.0");
    }
    assert_eq!(agents(to("ws://h/").header("X-User-Agent", "x").unwrap()), agents(to("ws://h/")));
}

/// [C-01] [C-24] A server of the same make accepts it, and it has no bare CR and no folded line.
#[test]
fn a_server_accepts_it() {
    let request = to("wss://[::1]:8443/?q")
        .protocol("a")
        .and_then(|request| request.origin("https://example.com"))
        .and_then(|request| request.header("Cookie", "a=b"))
        .unwrap();
    let sent = sent(request);
    assert!(!sent.replace("\r\n", "").contains(['\r', '\n']));
    assert!(!sent.contains("\n ") && !sent.contains("\n\t"));
    let received = crate::kit::request(sent);
    assert_eq!((received.path(), received.query(), received.host()), ("/", Some("q"), "[::1]:8443"));
    assert_eq!(received.origin(), Some(&b"https://example.com"[..]));
    assert_eq!(received.header("cookie"), Some(&b"a=b"[..]));
}

/// [C-05] [C-06] [C-07] [C-08] There is one Host, with its port unless the scheme implies it, and with its brackets.
#[test]
fn host_fields() {
    for (uri, host) in [
        ("ws://h/", "h"),
        ("ws://h:80/", "h"),
        ("wss://h/", "h"),
        ("wss://h:443/", "h"),
        ("ws://h:443/", "h:443"),
        ("wss://h:80/", "h:80"),
        ("ws://h:8080/", "h:8080"),
        ("ws://[::1]/", "[::1]"),
        ("wss://[::1]:1/", "[::1]:1"),
        ("ws://[fe80::1%25eth0]/", "[fe80::1]"),
        ("ws://[fe80::1%eth0]:8/", "[fe80::1]:8"),
        ("ws://me:secret@h:8/", "h:8"),
    ] {
        assert_eq!(lines(&sent(to(uri)), "Host"), [host]);
    }
}

/// [C-05] A Host that is set replaces the one of the URI, as it is, and nothing else.
#[test]
fn hosts_that_are_set() {
    for (host, expected) in [("virtual.example", "virtual.example"), ("[::1]:80", "[::1]:80"), ("h:", "h")] {
        let request = to("ws://192.0.2.7:8/").host_header("first.example").unwrap().host_header(host).unwrap();
        assert_eq!((request.host(), request.port()), ("192.0.2.7", 8));
        assert_eq!(lines(&sent(request), "Host"), [expected]);
    }
    let set = |host: &str| to("ws://h/").host_header(host).unwrap_err();
    for bad in ["", "a b", "a/b", "me@h", "h\r\nX: y", "[fe80::1%25eth0]"] {
        assert!(matches!(set(bad), RequestError::Host(_)), "{bad:?}: {:?}", set(bad));
    }
    for bad in ["h:x", "ws://h"] {
        assert!(matches!(set(bad), RequestError::Port(_)), "{bad:?}: {:?}", set(bad));
    }
    assert_eq!(set("bücher.example"), RequestError::HostNotAscii("bücher.example".into()));
    assert!(!set("me:S3cr3t@h").to_string().contains("S3cr3t"));
}

/// Basic authentication from the URI, or given separately: the example of RFC 7617 §2, and its one with UTF-8 (§2.1).
#[test]
fn basic_authentication() {
    let authorization = |request: Request| lines(&sent(request), "Authorization").join("|");
    for (uri, value) in [
        ("ws://Aladdin:open%20sesame@h/", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("ws://Aladdin:open sesame@h/", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("ws://test:123%C2%A3@h/", "Basic dGVzdDoxMjPCow=="),
        ("ws://test:123£@h/", "Basic dGVzdDoxMjPCow=="),
        ("ws://me@h/", "Basic bWU6"),
        ("ws://:pw@h/", "Basic OnB3"),
        ("ws://me:p:w@h/", "Basic bWU6cDp3"),
        ("ws://me:p@w@h/", "Basic bWU6cEB3"),
        ("ws://me:%FF@h/", "Basic bWU6/w=="),
        ("ws://@h/", ""),
        ("ws://:@h/", ""),
        ("ws://h/", ""),
    ] {
        assert_eq!(authorization(to(uri)), value, "{uri}");
        assert_eq!(sent(to(uri)).lines().filter(|line| line.contains('@')).count(), 0);
    }
    assert_eq!(authorization(Request::new("me:pw@h", "/").unwrap()), "Basic bWU6cHc=");
    let given = to("ws://other:pw@h/").basic_auth("Aladdin", "open sesame").unwrap();
    assert_eq!(authorization(given.clone()), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(authorization(to("ws://h/").basic_auth("", "").unwrap()), "Basic Og==");
    for (user, password) in [("a:b", ""), ("a\r\nX: y", ""), ("a", "b\0"), ("a", "\u{7f}")] {
        assert_eq!(to("ws://h/").basic_auth(user, password).unwrap_err(), RequestError::UserInfo);
    }
}

/// An `Authorization` that is added replaces both, in whatever order and case. Another name that begins so does not.
#[test]
fn a_token_instead_of_basic_authentication() {
    for name in ["Authorization", "AUTHORIZATION"] {
        let first = to("ws://me:pw@h/").header(name, "Bearer t").unwrap();
        let last = first.clone().basic_auth("you", "pw").unwrap();
        for request in [first, last] {
            let sent = sent(request);
            assert_eq!(sent.to_ascii_lowercase().matches("authorization").count(), 1);
            assert_eq!(lines(&sent, name), ["Bearer t"]);
        }
    }
    let other = to("ws://me:pw@h/").header("Authorization-Hint", "x").unwrap();
    assert_eq!(lines(&sent(other), "Authorization"), ["Basic bWU6cHc="]);
}

/// [C-12] [C-13] [C-14] [A-09] Each handshake has a key of its own, of 24 characters whose bits to spare are zero, also
/// when the same request is made again.
#[cfg(feature = "std")]
#[test]
fn keys() {
    let config = Arc::new(bowline::Config::default());
    let request = to("ws://h/a%23b");
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let sent = drain(Handshake::new(request.clone(), config.clone()).output());
        let keys = lines(&sent, "Sec-WebSocket-Key");
        assert!(sent.starts_with("GET /a%23b HTTP/1.1\r\n"));
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].len(), 24);
        assert!(["A==", "Q==", "g==", "w=="].contains(&&keys[0][21..]), "{}", keys[0]);
        assert!(seen.insert(keys[0].to_string()));
    }
}

/// [C-13] All four bytes of each of four draws are in the key: another source gives another key.
#[test]
fn the_key_is_what_the_source_gives() {
    let config = Arc::new(bowline::Config::new(|| [1, 2, 3, 4]));
    let sent = drain(Handshake::new(to("ws://h/"), config.clone()).output());
    assert_eq!(lines(&sent, "Sec-WebSocket-Key"), ["AQIDBAECAwQBAgMEAQIDBA=="]);
}

/// [C-15] An origin is sent if it was given, once, and only one that is visible ASCII.
#[test]
fn origins() {
    let request = to("ws://h/").origin("https://a.example").unwrap().origin("https://b.example").unwrap();
    assert_eq!(lines(&sent(request), "Origin"), ["https://b.example"]);
    assert!(lines(&sent(to("ws://h/")), "Origin").is_empty());
    for bad in ["", "a b", "a\r\nb", "\n", "a\0", "ü", "\t"] {
        assert!(matches!(to("ws://h/").origin(bad), Err(RequestError::Origin(_))), "{bad:?}");
    }
}

/// [C-17] [F-10] Subprotocols are tokens.
#[test]
fn subprotocols_are_tokens() {
    for byte in 0..=255_u8 {
        let name = format!("x{}", char::from(byte));
        let is_token = byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
        match to("ws://h/").protocol(&name) {
            Ok(request) => {
                assert!(is_token, "{name:?}");
                assert_eq!(lines(&sent(request), "Sec-WebSocket-Protocol"), [name]);
            }
            Err(error) => assert!(!is_token && matches!(error, RequestError::Protocol(_)), "{name:?}"),
        }
    }
    assert!(matches!(to("ws://h/").protocol(""), Err(RequestError::Protocol(_))));
}

/// [C-18] [C-19] Subprotocols are sent in their order, and none twice; in another case it is another one.
#[test]
fn subprotocols_are_in_order() {
    let request = to("ws://h/").protocol("b").unwrap().protocol("a").unwrap().protocol("B").unwrap();
    assert_eq!(request.clone().protocol("a").unwrap_err(), RequestError::ProtocolTwice("a".into()));
    assert_eq!(lines(&sent(request), "Sec-WebSocket-Protocol"), ["b, a, B"]);
}

/// [C-22] Further fields are sent as they were given, several of one name too.
#[test]
fn further_fields() {
    let request = to("ws://h/").header("Cookie", "a=b").unwrap().header("X-A", b"\xff \t").unwrap();
    let request = request.header("X-B", "").unwrap().header("X-B", "2").unwrap();
    let mut handshake = Handshake::new(request, config());
    let n = handshake.output().remaining();
    let bytes = handshake.output().copy_to_bytes(n);
    assert!(bytes.ends_with(b"\r\nCookie: a=b\r\nX-A: \xff \t\r\nX-B: \r\nX-B: 2\r\n\r\n"));
}

/// [C-22] Fields that the handshake writes, or that would change what it means, cannot be set, in whatever case.
#[test]
fn reserved_fields() {
    for name in [
        "Host",
        "host",
        "HOST",
        "Upgrade",
        "connection",
        "Origin",
        "sec-websocket-key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "SEC-WEBSOCKET-EXTENSIONS",
        "Sec-WebSocket-",
        "Sec-WebSocket-Other",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "TE",
        "Trailer",
        "Keep-Alive",
    ] {
        let expected = RequestError::Header(HeaderError::Reserved(name.into()));
        assert_eq!(to("ws://h/").header(name, "x").unwrap_err(), expected);
    }
    assert!(to("ws://h/").header("Sec-WebSocketX", "x").is_ok());
}

/// [A-15] [G-11] Nothing that a caller gives can begin a line of its own.
#[test]
fn injection_through_fields() {
    for bad in ["\r", "\n", "\0", "\r\nX: y", "a\rb", "\x1b", "\x7f"] {
        let value = to("ws://h/").header("X-A", format!("a{bad}"));
        assert!(matches!(value, Err(RequestError::Header(HeaderError::Value(_)))), "{bad:?}");
        let name = to("ws://h/").header(&format!("X{bad}"), "a");
        assert!(matches!(name, Err(RequestError::Header(HeaderError::Name(_)))), "{bad:?}");
        assert!(matches!(to("ws://h/").protocol(bad), Err(RequestError::Protocol(_))), "{bad:?}");
    }
    for bad in ["", " ", "X ", "X:", "X\t", "Ü", "X(", "X/Y"] {
        assert!(to("ws://h/").header(bad, "a").is_err(), "{bad:?}");
    }
}

/// Header values, which may be secrets, do not show up when a request is printed.
#[test]
fn secrets_are_not_printed() {
    let request = to("ws://h/").header("Authorization", "Bearer hunter2").unwrap();
    assert!(!format!("{request:?} {:?}", Handshake::new(request.clone(), config())).contains("hunter2"));
}
