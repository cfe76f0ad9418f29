//! The opening handshake over messages of the crate `http`: the same rules, and the same outcome, as over bytes.

use crate::kit::{ACCEPT, Head, KEY, answer, ask, config, invalid, output, serve, text};
use bowline::{
    Config, HandshakeError,
    client::{self, RequestError},
    server::{self, Accept, Upgrade},
};
use bytes::Buf;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use proptest::prelude::*;
use std::sync::Arc;

/// What came of a request: the answer's status and fields, and why, if it is a refusal.
type Outcome = (u16, Vec<(String, Vec<u8>)>, Option<HandshakeError>);

/// Fields in an order that does not depend on that of the map, without those that are about the transport.
fn sorted<'a>(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>, left_out: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_vec()))
        .filter(|(name, _)| !left_out.contains(&name.as_str()))
        .collect();
    fields.sort();
    fields
}

fn of_map<'a>(map: &'a HeaderMap, left_out: &[&str]) -> Vec<(String, Vec<u8>)> {
    sorted(map.iter().map(|(name, value): (&'a _, &'a http::HeaderValue)| (name.as_str(), value.as_bytes())), left_out)
}

fn of_text(head: &str, left_out: &[&str]) -> Vec<(String, Vec<u8>)> {
    let lines = head.split("\r\n\r\n").next().unwrap().split("\r\n").skip(1);
    sorted(lines.map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name, value.as_bytes())), left_out)
}

fn by_bytes(head: &Head, accept: &Accept) -> Outcome {
    match serve(head.bytes()).and_then(|request| request.accept(accept)) {
        Ok(mut connection) => (101, of_text(&output(&mut connection), &[]), None),
        Err(refusal) => {
            let (status, error) = (refusal.status(), refusal.error().cloned());
            (status, of_text(&text(refusal), &["connection", "content-length"]), error)
        }
    }
}

fn by_message(message: &Request<()>, accept: &Accept) -> Outcome {
    match server::upgrade(message, accept, config()) {
        Ok((response, mut connection)) => {
            assert_eq!(output(&mut connection), "", "the answer is the HTTP library's to write");
            (response.status().as_u16(), of_map(response.headers(), &[]), None)
        }
        Err(refusal) => {
            let connection = refusal.headers().get("connection").map(|value| value.as_bytes().to_vec());
            assert_eq!(connection, (refusal.status() == 426).then(|| b"Upgrade".to_vec()));
            let fields = of_map(refusal.headers(), &["connection"]);
            (refusal.status().as_u16(), fields, Some(refusal.into_body()))
        }
    }
}

/// What the bends of a head are made of: names with values that are right, wrong, and nearly right.
const FIELDS: &[(&str, &[&str])] = &[
    ("Host", &["server.example.com", "x:1", "[::1]:80", "", "a b", "a,b", "user@h"]),
    ("Upgrade", &["websocket", "WebSocket", "h2c, websocket", "websocket/13", "h2c", "", ",,", "web socket"]),
    ("Connection", &["Upgrade", "keep-alive, upgrade", "close", "", "a b"]),
    ("Sec-WebSocket-Key", &[KEY, "AQIDBAUGBwgJCgsMDQ4PEC==", "AQID", "", "dGhlIHNhbXBsZSBub25jZQ=-"]),
    ("Sec-WebSocket-Version", &["13", "8", "013", "255", "256", "", "13, 8", " 13\t"]),
    ("Sec-WebSocket-Protocol", &["chat", "chat, superchat", "superchat", "chat, chat", "", ",", "a b"]),
    ("Sec-WebSocket-Extensions", &["permessage-deflate", "foo; a=\"b\", bar", "foo; a=\"", "", ";"]),
    ("Origin", &["http://server.example.com", "https://evil.example", "null", "", "\u{ff}"]),
    ("Content-Length", &["0", "1", "00", ""]),
    ("Transfer-Encoding", &["chunked", "identity"]),
    ("Expect", &["100-continue", ""]),
    ("X-Other", &["anything", "\u{e4}"]),
];

const LINES: &[&str] = &[
    "GET /chat HTTP/1.1",
    "GET / HTTP/1.1",
    "GET /?a=b&c=%20\"{}| HTTP/1.1",
    "GET http://other.example:8080/chat HTTP/1.1",
    "GET https://server.example.com?q HTTP/1.1",
    "GET http://user@server.example.com/ HTTP/1.1",
    "GET ftp://server.example.com/ HTTP/1.1",
    "GET * HTTP/1.1",
    "GET server.example.com:80 HTTP/1.1",
    "GET /chat HTTP/1.0",
    "POST /chat HTTP/1.1",
    "HEAD /chat HTTP/1.1",
    "CONNECT server.example.com:80 HTTP/1.1",
    "get /chat HTTP/1.1",
];

/// A change to a head: of its first line, or of a field, which is dropped, replaced or repeated.
#[derive(Clone, Debug)]
enum Bend {
    Line(&'static str),
    Without(&'static str),
    With(&'static str, &'static str),
    And(&'static str, &'static str),
}

fn bends() -> impl Strategy<Value = Vec<Bend>> {
    let field = || {
        prop::sample::select(FIELDS)
            .prop_flat_map(|(name, values)| prop::sample::select(values).prop_map(move |value| (name, value)))
    };
    let bend = prop_oneof![
        1 => prop::sample::select(LINES).prop_map(Bend::Line),
        1 => prop::sample::select(FIELDS).prop_map(|(name, _)| Bend::Without(name)),
        3 => field().prop_map(|(name, value)| Bend::With(name, value)),
        2 => field().prop_map(|(name, value)| Bend::And(name, value)),
    ];
    prop::collection::vec(bend, 0..4)
}

fn bent(head: Head, bends: Vec<Bend>) -> Head {
    bends.into_iter().fold(head, |head, bend| match bend {
        Bend::Line(line) => head.first(line),
        Bend::Without(name) => head.without(name),
        Bend::With(name, value) => head.with(name, value),
        Bend::And(name, value) => head.and(name, value),
    })
}

fn accepts() -> impl Strategy<Value = Accept> {
    let origins = prop_oneof![
        Just(Accept::any_origin()),
        Just(Accept::same_origin()),
        Just(Accept::same_origin().require_origin()),
        Just(Accept::origins(["https://evil.example"]).unwrap()),
    ];
    let protocols = prop_oneof![
        Just(vec![]),
        Just(vec!["chat"]),
        Just(vec!["superchat", "chat"]),
        Just(vec!["other", "chat", "superchat"]),
        Just(vec!["other"]),
    ];
    (origins, protocols, any::<bool>(), any::<bool>()).prop_map(|(accept, protocols, is_required, has_headers)| {
        let accept = match protocols[..] {
            [protocol] if is_required => accept.require_protocol(protocol),
            _ => accept.protocols(protocols),
        };
        if !has_headers {
            return accept;
        }
        let accept = accept.header("Set-Cookie", "a=b").and_then(|accept| accept.header("set-cookie", "c: d"));
        accept.and_then(|accept| accept.header("X-Empty", "")).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// [E-01] The same request as bytes and as a message has the same outcome: status, fields and error.
    #[test]
    fn requests_as_bytes_and_as_messages(bends in bends(), accept in accepts()) {
        let head = bent(Head::request(), bends);
        if let Some(message) = head.request_message() {
            prop_assert_eq!(by_message(&message, &accept), by_bytes(&head, &accept));
        }
    }

    /// [D-01] The same response as bytes and as a message has the same outcome.
    #[test]
    fn responses_as_bytes_and_as_messages(
        bends in bends(),
        line in prop::sample::select(&["HTTP/1.1 101 x", "HTTP/1.1 101 x", "HTTP/1.1 200 x", "HTTP/1.0 101 x"][..]),
        accept in prop::option::of(prop::sample::select(&[ACCEPT, "", "x"][..])),
        protocol in prop::option::of(prop::sample::select(&["chat", "superchat"][..])),
    ) {
        let head = bent(Head::response(), bends).first(line);
        let head = if let Some(accept) = accept { head.with("Sec-WebSocket-Accept", accept) } else { head };
        let Some(message) = head.response_message() else { return Ok(()) };
        let request = if let Some(protocol) = protocol { ask().protocol(protocol).unwrap() } else { ask() };
        let (_, upgrade) = client::upgrade(request.clone(), config()).unwrap();
        let outcome = upgrade.conclude(&message).err();
        match (answer(request, head), outcome) {
            (client::Progress::Connected(..), None) => {}
            // A message has no phrase.
            (client::Progress::Refused(HandshakeError::HttpVersion(line), _), Some(HandshakeError::HttpVersion(other))) => {
                prop_assert_eq!(line, format!("{other} x"));
            }
            (client::Progress::Refused(error, _), Some(other)) => prop_assert_eq!(error, other),
            (progress, other) => prop_assert!(false, "{:?} / {:?}", progress, other),
        }
    }
}

/// [F-09] [F-15] [F-16] [F-17] The whole answer, with nothing left for the connection to write.
#[test]
fn the_whole_answer() {
    let message = Head::request().and("Sec-WebSocket-Protocol", "chat").request_message().unwrap();
    let accept = Accept::any_origin().require_protocol("chat").header("Set-Cookie", "a=b").unwrap();
    let (response, mut connection) = server::upgrade(&message, &accept, config()).unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11));
    let fields = [
        ("connection", "Upgrade"),
        ("sec-websocket-accept", ACCEPT),
        ("sec-websocket-protocol", "chat"),
        ("set-cookie", "a=b"),
        ("upgrade", "websocket"),
    ];
    assert_eq!(of_map(response.headers(), &[]), fields.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(output(&mut connection), "");
    assert_eq!(connection.role(), bowline::Role::Server);
}

/// [F-08] What the client offers can be looked at before it is accepted.
#[test]
fn the_request_can_be_looked_at() {
    let head =
        Head::request().and("Sec-WebSocket-Protocol", "chat, superchat").and("Origin", "http://a").and("X-A", "b");
    let upgrade =
        Upgrade::new(&head.first("GET http://h:8080?q HTTP/1.1").request_message().unwrap(), config()).unwrap();
    let request = upgrade.request();
    assert_eq!((request.path(), request.query(), request.host()), ("/", Some("q"), "h:8080"));
    assert_eq!(request.protocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(request.origin(), Some(&b"http://a"[..]));
    assert_eq!(request.header("x-a"), Some(&b"b"[..]));
    let refusal = upgrade.accept(&Accept::same_origin()).unwrap_err();
    assert_eq!(
        (refusal.status(), refusal.body()),
        (
            StatusCode::FORBIDDEN,
            &HandshakeError::OriginRefused { origin: "http://a".into(), host: Some("h:8080".into()) }
        )
    );
}

/// A field whose name is longer than the list of known ones, whose value is not UTF-8, or that is there often, arrives.
#[test]
fn fields_are_passed_on() {
    let head = Head::request().and("X-A", b"\xff \xe4").and("X-A", "2").and("Cookie", "a=b");
    let upgrade = Upgrade::new(&head.request_message().unwrap(), config()).unwrap();
    let values: Vec<_> =
        upgrade.request().headers().filter(|(name, _)| *name == "x-a").map(|(_, value)| value).collect();
    assert_eq!(values, [&b"\xff \xe4"[..], b"2"]);
    assert!(!format!("{upgrade:?}").contains("a=b"), "values may be secrets");
}

/// HTTP/2 has no upgrade: its requests are for `extended_connect`.
#[test]
fn versions_of_http() {
    let mut message = Head::request().request_message().unwrap();
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        *message.version_mut() = version;
        let refusal = server::upgrade(&message, &Accept::any_origin(), config()).unwrap_err();
        assert_eq!(refusal.status(), 400);
        assert_eq!(refusal.body(), &HandshakeError::HttpVersion(format!("GET /chat {version:?}")));
    }
}

/// A refusal has what its status asks for, and its body is the error, to be made into any other.
#[test]
fn refusals() {
    let refuse =
        |head: Head| server::upgrade(&head.request_message().unwrap(), &Accept::any_origin(), config()).unwrap_err();
    let refusal = refuse(Head::request().with("Sec-WebSocket-Version", "8"));
    assert_eq!(refusal.status(), 426);
    let fields = [
        ("connection", "Upgrade"),
        ("content-type", "text/plain; charset=utf-8"),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
        ("x-content-type-options", "nosniff"),
    ];
    assert_eq!(of_map(refusal.headers(), &[]), fields.map(|(name, value)| (name.into(), value.into())));
    let refusal: Response<String> = refusal.map(|error| error.to_string());
    assert!(refusal.body().contains("version 8"), "{}", refusal.body());

    let refusal = refuse(Head::request().first("POST /chat HTTP/1.1"));
    assert_eq!(
        (refusal.status(), &refusal.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET".parse().unwrap())
    );
    assert!(!refusal.headers().contains_key("connection"));

    let refusal = refuse(Head::request().with("Upgrade", "h2c"));
    assert_eq!(refusal.into_body(), invalid("Upgrade", "h2c"));
}

/// [C-02] [C-03] [C-05] [C-07] [C-09] [C-10] [C-11] [C-16] [C-20] The client's request is the one that it would send itself.
#[test]
fn the_clients_request() {
    for uri in ["ws://server.example.com/chat?a=b", "wss://[::1]:8443", "ws://h:80/%20?"] {
        let request = client::Request::from_uri(uri)
            .and_then(|request| request.protocol("b")?.protocol("a")?.origin("https://example.com"))
            .and_then(|request| request.header("Cookie", "a=b")?.header("X-A", b"\xff: \t")?.header("X-A", ""))
            .unwrap();
        let mut handshake = client::Handshake::new(request.clone(), config());
        let count = handshake.output().remaining();
        let sent = handshake.output().copy_to_bytes(count);
        let (message, _) = client::upgrade(request, config()).unwrap();
        assert_eq!((message.method().as_str(), message.version()), ("GET", Version::HTTP_11));
        let sent: String = sent.iter().map(|&byte| char::from(byte)).collect();
        assert!(sent.starts_with(&format!("GET {} HTTP/1.1\r\n", message.uri())), "{sent}");
        let latin: Vec<_> = of_map(message.headers(), &[])
            .into_iter()
            .map(|(name, value)| (name, value.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()))
            .collect();
        assert_eq!(latin, of_text(&sent, &[]));
    }
}

/// A client and a server agree, over messages alone, and what they agreed on is in use.
#[test]
fn a_client_and_a_server() {
    let request = ask().protocol("chat").unwrap();
    let (message, upgrade) = client::upgrade(request, config()).unwrap();
    let accept = Accept::same_origin().require_protocol("chat");
    let (response, mut server) = server::upgrade(&message, &accept, config()).unwrap();
    let mut client = upgrade.conclude(&response).unwrap();
    assert_eq!(
        (client.role(), response.headers()["sec-websocket-protocol"].as_bytes()),
        (bowline::Role::Client, &b"chat"[..])
    );
    client.send_text("Hello").unwrap();
    let queued = client.buffered_amount();
    let mut wire = client.output().copy_to_bytes(queued).to_vec();
    assert_eq!(server.receive(&mut (&mut wire[..]).into()), Some(bowline::Event::Text("Hello".into())));
}

/// [S-01] Compression is agreed on as over bytes.
#[cfg(feature = "deflate")]
#[test]
fn compression() {
    let mut config = Config::default();
    config.deflate = Some(bowline::deflate::Options::default());
    let config = Arc::new(config);
    let (message, upgrade) = client::upgrade(ask(), config.clone()).unwrap();
    let (response, server) = server::upgrade(&message, &Accept::same_origin(), config.clone()).unwrap();
    let client = upgrade.conclude(&response).unwrap();
    let agreement = client.deflate().unwrap();
    assert_eq!(server.deflate(), Some(agreement));
    assert_eq!(response.headers()["sec-websocket-extensions"].to_str().unwrap(), agreement.to_string());

    let (_, upgrade) = client::upgrade(ask(), config.clone()).unwrap();
    let mut response = response;
    response.headers_mut().append("sec-websocket-extensions", "x".parse().unwrap());
    let error = upgrade.conclude(&response).unwrap_err();
    assert!(matches!(error, HandshakeError::WrongAccept { .. } | HandshakeError::ExtensionNotOffered(_)), "{error}");
}

/// What the crate `http` cannot hold is an error, not a panic.
#[test]
fn uris_that_are_too_long() {
    let config = Arc::new(Config::default());
    let request = client::Request::from_uri(&format!("ws://h/{}", "a".repeat(70_000))).unwrap();
    assert!(matches!(client::upgrade(request.clone(), config.clone()), Err(RequestError::HttpUri(_))));
    assert!(matches!(client::extended_connect(request, config.clone()), Err(RequestError::HttpUri(_))));
}
