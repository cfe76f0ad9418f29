//! A server on a scripted stream.

use super::ws::{
    Error, HandshakeError, WebSocket, accept, accept_hdr,
    error::ProtocolError,
    handshake::server::{Callback, ErrorResponse, NoCallback, Request, Response, ServerHandshake},
    http::StatusCode,
};
use crate::kit::{REQUEST, RESPONSE, Script, with, without};

fn serve<C: Callback>(request: impl AsRef<[u8]>, callback: C) -> Result<WebSocket<Script>, Error> {
    accept_hdr(Script::reading(request), callback).map_err(|error| match error {
        HandshakeError::Failure(error) => error,
        HandshakeError::Interrupted(_) => panic!("the script does not block"),
    })
}

fn lines(head: &str) -> Vec<String> {
    let mut lines: Vec<_> = head.lines().map(str::to_lowercase).collect();
    lines.sort_unstable();
    lines
}

/// The response has what the RFC asks for, and nothing else.
#[test]
fn the_response() {
    let socket = accept(Script::reading(REQUEST)).unwrap();
    assert_eq!(lines(&socket.get_ref().text()), lines(RESPONSE));
    assert!(socket.get_ref().text().ends_with("\r\n\r\n"));
}

/// The callback sees the request and the prepared response, and what it adds is sent.
#[test]
fn the_callback() {
    let offering = with(&with(REQUEST, "Sec-WebSocket-Protocol: a, b"), "Cookie: x=y");
    let socket = serve(offering, |request: &Request, mut response: Response| {
        assert_eq!((request.method().as_str(), request.uri().path()), ("GET", "/chat"));
        assert_eq!(request.uri().query(), Some("room=1"));
        assert_eq!(request.headers()["cookie"], "x=y");
        assert_eq!(request.headers()["sec-websocket-protocol"], "a, b");
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        response.headers_mut().append("Sec-WebSocket-Protocol", "b".parse().unwrap());
        response.headers_mut().append("X-Own", "1".parse().unwrap());
        Ok(response)
    })
    .unwrap();
    let expected = with(&with(RESPONSE, "Sec-WebSocket-Protocol: b"), "X-Own: 1");
    assert_eq!(lines(&socket.get_ref().text()), lines(&expected));
}

/// A subprotocol is not chosen without the callback.
#[test]
fn no_subprotocol_by_default() {
    let socket = serve(with(REQUEST, "Sec-WebSocket-Protocol: a"), NoCallback).unwrap();
    assert!(!socket.get_ref().text().to_lowercase().contains("protocol: a"));
}

/// The response of a callback that refuses is sent with its body, and is the error.
#[test]
fn refused_by_the_callback() {
    let mut stream = Script::reading(REQUEST);
    let callback = |_: &Request, _: Response| {
        let mut refusal = ErrorResponse::new(Some("Log in first.".into()));
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        refusal.headers_mut().insert("WWW-Authenticate", "Basic".parse().unwrap());
        Err(refusal)
    };
    let Err(HandshakeError::Failure(Error::Http(response))) = accept_hdr(&mut stream, callback) else { panic!() };
    assert_eq!(response.status(), 401);
    assert_eq!(response.body().as_deref(), Some(&b"Log in first."[..]));
    let sent = stream.text();
    assert!(sent.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{sent}");
    assert!(sent.contains("\r\nwww-authenticate: Basic\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\nLog in first."), "{sent}");
}

/// A refusal must not look like a success.
#[test]
fn refused_with_success() {
    let error = serve(REQUEST, |_: &Request, _: Response| Err(ErrorResponse::new(None))).unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::CustomResponseSuccessful)));
}

/// Each invalid request has its error.
#[test]
fn invalid_requests() {
    for (request, expected) in [
        (without(REQUEST, "Connection"), ProtocolError::MissingConnectionUpgradeHeader),
        (REQUEST.replace("keep-alive, Upgrade", "keep-alive"), ProtocolError::MissingConnectionUpgradeHeader),
        (without(REQUEST, "Upgrade"), ProtocolError::MissingUpgradeWebSocketHeader),
        (REQUEST.replace("Upgrade: websocket", "Upgrade: h2c"), ProtocolError::MissingUpgradeWebSocketHeader),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(), ProtocolError::MissingConnectionUpgradeHeader),
        (without(REQUEST, "Sec-WebSocket-Version"), ProtocolError::MissingSecWebSocketVersionHeader),
        (REQUEST.replace("Version: 13", "Version: 8"), ProtocolError::MissingSecWebSocketVersionHeader),
        (without(REQUEST, "Sec-WebSocket-Key"), ProtocolError::MissingSecWebSocketKey),
        (REQUEST.replace("dGhlIH", ""), ProtocolError::InvalidSecWebSocketKey),
        (REQUEST.replace("GET", "POST"), ProtocolError::WrongHttpMethod),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n".into(), ProtocolError::WrongHttpMethod),
        (REQUEST.replace("HTTP/1.1", "HTTP/1.0"), ProtocolError::WrongHttpVersion),
        (REQUEST[..50].into(), ProtocolError::HandshakeIncomplete),
        (String::new(), ProtocolError::HandshakeIncomplete),
    ] {
        let Err(Error::Protocol(error)) = serve(&request, NoCallback) else { panic!("{request}") };
        assert_eq!(error, expected, "{request}");
    }
    let error = serve(b"\x16\x03\x01\x02\x00\x01\x00", NoCallback).unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::HttparseError(_))));
    let many = (0..200).fold(REQUEST.to_owned(), |head, _| with(&head, "A: b"));
    assert!(matches!(serve(many, NoCallback), Err(Error::Capacity(_))));
    let long = with(REQUEST, &format!("A: {}", "b".repeat(70_000)));
    assert!(matches!(serve(long, NoCallback), Err(Error::AttackAttempt)));
}

/// A stream that would block interrupts the handshake, and the callback is called once.
#[test]
fn interrupted() {
    let mut calls = 0;
    let callback = |_: &Request, response: Response| {
        calls += 1;
        Ok(response)
    };
    let mut result = ServerHandshake::start(Script::dripping(REQUEST, 7), callback, None).handshake();
    let mut interruptions = 0;
    let socket = loop {
        match result {
            Ok(socket) => break socket,
            Err(HandshakeError::Interrupted(mut mid)) => {
                interruptions += 1;
                mid.get_mut().get_mut().reads.retain(|chunk| !chunk.is_empty() || interruptions < 10);
                result = mid.handshake();
            }
            Err(HandshakeError::Failure(error)) => panic!("{error}"),
        }
    };
    assert!(interruptions > 20);
    assert_eq!(lines(&socket.get_ref().text()), lines(RESPONSE));
    assert_eq!(calls, 1);
}
