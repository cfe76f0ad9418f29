//! No secret in what `Display` and `Debug` show: whatever takes part in an opening handshake is formatted, with a marker in each
//! place in which a secret can be.

use crate::kit::{Head, answer, ask, config, request, serve};
use bowline::{
    HandshakeError, HeaderError,
    client::{self, Progress, Request},
    server::{self, Accept, PlainRequest},
};
use std::fmt::{Debug, Display};

const MARKER: &str = "S3cr3t";
/// The marker as `Debug` shows bytes.
const AS_BYTES: &str = "83, 51, 99, 114, 51, 116";

#[track_caller]
fn assert_none(text: &str) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!flat.contains(MARKER) && !flat.contains(AS_BYTES), "a secret is shown: {flat}");
}

#[track_caller]
fn assert_debug(value: &impl Debug) {
    assert_none(&format!("{value:?}"));
    assert_none(&format!("{value:#?}"));
}

#[track_caller]
fn assert_error(error: &(impl Debug + Display)) {
    assert_debug(error);
    assert_none(&error.to_string());
    assert!(!error.to_string().is_empty());
}

/// URIs with a mistake, in each of which the marker is in the user information, the query or the fragment.
const BAD_URIS: [&str; 29] = [
    "wsss://me:S3cr3t@h/",
    "wsss://S3cr3t@h/",
    "ws:/me:S3cr3t@h/",
    "ws:me:S3cr3t@h/",
    "//me:S3cr3t@h/",
    "me:S3cr3t@h/",
    "me:S3cr3t@ws://h/",
    "ftp://h/?key=S3cr3t",
    "ftp://h/#S3cr3t",
    "ws://me:S3cr3t%@h/",
    "ws://S3cr3t%3A@h/",
    "ws://me:S3cr3t@h:x/",
    "ws://me:S3cr3t@[fe80::1%]/",
    "ws://me:S3cr3t@/",
    "ws://me:S3cr3t@bücher.example/",
    "ws://me:S3cr3t/more@h/",
    "ws://mü:S3cr3t/more@h/",
    "ws://me:S3cr3t#more@h/",
    "ws://me:S3cr3t?more@h/",
    "ws://a b/?S3cr3t",
    "ws://a b?S3cr3t",
    "ws://h:x/?S3cr3t",
    "ws://h:x#S3cr3t",
    "ws://bücher.example/?S3cr3t",
    "ws://h/\r?S3cr3t",
    "ws://h/?S3cr3t\r",
    "ws://h/#S3cr3t",
    "ws://h/?S3cr3t#f",
    "ws://h#S3cr3t",
];

#[test]
fn uris() {
    for uri in BAD_URIS {
        let error = Request::from_uri(uri).expect_err(uri);
        assert_error(&error);
        #[cfg(feature = "std")]
        assert_error(&bowline::adapter::Error::from(error));
    }
    for (host, path) in [
        ("me:S3cr3t@h x", "/"),
        ("S3cr3t%@h", "/"),
        ("h", "/#S3cr3t"),
        ("h", "x?S3cr3t"),
        ("h", "/?S3cr3t\n"),
        ("h:x", "?S3cr3t"),
        ("me:S3cr3t", "/x@h"),
    ] {
        assert_error(&Request::new(host, path).expect_err(host));
    }
}

#[test]
fn header_fields_that_are_refused() {
    let accept = || Accept::same_origin();
    let refusal = || request(Head::request()).refuse(401, "");
    for (name, value) in [
        ("Cookie", "S3cr3t\r\n"),
        ("Cookie: S3cr3t", ""),
        ("Cookie S3cr3t", ""),
        ("Authorization:S3cr3t", "x"),
        ("Host", "S3cr3t"),
        ("Sec-WebSocket-Key", "S3cr3t"),
        ("Upgrade", "S3cr3t"),
    ] {
        assert_error(&ask().header(name, value).unwrap_err());
        assert_error(&accept().header(name, value).unwrap_err());
        let error: HeaderError = refusal().header(name, value).unwrap_err();
        assert_error(&error);
    }
    for origin in ["https://me:S3cr3t@\u{fc}", "https://\u{fc}/?S3cr3t", "https://\u{fc}#S3cr3t"] {
        assert_error(&ask().origin(origin).unwrap_err());
    }
    for origin in [
        "https://me:S3cr3t@h",
        "me:S3cr3t@h",
        "https://h?S3cr3t",
        "https://h#S3cr3t",
        "https://h/?S3cr3t",
        "*?S3cr3t",
        "h?S3cr3t",
        "https://me:S3cr3t@*",
    ] {
        assert_error(&Accept::origins([origin]).unwrap_err());
    }
}

fn secret_request() -> Request {
    Request::from_uri("ws://me:S3cr3t@server.example.com/chat?key=S3cr3t")
        .and_then(|request| request.basic_auth("S3cr3t", "S3cr3t"))
        .and_then(|request| request.origin("https://me:S3cr3t@example.com?S3cr3t"))
        .and_then(|request| request.header("Authorization", "Bearer S3cr3t"))
        .and_then(|request| request.header("Cookie", "a=S3cr3t"))
        .and_then(|request| request.header("X-Api-Key", "S3cr3t"))
        .unwrap()
}

/// A client, from the request to the response.
#[test]
fn a_client() {
    assert_debug(&secret_request());
    assert!(format!("{:?}", secret_request()).contains("X-Api-Key"), "the names are shown");
    assert_debug(&client::Handshake::new(secret_request(), config()));
    let head = Head::response().and("Set-Cookie", "S3cr3t").and("Cookie", "S3cr3t").and("X-Api-Key", "S3cr3t");
    let progress = answer(secret_request(), head.clone());
    assert!(matches!(progress, Progress::Connected(..)));
    assert_debug(&progress);
    let bad = [
        head.clone().first("HTTP/1.1 403 No").and("Location", "wss://me:S3cr3t@h/"),
        head.clone().first("HTTP/1.1 302 Found").and("Location", "/login?back=S3cr3t").and("Cookie", "S3cr3t"),
        head.clone().first("HTTP/1.1 302 Found").and("Location", "/login#S3cr3t"),
        head.clone().with("Sec-WebSocket-Accept", "x"),
        head.and("Authorization : S3cr3t", ""),
    ];
    for head in bad {
        let progress = answer(secret_request(), head);
        assert_debug(&progress);
        let Progress::Refused(error, response) = progress else { panic!("{progress:?}") };
        assert_error(&error);
        if let Some(response) = &response {
            let mut redirects = client::Redirects::new(1);
            assert_debug(&redirects.follow(&secret_request(), response));
            assert_debug(&redirects);
            if let Err(error) = redirects.follow(&secret_request(), response) {
                assert_error(&error);
            }
        }
        #[cfg(feature = "std")]
        assert_error(&bowline::adapter::Error::Handshake { error, response: response.map(Box::new) });
        #[cfg(not(feature = "std"))]
        drop(response);
    }
}

/// A server that accepts, refuses or answers.
#[test]
fn a_server() {
    let secret = |head: Head| {
        head.and("Cookie", "a=S3cr3t")
            .and("Authorization", "Bearer S3cr3t")
            .and("X-Api-Key", "S3cr3t")
            .and("Origin", "https://me:S3cr3t@example.com")
    };
    let good = secret(Head::request()).first("GET /chat?key=S3cr3t HTTP/1.1");
    assert_debug(&request(good.clone()));
    let mut bytes = good.bytes();
    bytes.truncate(bytes.len() - 2);
    let mut handshake = server::Handshake::new(config());
    assert!(matches!(handshake.receive(&mut bytes.as_mut_slice().into()), server::Progress::Incomplete));
    assert_debug(&handshake);

    let accept = Accept::any_origin().header("Set-Cookie", "S3cr3t").unwrap();
    assert_debug(&accept);
    assert!(format!("{accept:?}").contains("Set-Cookie"), "the names are shown");
    let refusal = request(good.clone()).accept(&Accept::same_origin()).unwrap_err();
    assert_debug(&refusal);
    assert_error(refusal.error().unwrap());
    assert_debug(&request(good.clone()).refuse(401, "S3cr3t").header("WWW-Authenticate", "S3cr3t").unwrap());

    let mut plain = secret(Head::new("GET /?key=S3cr3t HTTP/1.1").and("Host", "h")).bytes();
    let progress = server::Handshake::new(config()).receive(&mut plain.as_mut_slice().into());
    assert_debug(&progress);
    let server::Progress::NotWebSocket(plain) = progress else { panic!("{progress:?}") };
    let plain: PlainRequest = plain;
    assert_debug(&plain.respond(200, "S3cr3t"));
}

/// Requests with a mistake.
#[test]
fn bad_requests() {
    for line in [
        "GET /chat?S3cr3t HTTP/1.0",
        "GET /chat?S3cr3t HTTP/2.0",
        "GET /chat?a S3cr3t HTTP/1.1",
        "GET /chat?S3cr3t",
        "G@T /chat?S3cr3t HTTP/1.1",
        "GET /chat#S3cr3t HTTP/1.1",
        "GET http://me:S3cr3t@h/ HTTP/1.1",
        "GET http://me:S3cr3t@h/ HTTP/1.0",
        "GET me:S3cr3t@h HTTP/1.1",
        "POST /chat?S3cr3t HTTP/1.1",
        "GET \u{fc}?S3cr3t HTTP/1.1",
        "\"me:S3cr3t@h",
        "/?S3cr3t",
    ] {
        assert_refused(line, Head::request().first(line).bytes());
    }
    for bad in [
        "Cookie : S3cr3t",
        "Cookie S3cr3t: x",
        "Cookie: a\r\n S3cr3t",
        "Cookie: a\r\nS3cr3t",
        "Cookie: a\r\n S3cr3t: b",
        "Cookie: \0S3cr3t",
        "Origin: https://h?S3cr3t\r\nOrigin: x",
        "Host: S3cr3t@h",
    ] {
        assert_refused(bad, format!("GET / HTTP/1.1\r\n{bad}\r\n\r\n").into_bytes());
    }
    assert_refused("Host", Head::request().with("Host", "me:S3cr3t@h").bytes());
    assert_refused("Host", Head::request().with("Host", "h?S3cr3t").bytes());
}

#[track_caller]
fn assert_refused(what: &str, head: Vec<u8>) {
    let refusal = serve(head).map(drop).expect_err(what);
    assert_debug(&refusal);
    let error: &HandshakeError = refusal.error().unwrap();
    assert_error(error);
    let sent = String::from_utf8(refusal.into_bytes()).unwrap();
    assert_none(&sent);
}

/// The messages of the crate `http` that this crate makes: its `Debug` does not show values that are marked as sensitive.
#[cfg(feature = "http")]
#[test]
fn messages() {
    for made in [client::upgrade(secret_request(), config()), client::extended_connect(secret_request(), config())] {
        let (mut message, upgrade) = made.unwrap();
        message.headers_mut().remove("origin");
        assert_debug(message.headers());
        assert_debug(&upgrade);
    }
    let accept = Accept::any_origin().header("Set-Cookie", "S3cr3t").unwrap();
    let message = Head::request().and("Cookie", "S3cr3t").request_message().unwrap();
    assert_debug(&server::Upgrade::new(&message, config()).unwrap());
    let (response, _) = server::upgrade(&message, &accept, config()).unwrap();
    assert_debug(response.headers());
}
