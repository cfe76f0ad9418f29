//! Errors are for people: what they say, which status they have, and that no secret gets into a log.

use bowline::{HandshakeError, client, server};
use std::sync::Arc;

/// What a server did wrong has the status with which a gateway would pass it on.
#[test]
fn what_only_a_server_can_do_wrong() {
    let errors = [
        HandshakeError::Status(200),
        HandshakeError::WrongAccept { received: "a".into(), expected: "b".into() },
        HandshakeError::ProtocolNotOffered("chat".into()),
        HandshakeError::ExtensionNotOffered("x".into()),
    ];
    for error in errors {
        assert_eq!(error.status(), 502, "{error}");
    }
    #[cfg(feature = "deflate")]
    assert_eq!(HandshakeError::Deflate(bowline::deflate::AnswerError::Repeated).status(), 502);
    assert_eq!(HandshakeError::BareLf.status(), 400);
}

/// Over HTTP/2, too, an error says which rule it is, and has a status.
#[cfg(feature = "http")]
#[test]
fn what_only_http_2_has() {
    for (error, status) in [
        (HandshakeError::ConnectMethod("GET".into()), 405),
        (HandshakeError::Tunnel, 501),
        (HandshakeError::ConnectProtocol("connect-udp".into()), 501),
        (HandshakeError::OnlyHttp1("Upgrade"), 400),
        (HandshakeError::Missing(":authority"), 400),
    ] {
        assert!(error.to_string().ends_with(&format!("({})", error.section())), "{error} / {}", error.section());
        assert!(matches!(error.section(), "RFC 8441 §4" | "RFC 8441 §5" | "RFC 9220 §3"), "{error}");
        assert!(!error.to_string().starts_with(" ("), "{error:?} has a text of its own");
        assert_eq!(error.status(), status, "{error}");
    }
}

/// Each header that can be wrong says what it should be.
#[test]
fn what_a_header_must_be() {
    let table = [
        ("Host", "expected a host and an optional port "),
        ("Upgrade", "expected websocket "),
        ("Connection", "expected a list that contains Upgrade "),
        ("Sec-WebSocket-Key", "expected 16 bytes in base64 "),
        ("Sec-WebSocket-Version", "expected 13 "),
        ("Sec-WebSocket-Protocol", "expected tokens, none of them twice "),
        ("Sec-WebSocket-Extensions", "expected extensions: tokens with parameters "),
        ("Content-Length", "expected a value that is well formed "),
    ];
    for (name, says) in table {
        let error = HandshakeError::Invalid { name, received: "what came".into() };
        let text = error.to_string();
        assert!(text.contains(says) && text.contains(name) && text.contains("\"what came\""), "{text}");
    }
}

/// A password in a header of the request, or in a cookie of the response, is not in what `Debug` shows.
#[test]
fn debug_keeps_secrets() {
    let config = crate::kit::config();
    let request =
        client::Request::from_uri("ws://localhost/").unwrap().header("Authorization", "Basic secret").unwrap();
    let shown = format!("{request:?}");
    assert!(shown.contains("localhost") && !shown.contains("secret"), "{shown}");
    let shown = format!("{:?}", client::Handshake::new(request, Arc::clone(&config)));
    assert!(shown.contains("to_be_written") && !shown.contains("secret"), "{shown}");

    let mut head = *b"GET / HTTP/1.1\r\nAuthorization: secret\r\n";
    let mut handshake = server::Handshake::new(config.clone());
    assert!(matches!(handshake.receive(&mut (&mut head[..]).into()), server::Progress::Incomplete));
    let shown = format!("{handshake:?}");
    assert!(shown.contains("taken: 39") && !shown.contains("secret"), "{shown}");
}

/// What was received is shown up to 64 bytes, escaped, and what is left out is marked.
#[test]
fn excerpts() {
    for (method, shown) in [
        ("A".repeat(64), "A".repeat(64)),
        ("A".repeat(65), format!("{}...", "A".repeat(64))),
        ("A".repeat(1000), format!("{}...", "A".repeat(64))),
    ] {
        let mut head = format!("{method} / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").into_bytes();
        let progress = server::Handshake::new(crate::kit::config()).receive(&mut (&mut head[..]).into());
        let server::Progress::Refused(refusal) = progress else { panic!("{progress:?}") };
        assert_eq!(refusal.error(), Some(&HandshakeError::Method(shown)));
    }
}

/// A request with a secret in it, to be refused.
fn request() -> server::Request {
    crate::kit::request(crate::kit::Head::request().and("Cookie", "secret").bytes())
}

/// The names of RFC 9110 §15 and RFC 6585.
#[test]
fn phrases() {
    let table = [
        (300, "Multiple Choices"),
        (301, "Moved Permanently"),
        (302, "Found"),
        (303, "See Other"),
        (307, "Temporary Redirect"),
        (308, "Permanent Redirect"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (409, "Conflict"),
        (410, "Gone"),
        (414, "URI Too Long"),
        (417, "Expectation Failed"),
        (421, "Misdirected Request"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
        (505, "HTTP Version Not Supported"),
        (599, ""),
    ];
    for (status, phrase) in table {
        let refusal = request().refuse(status, "");
        let line = format!("HTTP/1.1 {status} {phrase}\r\n");
        assert!(refusal.into_bytes().starts_with(line.as_bytes()), "{line}");
    }
}

/// Names of fields may be shown; what they hold, not.
#[test]
fn debug_shows_names_of_fields() {
    let shown = format!("{:?}", request());
    assert!(shown.contains("Cookie") && !shown.contains("secret"), "{shown}");
    let shown = format!("{:?}", request().refuse(401, "secret").header("WWW-Authenticate", "secret").unwrap());
    assert!(shown.contains("401") && !shown.contains("secret"), "{shown}");
}

/// A line without a colon is not shown, since it can be the rest of a value, such as of a long `Authorization` that was wrapped.
#[test]
fn a_line_without_a_colon() {
    let mut head = *b"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n";
    let progress = server::Handshake::new(crate::kit::config()).receive(&mut (&mut head[..]).into());
    let server::Progress::Refused(refusal) = progress else { panic!("{progress:?}") };
    assert_eq!(refusal.error(), Some(&HandshakeError::FieldLine(String::new())));
    let text = "a line of the head is not a valid header field: expected a name, directly followed by a colon, and a value on \
                the same line (RFC 9112 §5)";
    assert_eq!(refusal.error().unwrap().to_string(), text);
}

/// The text of an error has that of its cause.
#[test]
fn causes() {
    use std::error::Error as _;
    let error = client::Request::from_uri("ws://h").and_then(|request| request.header("a b", "")).unwrap_err();
    let cause = bowline::HeaderError::Name("a...".into());
    assert!(error.source().is_none(), "the text is that of the cause, and is shown once");
    assert_eq!((error.to_string(), error), (cause.to_string(), cause.into()));
    assert!(HandshakeError::BareLf.source().is_none());
    #[cfg(feature = "deflate")]
    {
        let error = HandshakeError::Deflate(bowline::deflate::AnswerError::Repeated);
        let cause = error.source().and_then(|cause| cause.downcast_ref());
        assert_eq!(cause, Some(&bowline::deflate::AnswerError::Repeated));
        assert!(error.to_string().contains(&bowline::deflate::AnswerError::Repeated.to_string()));
    }
}
