//! The opening handshake over HTTP/2 and HTTP/3: extended CONNECT (RFC 8441, RFC 9220).

use crate::kit::{KEY, ask, config, invalid, output};
use bowline::{
    CloseCode, Connection, HandshakeError, Input, Role,
    client::{self, Upgrade},
    server::{self, Accept},
};
use http::{Method, Request, Response, StatusCode, Version};

/// The request of RFC 8441 §5.1.
fn example() -> Request<()> {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("https://server.example.com/chat")
        .header("sec-websocket-protocol", "chat, superchat")
        .header("sec-websocket-extensions", "permessage-deflate")
        .header("sec-websocket-version", "13")
        .header("origin", "http://www.example.com")
        .body(())
        .unwrap()
}

fn with(name: &'static str, value: &'static str) -> Request<()> {
    let mut request = example();
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn and(name: &'static str, value: &'static str) -> Request<()> {
    let mut request = example();
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn without(name: &'static str) -> Request<()> {
    let mut request = example();
    request.headers_mut().remove(name);
    request
}

fn to(uri: &str) -> Request<()> {
    let mut request = example();
    *request.uri_mut() = uri.parse().unwrap();
    request
}

/// The answer to a request that is refused.
fn answer(request: &Request<()>, protocol: Option<&str>) -> Response<HandshakeError> {
    let refusal = server::extended_connect(request, protocol, &Accept::any_origin(), config()).unwrap_err();
    let fields = refusal.headers();
    assert!(!["connection", "upgrade", "content-length"].iter().any(|name| fields.contains_key(*name)), "{fields:?}");
    assert_eq!(fields["content-type"], "text/plain; charset=utf-8");
    refusal
}

fn refused(request: &Request<()>) -> HandshakeError {
    let refusal = answer(request, Some("websocket"));
    let status = refusal.body().status();
    assert_eq!(refusal.status(), if status == 426 { 400 } else { status });
    refusal.into_body()
}

fn is_accepted(request: &Request<()>) -> bool {
    server::extended_connect(request, Some("websocket"), &Accept::any_origin(), config()).is_ok()
}

/// [W-18] [U-09] [U-10] [U-11] The server's side of the example, and nothing in the answer that belongs to HTTP/1.1.
#[test]
fn the_servers_side_of_the_example() {
    let accept = Accept::origins(["http://www.example.com"]).unwrap().require_protocol("chat");
    let (response, mut connection) =
        server::extended_connect(&example(), Some("websocket"), &accept, config()).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let fields: Vec<_> = response.headers().iter().collect();
    assert_eq!(fields, [(&http::header::SEC_WEBSOCKET_PROTOCOL, &"chat".parse().unwrap())]);
    assert_eq!((output(&mut connection).as_str(), connection.role()), ("", Role::Server));
}

/// [W-18] [U-04] [U-06] [U-07] [U-08] [U-09] [U-10] The client's side of the example: all fields are there, and no others.
#[test]
fn the_clients_side_of_the_example() {
    let request = client::Request::from_uri("wss://server.example.com/chat")
        .and_then(|request| request.protocol("chat")?.protocol("superchat")?.origin("http://www.example.com"))
        .unwrap();
    let (message, upgrade) = client::extended_connect(request, config()).unwrap();
    assert_eq!((message.method(), message.version()), (&Method::CONNECT, Version::HTTP_2));
    assert_eq!(message.uri(), "https://server.example.com/chat");
    let mut expected = example();
    expected.headers_mut().remove("sec-websocket-extensions");
    expected.headers_mut().insert("user-agent", concat!("bowline/", env!("CARGO_PKG_VERSION")).parse().unwrap());
    assert_eq!(message.headers(), expected.headers());

    let response = Response::builder().header("sec-websocket-protocol", "chat").body(()).unwrap();
    assert_eq!(upgrade.conclude(&response).unwrap().role(), Role::Client);
}

/// [U-04] [U-07] [U-08] Scheme, host, port and path are in the URI, and the port only if the scheme does not imply it.
#[test]
fn the_clients_uri() {
    for (uri, expected) in [
        ("ws://h", "http://h/"),
        ("wss://h", "https://h/"),
        ("ws://h:80/a?b", "http://h/a?b"),
        ("wss://h:443/", "https://h/"),
        ("wss://h:80/", "https://h:80/"),
        ("ws://[::1]:8080/?q", "http://[::1]:8080/?q"),
    ] {
        let (message, _) = client::extended_connect(client::Request::from_uri(uri).unwrap(), config()).unwrap();
        assert_eq!(message.uri().to_string(), expected);
        assert!(
            !["host", "connection", "upgrade", "sec-websocket-key"]
                .iter()
                .any(|name| message.headers().contains_key(*name))
        );
    }
}

/// [U-10] [U-11] [V-02] Both sides agree over HTTP/2 and HTTP/3, with fields of their own and with compression.
#[test]
fn both_sides() {
    let request = ask().protocol("chat").and_then(|request| request.header("Cookie", "a=b")).unwrap();
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let (mut message, upgrade) = client::extended_connect(request.clone(), config()).unwrap();
        *message.version_mut() = version;
        let checked = server::Upgrade::from_connect(&message, Some("websocket"), config()).unwrap();
        assert_eq!((checked.request().host(), checked.request().path()), ("server.example.com", "/chat"));
        assert_eq!(checked.request().header("cookie"), Some(&b"a=b"[..]));
        let accept = Accept::same_origin().require_protocol("chat").header("Set-Cookie", "c=d").unwrap();
        let (response, _) = checked.accept(&accept).unwrap();
        assert_eq!(response.headers()["set-cookie"], "c=d");
        assert!(upgrade.conclude(&response).is_ok());
    }
}

/// [U-10] Compression is agreed on as over HTTP/1.1.
#[cfg(feature = "deflate")]
#[test]
fn compression() {
    let mut config = bowline::Config::default();
    config.deflate = Some(bowline::deflate::Options::default());
    let config = std::sync::Arc::new(config);
    let (message, upgrade) = client::extended_connect(ask(), config.clone()).unwrap();
    let accept = Accept::same_origin();
    let (response, server) = server::extended_connect(&message, Some("websocket"), &accept, config.clone()).unwrap();
    let agreement = upgrade.conclude(&response).unwrap().deflate();
    assert!(agreement.is_some() && server.deflate() == agreement);
}

/// [U-05] [U-06] [U-12] [V-03] Another method is not allowed, another protocol not implemented, and no tunnel is made.
#[test]
fn methods_and_protocols() {
    for protocol in ["connect-udp", "WebSocket", "", "websocket "] {
        let refusal = answer(&example(), Some(protocol));
        assert_eq!(refusal.status(), StatusCode::NOT_IMPLEMENTED);
        assert_eq!(refusal.into_body(), HandshakeError::ConnectProtocol(protocol.into()));
    }
    let refusal = answer(&example(), None);
    assert_eq!((refusal.status(), refusal.body()), (StatusCode::NOT_IMPLEMENTED, &HandshakeError::Tunnel));
    let refusal = answer(&to("server.example.com:443"), None);
    assert_eq!((refusal.status(), refusal.body()), (StatusCode::NOT_IMPLEMENTED, &HandshakeError::Tunnel));

    let mut get = example();
    *get.method_mut() = Method::GET;
    for protocol in [Some("websocket"), None] {
        let refusal = answer(&get, protocol);
        assert_eq!(
            (refusal.status(), &refusal.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"CONNECT".parse().unwrap())
        );
        assert_eq!(refusal.into_body(), HandshakeError::ConnectMethod("GET".into()));
    }
}

/// [U-04] [U-10] The URI has a scheme of HTTP, a host and a path. A Host field may stand in for the host, and must not
/// say another one.
#[test]
fn uris() {
    for uri in ["ftp://server.example.com/", "server.example.com:443", "*"] {
        assert_eq!(refused(&to(uri)), HandshakeError::Target(uri.into()), "{uri}");
    }
    let user = to("https://user@server.example.com/");
    assert_eq!(refused(&user), HandshakeError::Target("https://...".into()), "the user name is not shown");
    assert_eq!(refused(&to("/chat")), HandshakeError::Missing(":authority"));
    assert_eq!(refused(&with("host", "evil.example")), invalid("Host", "evil.example"));
    assert!(is_accepted(&with("host", "Server.Example.com")));

    let mut request = to("/chat");
    request.headers_mut().insert("host", "a.example".parse().unwrap());
    let upgrade = server::Upgrade::from_connect(&request, Some("websocket"), config()).unwrap();
    assert_eq!((upgrade.request().host(), upgrade.request().path()), ("a.example", "/chat"));
    request.headers_mut().append("host", "a.example".parse().unwrap());
    assert_eq!(refused(&request), HandshakeError::Repeated("Host"));
    request.headers_mut().insert("host", "a b".parse().unwrap());
    assert_eq!(refused(&request), invalid("Host", "a b"));
}

/// [U-08] [U-09] What belongs to HTTP/1.1 must not be there; the key, if it is there, is not looked at.
#[test]
fn fields_of_http_1() {
    for (name, value, shown) in [
        ("connection", "Upgrade", "Connection"),
        ("upgrade", "websocket", "Upgrade"),
        ("transfer-encoding", "chunked", "Transfer-Encoding"),
    ] {
        assert_eq!(refused(&with(name, value)), HandshakeError::OnlyHttp1(shown));
    }
    for key in [KEY, "", "x"] {
        assert!(is_accepted(&with("sec-websocket-key", key)));
    }
}

/// [U-10] [U-12] The fields that are used must be as over HTTP/1.1. Where that answers 426, this answers 400, as RFC 6455
/// §4.4 does in its example, with the version that is spoken here.
#[test]
fn fields() {
    assert_eq!(refused(&without("sec-websocket-version")), HandshakeError::Missing("Sec-WebSocket-Version"));
    assert_eq!(refused(&and("sec-websocket-version", "13")), HandshakeError::Repeated("Sec-WebSocket-Version"));
    assert_eq!(refused(&with("sec-websocket-version", "8")), HandshakeError::Version(8));
    for request in [without("sec-websocket-version"), with("sec-websocket-version", "8")] {
        let refusal = answer(&request, Some("websocket"));
        assert_eq!(
            (refusal.status(), &refusal.headers()["sec-websocket-version"]),
            (StatusCode::BAD_REQUEST, &"13".parse().unwrap())
        );
    }
    assert_eq!(refused(&with("sec-websocket-protocol", "a, a")), invalid("Sec-WebSocket-Protocol", "a"));
    assert_eq!(refused(&with("sec-websocket-extensions", ";")), invalid("Sec-WebSocket-Extensions", ";"));
    assert_eq!(refused(&and("origin", "http://b")), HandshakeError::Repeated("Origin"));
    assert_eq!(refused(&with("content-length", "0")), HandshakeError::Body("Content-Length"));
    assert_eq!(refused(&with("expect", "100-continue")), HandshakeError::Expectation("100-continue".into()));
}

/// [U-10] [U-12] [U-17] The decision about the origin is made, against the host of the URI; so is the one about the subprotocol.
#[test]
fn decisions() {
    let decide = |request: &Request<()>, accept: &Accept| {
        server::extended_connect(request, Some("websocket"), accept, config())
            .map(|_| ())
            .map_err(|refusal| (refusal.status(), refusal.into_body()))
    };
    let (status, error) = decide(&example(), &Accept::same_origin()).unwrap_err();
    assert_eq!(
        (status, error),
        (
            StatusCode::FORBIDDEN,
            HandshakeError::OriginRefused {
                origin: "http://www.example.com".into(),
                host: Some("server.example.com".into())
            }
        )
    );
    assert!(decide(&with("origin", "https://server.example.com"), &Accept::same_origin()).is_ok());
    let (status, error) = decide(&without("origin"), &Accept::any_origin().require_origin()).unwrap_err();
    assert_eq!((status, error), (StatusCode::FORBIDDEN, HandshakeError::OriginMissing));
    let (status, error) = decide(&example(), &Accept::any_origin().require_protocol("other")).unwrap_err();
    assert_eq!((status, error), (StatusCode::BAD_REQUEST, HandshakeError::ProtocolRequired("other".into())));
}

/// [U-11] [U-09] [U-10] On the client, any 2xx opens the connection, nothing else does, and a key is not waited for. What was
/// not offered must not be chosen.
#[test]
fn what_the_client_checks() {
    let conclude = |response: Response<()>| {
        let (_, upgrade) = client::extended_connect(ask().protocol("chat").unwrap(), config()).unwrap();
        Upgrade::conclude(upgrade, &response).map(|_| ())
    };
    let status = |status: u16| conclude(Response::builder().status(status).body(()).unwrap());
    for good in [200, 201, 204, 299] {
        assert_eq!(status(good), Ok(()));
    }
    for bad in [100, 101, 199, 300, 400, 403, 404, 501] {
        assert_eq!(status(bad), Err(HandshakeError::Status(bad)));
    }
    let field = |name: &str, value: &str| conclude(Response::builder().header(name, value).body(()).unwrap());
    assert_eq!(field("sec-websocket-accept", "x"), Ok(()));
    assert_eq!(field("sec-websocket-protocol", "chat"), Ok(()));
    assert_eq!(field("sec-websocket-protocol", "Chat"), Err(HandshakeError::ProtocolNotOffered("Chat".into())));
    assert_eq!(field("sec-websocket-extensions", "x"), Err(HandshakeError::ExtensionNotOffered("x".into())));
}

/// [U-14] A stream of HTTP/2 or HTTP/3 is reset if an endpoint drops it before both halves have ended. So neither endpoint is
/// closed before the other half has ended, and both end their own at once, whoever began.
#[test]
fn both_halves_end() {
    let take = |connection: &mut Connection| {
        let mut bytes = Vec::new();
        connection.output().write_to(&mut bytes).unwrap();
        bytes
    };
    for (first, second) in [(Role::Server, Role::Client), (Role::Client, Role::Server)] {
        let open = |role| {
            let (request, upgrade) = client::extended_connect(ask(), config()).unwrap();
            let (answer, server) =
                server::extended_connect(&request, Some("websocket"), &Accept::any_origin(), config()).unwrap();
            if role == Role::Server { server } else { upgrade.conclude(&answer).unwrap() }
        };
        let (mut first, mut second) = (open(first), open(second));
        first.close(CloseCode::NORMAL, "").unwrap();
        second.receive(&mut Input::from(&mut take(&mut first)));
        assert!(!first.should_shutdown() && !second.should_shutdown());
        first.receive(&mut Input::from(&mut take(&mut second)));
        for connection in [&mut first, &mut second] {
            assert!(connection.closure().unwrap().is_normal());
            assert!(connection.should_shutdown() && !connection.is_closed());
            connection.receive_eof();
            assert!(connection.is_closed());
        }
    }
}
