//! Requests, responses and their helpers.

use super::ws::{
    ClientRequestBuilder, Error,
    client::{IntoClientRequest, uri_mode},
    error::{ProtocolError, UrlError},
    handshake::{
        client::{Request, Response, generate_key, generate_request},
        derive_accept_key,
        headers::MAX_HEADERS,
        machine::{HandshakeMachine, RoundResult, StageResult, TryParse},
        server::{create_response, create_response_with_body, write_response},
    },
    http::{HeaderMap, HeaderValue, Uri},
    stream::Mode,
};
use crate::kit::{KEY, REQUEST, RESPONSE, Script};

/// Everything that a URL can be converted from gives the same request.
#[test]
fn from_urls() {
    let url = "wss://example.com:8443/a?b=c";
    let uri: Uri = url.parse().unwrap();
    let requests = [
        url.into_client_request(),
        url.to_owned().into_client_request(),
        (&url.to_owned()).into_client_request(),
        (&uri).into_client_request(),
        uri.clone().into_client_request(),
        ClientRequestBuilder::new(uri.clone()).into_client_request(),
    ];
    let mut keys = Vec::new();
    for request in requests {
        let request = request.unwrap();
        assert_eq!((request.method().as_str(), request.uri()), ("GET", &uri));
        assert_eq!(request.headers().len(), 5);
        assert_eq!(request.headers()["host"], "example.com:8443");
        assert_eq!(request.headers()["connection"], "Upgrade");
        assert_eq!(request.headers()["upgrade"], "websocket");
        assert_eq!(request.headers()["sec-websocket-version"], "13");
        keys.push(request.headers()["sec-websocket-key"].clone());
        assert_eq!(request.clone().into_client_request().unwrap().headers(), request.headers());
    }
    let all = keys.len();
    keys.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    keys.dedup();
    assert_eq!(keys.len(), all, "each request has a key of its own");
}

/// A user in the URL is not sent as a part of the host.
#[test]
fn users() {
    let request = "ws://user:pass@example.com:81/".into_client_request().unwrap();
    assert_eq!(request.headers()["host"], "example.com:81");
    assert!(!request.headers().contains_key("authorization"));
}

/// What is wrong with a URL has its error.
#[test]
fn invalid_urls() {
    let failure = |url: &str| url.into_client_request().unwrap_err();
    assert!(matches!(failure("/path"), Error::Url(UrlError::NoHostName)));
    assert!(matches!(failure("ws://user@/"), Error::HttpFormat(_) | Error::Url(UrlError::EmptyHostName)));
    assert!(matches!(failure("ws://exa mple/"), Error::HttpFormat(_)));
    assert!(matches!(failure(""), Error::HttpFormat(_)));
    assert!(matches!(uri_mode(&"ws://a/".parse().unwrap()), Ok(Mode::Plain)));
    assert!(matches!(uri_mode(&"wss://a/".parse().unwrap()), Ok(Mode::Tls)));
    assert!(matches!(uri_mode(&"http://a/".parse().unwrap()), Err(Error::Url(UrlError::UnsupportedUrlScheme))));
}

#[test]
fn the_builder() {
    let request = ClientRequestBuilder::new("ws://localhost:1/".parse().unwrap())
        .with_header("Authorization", "Bearer x")
        .with_header("X-A".to_owned(), "1".to_owned())
        .with_header("x-a", "2")
        .with_sub_protocol("v2")
        .with_sub_protocol("v1".to_owned())
        .into_client_request()
        .unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer x");
    assert_eq!(request.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(request.headers()["sec-websocket-protocol"], "v2, v1");
    let invalid = ClientRequestBuilder::new("ws://localhost/".parse().unwrap()).with_header("a b", "c");
    assert!(matches!(invalid.into_client_request(), Err(Error::HttpFormat(_))));
    let invalid = ClientRequestBuilder::new("ws://localhost/".parse().unwrap()).with_header("a", "b\nc");
    assert!(matches!(invalid.into_client_request(), Err(Error::HttpFormat(_))));
}

#[test]
fn requests_as_bytes() {
    let mut request = "ws://example.com?x=y".into_client_request().unwrap();
    request.headers_mut().insert("X-City", HeaderValue::from_bytes(b"Montr\xc3\xa9al").unwrap());
    let (bytes, key) = generate_request(request).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("x-city: Montréal\r\n\r\n"), "{text}");
    assert!(text.contains(&format!("Sec-WebSocket-Key: {key}\r\n")), "{text}");
}

#[test]
fn keys() {
    assert_eq!(derive_accept_key(KEY.as_bytes()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let (a, b) = (generate_key(), generate_key());
    assert_eq!((a.len(), b.len()), (24, 24));
    assert_ne!(a, b);
}

/// The parts of a handshake of one's own.
#[test]
fn own_handshakes() {
    let (length, request) = Request::try_parse(&[REQUEST.as_bytes(), b"rest"].concat()).unwrap().unwrap();
    assert_eq!(length, REQUEST.len());
    assert_eq!(request.uri(), "/chat?room=1");
    assert_eq!(request.headers()["host"], "example.com");

    let response = create_response(&request).unwrap();
    let mut bytes = Vec::new();
    write_response(&mut bytes, &response).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
    assert_eq!(create_response_with_body(&request.map(|()| 1), || "body").unwrap().into_body(), "body");

    let (length, response) = Response::try_parse(RESPONSE.as_bytes()).unwrap().unwrap();
    assert_eq!((length, response.status().as_u16(), response.headers().len()), (RESPONSE.len(), 101, 3));
    let (length, fields) = HeaderMap::try_parse(b"A: b\r\nA: c\r\n\r\nd").unwrap().unwrap();
    assert_eq!((length, fields.get_all("a").iter().count()), (14, 2));
    assert!(HeaderMap::try_parse(b"A: b\r\n").unwrap().is_none());
    assert!(Request::try_parse(b"POST / HTTP/1.1\r\n\r\n").is_err());
    assert_eq!(MAX_HEADERS, 124);
}

/// The request of an own handshake is checked.
#[test]
fn responses_to_invalid_requests() {
    let answer = |name: &str, value: Option<&str>| {
        let (_, mut request) = Request::try_parse(REQUEST.as_bytes()).unwrap().unwrap();
        request.headers_mut().remove(name);
        if let Some(value) = value {
            request.headers_mut().insert(super::ws::http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        match create_response(&request) {
            Err(Error::Protocol(error)) => Some(error),
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        }
    };
    for (name, value, error) in [
        ("connection", None, Some(ProtocolError::MissingConnectionUpgradeHeader)),
        ("connection", Some("close"), Some(ProtocolError::MissingConnectionUpgradeHeader)),
        ("connection", Some("a,uPGRADE"), None),
        ("upgrade", None, Some(ProtocolError::MissingUpgradeWebSocketHeader)),
        ("upgrade", Some("WebSocket"), None),
        ("sec-websocket-version", Some("8"), Some(ProtocolError::MissingSecWebSocketVersionHeader)),
        ("sec-websocket-key", None, Some(ProtocolError::MissingSecWebSocketKey)),
        ("sec-websocket-key", Some(""), Some(ProtocolError::InvalidSecWebSocketKey)),
        ("sec-websocket-key", Some("AAAAAAAAAAAAAAAAAAAAAAAA"), Some(ProtocolError::InvalidSecWebSocketKey)),
        ("sec-websocket-key", Some("dGhlIHNhbXBsZSBub25jZQ!!"), Some(ProtocolError::InvalidSecWebSocketKey)),
    ] {
        assert_eq!(answer(name, value), error, "{name}: {value:?}");
    }
}

/// The machine reads one object, or writes everything.
#[test]
fn the_machine() {
    let stream = Script::dripping([RESPONSE.as_bytes(), b"rest"].concat(), 50);
    let mut machine = HandshakeMachine::start_write(stream, REQUEST);
    let mut stream = loop {
        machine = match machine.single_round::<Response>().unwrap() {
            RoundResult::WouldBlock(machine) | RoundResult::Incomplete(machine) => machine,
            RoundResult::StageFinished(StageResult::DoneWriting(stream)) => break stream,
            RoundResult::StageFinished(StageResult::DoneReading { .. }) => panic!(),
        };
    };
    assert_eq!(stream.text(), REQUEST);
    stream.written.clear();
    let mut machine = HandshakeMachine::start_read(stream);
    let (response, tail) = loop {
        machine = match machine.single_round::<Response>().unwrap() {
            RoundResult::WouldBlock(machine) | RoundResult::Incomplete(machine) => machine,
            RoundResult::StageFinished(StageResult::DoneReading { result, tail, .. }) => break (result, tail),
            RoundResult::StageFinished(StageResult::DoneWriting(_)) => panic!(),
        };
        assert!(machine.get_ref().written.is_empty());
    };
    assert_eq!(response.status(), 101);
    assert!(b"rest".starts_with(&tail));
    let slow = HandshakeMachine::start_read(Script::dripping("HTTP/1.1 101 ".to_owned() + &"x".repeat(100), 1));
    let (mut machine, mut rounds) = (slow, 0);
    let error = loop {
        machine = match machine.single_round::<Response>() {
            Ok(RoundResult::WouldBlock(machine)) => machine,
            Ok(RoundResult::Incomplete(machine)) => {
                rounds += 1;
                machine
            }
            Ok(RoundResult::StageFinished(_)) => panic!(),
            Err(error) => break error,
        };
    };
    assert!(matches!(error, Error::AttackAttempt));
    assert_eq!(rounds, 64, "a head in very small packets is not parsed again and again");
    let ended = HandshakeMachine::start_read(Script::default()).single_round::<Response>();
    assert!(matches!(ended, Err(Error::Protocol(ProtocolError::HandshakeIncomplete))));
}
