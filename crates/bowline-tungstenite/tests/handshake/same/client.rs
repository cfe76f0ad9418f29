//! A client on a scripted stream.

use super::ws::{
    ClientHandshake, Error, HandshakeError, Message, WebSocket, client,
    client::IntoClientRequest,
    error::{CapacityError, ProtocolError, SubProtocolError, UrlError},
    handshake::{client::Request, client::Response},
};
use crate::kit::{KEY, RESPONSE, Script, with, without};

fn request() -> Request {
    let mut request = "ws://example.com/chat?room=1".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Key", KEY.parse().unwrap());
    request
}

fn open(request: Request, response: impl AsRef<[u8]>) -> Result<(WebSocket<Script>, Response), Error> {
    client(request, Script::reading(response)).map_err(|error| match error {
        HandshakeError::Failure(error) => error,
        HandshakeError::Interrupted(_) => panic!("the script does not block"),
    })
}

fn failure(response: impl AsRef<[u8]>) -> Error {
    open(request(), response).unwrap_err()
}

/// The request is written with these names, the required fields in this order, and the response is returned.
#[test]
fn the_request_and_the_response() {
    let mut request = request();
    request.headers_mut().insert("X-Token", "abc".parse().unwrap());
    request.headers_mut().insert("Origin", "https://example.org".parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "a, b".parse().unwrap());
    let answer = with(&with(RESPONSE, "Sec-WebSocket-Protocol: b"), "Set-Cookie: x=y");
    let (socket, response) = open(request, answer).unwrap();
    let sent = socket.get_ref().text();
    let rest = sent.strip_prefix(
        "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    );
    let mut others: Vec<_> = rest.unwrap().strip_suffix("\r\n\r\n").unwrap().split("\r\n").collect();
    others.sort_unstable();
    assert_eq!(others, ["Origin: https://example.org", "Sec-WebSocket-Protocol: a, b", "x-token: abc"]);
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()["set-cookie"], "x=y");
    assert_eq!(response.headers()["sec-websocket-protocol"], "b");
    assert_eq!(response.body(), &None);
}

/// Frames that arrive together with the response are not lost.
#[test]
fn bytes_behind_the_response() {
    let (mut socket, _) = open(request(), [RESPONSE.as_bytes(), b"\x81\x05Hello\x81\x00"].concat()).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("Hello"));
    assert_eq!(socket.read().unwrap(), Message::text(""));
}

/// A stream that would block interrupts the handshake, and it is resumed where it was.
#[test]
fn interrupted() {
    let stream = Script::dripping([RESPONSE.as_bytes(), b"\x81\x02Hi"].concat(), 9);
    let mut result = client(request(), stream);
    let mut interruptions = 0;
    let (mut socket, _) = loop {
        match result {
            Ok(opened) => break opened,
            Err(HandshakeError::Interrupted(mid)) => {
                interruptions += 1;
                assert!(!mid.get_ref().get_ref().written.is_empty());
                result = mid.handshake();
            }
            Err(HandshakeError::Failure(error)) => panic!("{error}"),
        }
    };
    assert!(interruptions > 20);
    assert!(socket.get_ref().text().ends_with("\r\n\r\n"));
    let message = loop {
        match socket.read() {
            Ok(message) => break message,
            Err(Error::Io(error)) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(message, Message::text("Hi"));
}

/// Each invalid response has its error.
#[test]
fn invalid_responses() {
    for (response, expected) in [
        (without(RESPONSE, "Upgrade"), ProtocolError::MissingUpgradeWebSocketHeader),
        (RESPONSE.replace("Upgrade: websocket", "Upgrade: h2c"), ProtocolError::MissingUpgradeWebSocketHeader),
        (without(RESPONSE, "Connection"), ProtocolError::MissingConnectionUpgradeHeader),
        (RESPONSE.replace("Connection: Upgrade", "Connection: close"), ProtocolError::MissingConnectionUpgradeHeader),
        (without(RESPONSE, "Sec-WebSocket-Accept"), ProtocolError::SecWebSocketAcceptKeyMismatch),
        (RESPONSE.replace("s3p", "s3q"), ProtocolError::SecWebSocketAcceptKeyMismatch),
        (RESPONSE.replace("HTTP/1.1", "HTTP/1.0"), ProtocolError::WrongHttpVersion),
        (RESPONSE[..40].into(), ProtocolError::HandshakeIncomplete),
        (String::new(), ProtocolError::HandshakeIncomplete),
        (
            with(RESPONSE, "Sec-WebSocket-Protocol: a"),
            ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::ServerSentSubProtocolNoneRequested),
        ),
    ] {
        let Error::Protocol(error) = failure(&response) else { panic!("{response}") };
        assert_eq!(error, expected, "{response}");
    }
    assert!(matches!(failure("SSH-2.0-OpenSSH_9.2\r\n"), Error::Protocol(ProtocolError::HttparseError(_))));
    assert!(matches!(failure(with(RESPONSE, "A B: c")), Error::Protocol(ProtocolError::HttparseError(_))));
    assert!(matches!(failure("x".repeat(70_000)), Error::Protocol(ProtocolError::HttparseError(_))));
    assert!(matches!(failure(format!("HTTP/1.1 101 {}", "x".repeat(70_000))), Error::AttackAttempt));
    let many = (0..200).fold(RESPONSE.to_owned(), |head, _| with(&head, "A: b"));
    assert!(matches!(failure(many), Error::Capacity(CapacityError::TooManyHeaders)));
}

/// The server must choose one of the subprotocols that were offered.
#[test]
fn subprotocols() {
    let offering = || {
        let mut request = request();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "a,b".parse().unwrap());
        request
    };
    for (answer, expected) in [
        (RESPONSE.to_owned(), Some(SubProtocolError::NoSubProtocol)),
        (with(RESPONSE, "Sec-WebSocket-Protocol: c"), Some(SubProtocolError::InvalidSubProtocol)),
        (with(RESPONSE, "Sec-WebSocket-Protocol: A"), Some(SubProtocolError::InvalidSubProtocol)),
        (with(RESPONSE, "Sec-WebSocket-Protocol: a"), None),
        (with(RESPONSE, "Sec-WebSocket-Protocol: b"), None),
    ] {
        match (open(offering(), &answer), expected) {
            (Ok(_), None) => {}
            (Err(Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(error))), Some(expected)) => {
                assert_eq!(error, expected);
            }
            (result, _) => panic!("{answer}: {result:?}"),
        }
    }
}

/// Subprotocols need not be tokens: some servers expect credentials there.
#[test]
fn subprotocols_that_are_not_tokens() {
    for chosen in ["chat/1.0", "Bearer YQ=="] {
        let mut request = request();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "chat/1.0, Bearer YQ==, a, a".parse().unwrap());
        let (socket, response) = open(request, with(RESPONSE, &format!("Sec-WebSocket-Protocol: {chosen}"))).unwrap();
        assert!(socket.get_ref().text().contains("\r\nSec-WebSocket-Protocol: chat/1.0, Bearer YQ==, a, a\r\n"));
        assert_eq!(response.headers()["sec-websocket-protocol"], chosen);
    }
}

/// Other values of the program are sent as they are.
#[test]
fn unusual_requests() {
    let mut request = request();
    *request.uri_mut() = "ws://example.com/\u{fc}?\u{fc}".parse().unwrap();
    for (name, value) in
        [("expect", "100-continue"), ("content-length", "0"), ("origin", "https://a"), ("origin", "https://b")]
    {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let (socket, _) = open(request, RESPONSE).unwrap();
    let sent = socket.get_ref().text();
    for line in ["GET /\u{fc}?\u{fc} HTTP/1.1", "expect: 100-continue", "content-length: 0", "Origin: https://b"] {
        assert!(sent.lines().any(|sent| sent == line), "{line}");
    }
}

/// A program that offers compression in a field of its own connects, also if the server agrees.
#[test]
fn an_own_offer() {
    let mut request = request();
    request.headers_mut().insert("Sec-WebSocket-Extensions", "permessage-deflate, x-other".parse().unwrap());
    // The server of the test agrees only if it was asked.
    let asked = |stream: &Script| stream.text().contains("permessage-deflate");
    let (socket, _) = open(request.clone(), RESPONSE).unwrap();
    let answer = if asked(socket.get_ref()) {
        with(RESPONSE, "Sec-WebSocket-Extensions: permessage-deflate")
    } else {
        RESPONSE.to_owned()
    };
    open(request, answer).unwrap();
}

/// Another status than 101 is an error with the whole response.
#[test]
fn refused() {
    let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 6\r\n\r\nlog in";
    let Error::Http(response) = failure(answer) else { panic!() };
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Basic");
    assert_eq!(response.body().as_deref(), Some(&b"log in"[..]));

    let Error::Http(response) = failure("HTTP/1.1 404 Not Found\r\n\r\nto the end") else { panic!() };
    assert_eq!(response.body().as_deref(), Some(&b"to the end"[..]));
    let Error::Http(response) = failure("HTTP/1.1 200 OK\r\n\r\n") else { panic!() };
    assert_eq!(response.body().as_deref(), Some(&b""[..]));
}

/// A request that cannot be sent is refused before anything is written.
#[test]
fn invalid_requests() {
    let start = |request| ClientHandshake::start(Script::default(), request, None).map(|_| ()).unwrap_err();
    let with = |change: fn(&mut Request)| {
        let mut request = request();
        change(&mut request);
        start(request)
    };
    let error = with(|request| *request.method_mut() = "POST".parse().unwrap());
    assert!(matches!(error, Error::Protocol(ProtocolError::WrongHttpMethod)));
    let error = with(|request| *request.version_mut() = super::ws::http::Version::HTTP_10);
    assert!(matches!(error, Error::Protocol(ProtocolError::WrongHttpVersion)));
    let error = with(|request| *request.uri_mut() = "http://example.com/".parse().unwrap());
    assert!(matches!(error, Error::Url(UrlError::UnsupportedUrlScheme)));
    for name in ["host", "connection", "upgrade", "sec-websocket-version", "sec-websocket-key"] {
        let mut lacking = request();
        lacking.headers_mut().remove(name);
        let Error::Protocol(ProtocolError::InvalidHeader(lacks)) = start(lacking) else { panic!("{name}") };
        assert_eq!(*lacks, name);
    }
    let plain = super::ws::http::Request::get("ws://example.com/").body(()).unwrap();
    assert!(matches!(start(plain), Error::Protocol(ProtocolError::InvalidHeader(_))));
}
