//! Requests that the caller has written: `Handshake::from_head`.

#[cfg(feature = "deflate")]
use crate::kit::drain;
use crate::kit::{ACCEPT, Head, config};
use bowline::{
    Config, HandshakeError, Input,
    client::{Handshake, Progress, RequestError},
};
use std::sync::Arc;

fn bytes(head: &Head) -> Vec<u8> {
    head.bytes()
}

fn refused(head: impl Into<Vec<u8>>) -> RequestError {
    Handshake::from_head(head, config()).unwrap_err()
}

fn progress(handshake: &mut Handshake, head: &Head) -> Progress {
    handshake.receive(&mut Input::from(&mut bytes(head)))
}

/// The head is sent byte by byte as it was written, whatever the order and the case of its fields.
#[test]
fn it_is_sent_as_it_is() {
    for head in [Head::request(), Head::request().reversed(), Head::request().and("x-own", b"\xff \tz")] {
        let head = bytes(&head);
        let mut handshake = Handshake::from_head(head.clone(), config()).unwrap();
        let mut sent = Vec::new();
        handshake.output().write_to(&mut sent).unwrap();
        assert_eq!(sent, head);
        assert!(matches!(progress(&mut handshake, &Head::response()), Progress::Connected(..)));
    }
}

/// The response must match the key and the subprotocols of this head.
#[test]
fn the_response_must_match_it() {
    let head = bytes(&Head::request().and("Sec-WebSocket-Protocol", "a, b").and("sec-websocket-protocol", "c"));
    for protocol in ["a", "b", "c"] {
        let mut handshake = Handshake::from_head(head.clone(), config()).unwrap();
        let Progress::Connected(connection, _) =
            progress(&mut handshake, &Head::response().and("Sec-WebSocket-Protocol", protocol))
        else {
            panic!("{protocol}")
        };
        assert_eq!(connection.protocol(), Some(protocol));
    }
    let mut handshake = Handshake::from_head(head.clone(), config()).unwrap();
    let Progress::Refused(error, Some(_)) =
        progress(&mut handshake, &Head::response().and("Sec-WebSocket-Protocol", "d"))
    else {
        panic!()
    };
    assert_eq!(error, HandshakeError::ProtocolNotOffered("d".into()));

    let other = bytes(&Head::request().with("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="));
    let mut handshake = Handshake::from_head(other, config()).unwrap();
    let Progress::Refused(error, Some(_)) = progress(&mut handshake, &Head::response()) else { panic!() };
    assert!(matches!(error, HandshakeError::WrongAccept { received, .. } if received == ACCEPT));
}

/// The values of other fields are between the caller and the server, also if RFC 6455 does not allow them.
#[test]
fn other_fields_are_not_checked() {
    let own = |name: &str, value: &str| Head::request().and(name, value);
    for head in [
        own("Sec-WebSocket-Protocol", "chat/1.0, Bearer x=, a, a"),
        own("Sec-WebSocket-Extensions", "a/b;=,"),
        own("Origin", "https://a").and("Origin", "https://b"),
        own("Expect", "100-continue"),
        own("Content-Length", "0"),
        Head::request().first("GET /\u{fc}?\u{fc} HTTP/1.1"),
    ] {
        let head = bytes(&head);
        let mut handshake = Handshake::from_head(head.clone(), config()).unwrap();
        let mut sent = Vec::new();
        handshake.output().write_to(&mut sent).unwrap();
        assert_eq!(sent, head);
        assert!(matches!(progress(&mut handshake, &Head::response()), Progress::Connected(..)));
    }
}

/// A server can choose a subprotocol that is not a token, if the head offers it. It is compared as it is.
#[test]
fn subprotocols_that_are_not_tokens() {
    let head = bytes(&Head::request().and("Sec-WebSocket-Protocol", "chat/1.0,, Bearer x="));
    let answered = |protocol: &str| {
        let mut handshake = Handshake::from_head(head.clone(), config()).unwrap();
        progress(&mut handshake, &Head::response().and("Sec-WebSocket-Protocol", protocol))
    };
    for protocol in ["chat/1.0", "Bearer x="] {
        let Progress::Connected(connection, response) = answered(protocol) else { panic!("{protocol}") };
        assert_eq!((connection.protocol(), response.protocol()), (Some(protocol), Some(protocol)));
    }
    for protocol in ["", "chat/1", "chat/1.0, Bearer x=", "Bearer X="] {
        let Progress::Refused(error, Some(_)) = answered(protocol) else { panic!("{protocol}") };
        assert!(matches!(error, HandshakeError::Invalid { name: "Sec-WebSocket-Protocol", .. }), "{error}");
    }
}

/// A head after which client and server could disagree about the connection is not sent.
#[test]
fn it_is_checked() {
    let cases = [
        (Head::request().first("POST / HTTP/1.1"), HandshakeError::Method("POST".into())),
        (Head::request().first("GET / HTTP/1.0"), HandshakeError::HttpVersion("GET / HTTP/1.0".into())),
        (Head::request().without("Host"), HandshakeError::Missing("Host")),
        (Head::request().without("Upgrade"), HandshakeError::Missing("Upgrade")),
        (Head::request().without("Sec-WebSocket-Key"), HandshakeError::Missing("Sec-WebSocket-Key")),
        (Head::request().with("Sec-WebSocket-Version", "8"), HandshakeError::Version(8)),
        (Head::request().and("Host", "b"), HandshakeError::Repeated("Host")),
        (Head::request().and("Content-Length", "5"), HandshakeError::Body("Content-Length")),
        (Head::request().and("Transfer-Encoding", "chunked"), HandshakeError::Body("Transfer-Encoding")),
        (Head::request().first("GET a HTTP/1.1"), HandshakeError::Target("a".into())),
        (Head::request().first("GET /#a HTTP/1.1"), HandshakeError::Target("/#...".into())),
    ];
    for (head, error) in cases {
        assert_eq!(refused(bytes(&head)), RequestError::Head(error));
    }
    let head = bytes(&Head::request());
    assert_eq!(refused(&head[..20]), RequestError::Head(HandshakeError::EndOfStream { received: 20 }));
    assert_eq!(refused([&head, &b"xyz"[..]].concat()), RequestError::AfterHead(3));
}

/// No limit applies to what the caller writes: neither the size of the head, nor the number of fields.
#[test]
fn its_size_is_not_limited() {
    let config = Arc::new(Config::clone(&config()).with(|config| config.limits.head_bytes = 200));
    let mut head = Head::request().and("Cookie", "c".repeat(100_000));
    for _ in 0..200 {
        head = head.and("X", "y");
    }
    let mut handshake = Handshake::from_head(bytes(&head), config).unwrap();
    assert!(matches!(progress(&mut handshake, &Head::response()), Progress::Connected(..)));
}

/// Compression is offered if the head has no offer of its own.
#[cfg(feature = "deflate")]
#[test]
fn compression() {
    let deflating = || {
        Arc::new(Config::clone(&config()).with(|config| config.deflate = Some(bowline::deflate::Options::default())))
    };
    let answer = || Head::response().and("Sec-WebSocket-Extensions", "permessage-deflate");
    let own = Head::request().and("Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover");
    for (head, config, agreed) in [
        (Head::request(), deflating(), true),
        (own.clone(), deflating(), true),
        (own, config(), false),
        (Head::request(), config(), false),
    ] {
        let mut handshake = Handshake::from_head(bytes(&head), config.clone()).unwrap();
        let sent = drain(handshake.output());
        assert!(sent.ends_with("\r\n\r\n") && sent.matches("\r\n\r\n").count() == 1, "{sent}");
        assert!(sent.matches("permessage-deflate").count() <= 1, "{sent}");
        match progress(&mut handshake, &answer()) {
            Progress::Connected(connection, _) => assert!(agreed && connection.deflate().is_some()),
            Progress::Refused(error, _) => {
                assert!(!agreed && matches!(error, HandshakeError::ExtensionNotOffered(_)), "{error}");
            }
            Progress::Incomplete | _ => panic!(),
        }
    }
}
