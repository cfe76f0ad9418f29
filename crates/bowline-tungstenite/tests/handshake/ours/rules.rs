//! Where this crate follows the RFC, or helps its user, and the original does not.

use super::ws::{
    Error, HandshakeError, Message, accept, accept_hdr, client,
    client::IntoClientRequest,
    error::ProtocolError,
    handshake::{
        client::{Request as ClientRequest, generate_request},
        server::{ErrorResponse, Request, Response},
    },
    http::StatusCode,
};
use crate::kit::{KEY, REQUEST, RESPONSE, Script, with, without};

fn request() -> ClientRequest {
    let mut request = "ws://example.com/".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Key", KEY.parse().unwrap());
    request
}

/// What a server sends to an invalid request.
fn sent(request: impl AsRef<[u8]>) -> String {
    let mut stream = Script::reading(request);
    assert!(accept(&mut stream).is_err());
    stream.text()
}

/// "The server MUST stop processing the client's handshake and return an HTTP response with an appropriate error code" (RFC 6455
/// §4.2.1).
#[test]
fn invalid_requests_are_answered() {
    for (request, line) in [
        (without(REQUEST, "Host"), "HTTP/1.1 400 Bad Request"),
        (without(REQUEST, "Upgrade"), "HTTP/1.1 426 Upgrade Required"),
        (REQUEST.replace("Version: 13", "Version: 8"), "HTTP/1.1 426 Upgrade Required"),
        (without(REQUEST, "Sec-WebSocket-Key"), "HTTP/1.1 400 Bad Request"),
        (REQUEST.replace("GET", "POST"), "HTTP/1.1 405 Method Not Allowed"),
        (with(REQUEST, &format!("A: {}", "b".repeat(70_000))), "HTTP/1.1 431 Request Header Fields Too Large"),
        (with(REQUEST, "Content-Length: 5"), "HTTP/1.1 400 Bad Request"),
        ("nonsense\r\n\r\n".into(), "HTTP/1.1 400 Bad Request"),
    ] {
        assert_eq!(sent(&request).lines().next(), Some(line), "{request}");
    }
    let versions = sent(REQUEST.replace("Version: 13", "Version: 8"));
    assert!(versions.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{versions}");
}

/// The errors of rules that the original does not check.
#[test]
fn stricter_rules() {
    for (request, name) in [
        (without(REQUEST, "Host"), "host"),
        (with(REQUEST, "Host: b"), "host"),
        (with(REQUEST, "Content-Length: 5"), "content-length"),
        (with(REQUEST, "Expect: 100-continue"), "expect"),
        (with(REQUEST, "Sec-WebSocket-Protocol: a b"), "sec-websocket-protocol"),
    ] {
        let Err(HandshakeError::Failure(Error::Protocol(ProtocolError::InvalidHeader(field)))) =
            accept(Script::reading(&request))
        else {
            panic!("{request}")
        };
        assert_eq!(*field, name);
    }
    let bare = accept(Script::reading(REQUEST.replace("\r\n", "\n")));
    assert!(matches!(bare, Err(HandshakeError::Failure(Error::Protocol(ProtocolError::HttparseError(_))))));
}

/// Frames behind the request are not lost.
#[test]
fn bytes_behind_the_request() {
    let mut socket = accept(Script::reading([REQUEST.as_bytes(), b"\x81\x82\0\0\0\0Hi"].concat())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("Hi"));
}

/// The outcome does not depend on how the head is split, however small the reads are.
#[test]
fn small_reads() {
    let mut result = accept(Script::dripping(with(REQUEST, &format!("A: {}", "b".repeat(5000))), 1));
    while let Err(HandshakeError::Interrupted(mid)) = result {
        result = mid.handshake();
    }
    assert!(result.is_ok());
}

/// The example of RFC 6455 §4.1 (erratum 3150) has spare bits that are not zero.
#[test]
fn spare_bits_of_the_key() {
    let stream = Script::reading(REQUEST.replace(KEY, "AQIDBAUGBwgJCgsMDQ4PEC=="));
    assert!(accept(stream).is_ok());
}

/// A client skips interim responses (RFC 9110 §15.2), and accepts a list in Connection (RFC 6455 §4.1).
#[test]
fn valid_responses() {
    for response in [
        format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{RESPONSE}"),
        RESPONSE.replace("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
    ] {
        assert!(client(request(), Script::reading(&response)).is_ok(), "{response}");
    }
}

/// "The client MUST fail the connection" if the server names an extension that was not offered (RFC 6455 §4.1).
#[test]
fn extensions_that_were_not_offered() {
    for name in ["permessage-deflate", "x-other"] {
        let response = with(RESPONSE, &format!("Sec-WebSocket-Extensions: {name}"));
        let Err(HandshakeError::Failure(Error::Protocol(ProtocolError::InvalidHeader(field)))) =
            client(request(), Script::reading(response))
        else {
            panic!("{name}")
        };
        assert_eq!(*field, "sec-websocket-extensions");
    }
}

/// The body of a response with a known length is read to its end, and not further.
#[test]
fn bodies() {
    for step in [1, 3, 100] {
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nreasonsurplus";
        let mut result = client(request(), Script::dripping(answer, step));
        let response = loop {
            match result {
                Err(HandshakeError::Interrupted(mid)) => result = mid.handshake(),
                Err(HandshakeError::Failure(Error::Http(response))) => break response,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(response.body().as_deref(), Some(&b"reaso"[..]));
    }
}

/// A client that sends an invalid key is refused by servers, so it is not sent.
#[test]
fn invalid_keys_are_not_sent() {
    let mut request = request();
    request.headers_mut().insert("Sec-WebSocket-Key", "short".parse().unwrap());
    let mut stream = Script::default();
    let Err(HandshakeError::Failure(Error::Protocol(ProtocolError::InvalidHeader(field)))) =
        client(request, &mut stream)
    else {
        panic!()
    };
    assert_eq!((field.as_str(), stream.text().as_str()), ("sec-websocket-key", ""));
}

/// A refusal of the callback has a length, so that the client need not wait for the end of the stream.
#[test]
fn refusals_have_a_length() {
    let mut stream = Script::reading(REQUEST);
    let refuse = |_: &Request, _: Response| {
        let mut refusal = ErrorResponse::new(Some("no".into()));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        Err(refusal)
    };
    assert!(accept_hdr(&mut stream, refuse).is_err());
    assert_eq!(stream.text(), "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno");
}

/// A callback's mistake is answered with 500, and never with a success.
#[test]
fn mistakes_of_the_callback() {
    let with_status = |status: u16| {
        let mut stream = Script::reading(REQUEST);
        let callback = move |_: &Request, mut response: Response| {
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        };
        let Err(HandshakeError::Failure(error)) = accept_hdr(&mut stream, callback) else { panic!("{status}") };
        (error, stream.text())
    };
    let (error, sent) = with_status(200);
    assert!(matches!(error, Error::Protocol(ProtocolError::CustomResponseSuccessful)));
    assert!(sent.starts_with("HTTP/1.1 500 "), "{sent}");
    let (error, sent) = with_status(401);
    assert!(matches!(error, Error::Http(response) if response.status() == 401));
    assert!(sent.starts_with("HTTP/1.1 401 "), "{sent}");

    let mut stream = Script::reading(REQUEST);
    assert!(accept_hdr(&mut stream, |_: &Request, _: Response| Err(ErrorResponse::new(None))).is_err());
    assert!(stream.text().starts_with("HTTP/1.1 500 "));
}

/// A repeated field is refused, and not silently dropped.
#[test]
fn repeated_fields_are_not_sent() {
    let mut request = request();
    request.headers_mut().append("Host", "example.org".parse().unwrap());
    let Err(Error::Protocol(ProtocolError::InvalidHeader(field))) = generate_request(request) else { panic!() };
    assert_eq!(*field, "host");
}
