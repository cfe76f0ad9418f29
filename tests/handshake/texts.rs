//! What the errors of the adapters say about a handshake that failed: enough to know what to do next.

use crate::kit::{Head, answer, ask};
use bowline::{
    CloseCode, Config, Connection, HandshakeError, Input, Role, SendError,
    adapter::Error,
    client::{Progress, Request},
    server::Accept,
};
use std::time::Duration;

/// The text of the error of an adapter, for a client that received this.
fn text(head: Head, body: &[u8]) -> String {
    let Progress::Refused(error, response) = answer(ask(), head) else { panic!("not refused") };
    let mut response = response.unwrap();
    response.receive_body(&mut Input::from(&mut body.to_vec()[..]));
    Error::Handshake { error, response: Some(Box::new(response)) }.to_string()
}

/// A redirect says where to, and a refusal its reason, the beginning of its body, and which credentials it requires.
#[test]
fn refusals() {
    let failed = "the opening handshake failed: the server answered with HTTP status ";
    let moved = Head::new("HTTP/1.1 301 Moved Permanently").and("Location", "wss://elsewhere.example/p?key=1");
    let expected = "301 (Moved Permanently): redirects are followed only if ConnectOptions::follow_redirects allows it; \
                    otherwise connect to the URI in the header Location (RFC 6455 §4.1); Location: wss://elsewhere.example/p?...";
    assert_eq!(text(moved, b""), format!("{failed}{expected}"));
    let gone = Head::new("HTTP/1.1 404 Not Found");
    let expected = "404 (Not Found): check the path (RFC 6455 §4.1)";
    assert_eq!(text(gone.clone(), b""), format!("{failed}{expected}"));
    assert_eq!(text(gone.clone(), b"<html>"), format!("{failed}{expected}"), "markup explains nothing");
    assert_eq!(
        text(gone.clone(), b"\r\n  no room \x1b[2J4711\nmore"),
        format!("{failed}{expected}; the body begins with \"no room \\u{{1b}}[2J4711\"")
    );
    let long = text(gone, "ü".repeat(500).as_bytes());
    assert!(long.ends_with(&format!(" \"{}\"", "ü".repeat(200))), "{long}");
    let own = Head::new("HTTP/1.1 403 Only with VPN").and("Retry-After", "10");
    let expected = "403 (Forbidden): it may require credentials, or another Origin (RFC 6455 §4.1); the reason is \
                    \"Only with VPN\"; Retry-After: 10";
    assert_eq!(text(own, b""), format!("{failed}{expected}"));
    let login = Head::new("HTTP/1.1 401").and("WWW-Authenticate", "Basic realm=\"chat\"");
    let expected =
        "401 (Unauthorized): it requires credentials (RFC 6455 §4.1); WWW-Authenticate: Basic realm=\\\"chat\\\"";
    assert_eq!(text(login, b""), format!("{failed}{expected}"));
    assert_eq!(text(Head::new("HTTP/1.1 599 x"), b""), format!("{failed}599 (RFC 6455 §4.1); the reason is \"x\""));
    let page = text(Head::new("HTTP/1.1 200 OK"), b"");
    assert!(page.contains("this is not a WebSocket endpoint, so check the path"), "{page}");
    for status in [200, 301, 400, 401, 403, 404, 429, 500, 503] {
        let text = HandshakeError::Status(status).to_string();
        assert!(!text.contains("HTTP/2") && text.contains(" ("), "{text}");
    }
}

/// A deadline is named with its duration and its setting.
#[test]
fn the_deadline() {
    let config = Config::default().with(|config| config.deadlines.handshake = Some(Duration::from_millis(2500)));
    let mut handshake = bowline::client::Handshake::new(Request::from_uri("ws://h/").unwrap(), config);
    let wait = handshake.tick(Duration::ZERO.into()).unwrap();
    let _ = handshake.tick(wait.into());
    let Progress::Refused(error, None) = handshake.receive(&mut Input::default()) else { panic!() };
    let expected =
        "the opening handshake did not finish within 2.5s, the limit of `deadlines.handshake` (RFC 6455 §7.1.7)";
    assert_eq!(error.to_string(), expected);
}

/// A client is told what is wrong with its request, without the advice for the server's programmer.
#[test]
fn no_advice_for_clients() {
    let origin = || Head::request().with("Host", "h:81").and("Origin", "http://h");
    let not_that_of = "the origin \"http://h\" is not that of the requested host \"h:81\" (RFC 6455 §10.2)";
    let not_allowed = "the origin \"http://h\" is not allowed to connect (RFC 6455 §10.2)";
    for (accept, expected) in
        [(Accept::same_origin(), not_that_of), (Accept::origins(["http://i"]).unwrap(), not_allowed)]
    {
        let refusal = crate::kit::request(origin()).accept(&accept).unwrap_err();
        let error = refusal.error().unwrap();
        assert!(error.to_string().contains("Accept::origins"));
        assert_eq!(error.for_client().to_string(), expected);
        let response = String::from_utf8(refusal.into_bytes()).unwrap();
        assert!(response.ends_with(&format!("\r\n\r\n{expected}\n")), "{response}");
    }
    let limit = 7;
    for error in [
        HandshakeError::HeadTooLong { limit },
        HandshakeError::StartLineTooLong { limit },
        HandshakeError::TooManyFields { limit },
        HandshakeError::Deadline { limit: Duration::from_secs(7) },
    ] {
        let [programmer, client] = [error.to_string(), error.for_client().to_string()];
        assert!(programmer.contains('`') && !client.contains('`') && client.contains('7'), "{programmer}, {client}");
    }
    // Without advice, the text is the same.
    let error = HandshakeError::Method("POST".into());
    assert_eq!(error.for_client().to_string(), error.to_string());
}

/// What fits once the output is written is told apart from what never fits.
#[test]
fn what_never_fits() {
    let config = Config::default().with(|config| config.limits.output = 100);
    let mut server = Connection::new(Role::Server, config);
    let never = server.send_binary(vec![0; 200]).unwrap_err();
    assert_eq!(never, SendError::Full { frame: 204, queued: 0, limit: 100 });
    let expected = "a frame of 204 bytes exceeds the limit of 100 bytes (`limits.output`) by itself: send the message in \
                    chunks, or raise the limit";
    assert_eq!(never.to_string(), expected);
    server.send_binary(vec![0; 90]).unwrap();
    let text = server.send_binary(vec![0; 98]).unwrap_err().to_string();
    assert!(text.contains("92 bytes are queued, and a frame of 100 bytes would exceed"), "{text}");
    assert!(text.ends_with("write the output first"), "{text}");
    server.close(CloseCode::NORMAL, "").unwrap();
}

/// A refused origin is shown beside the host with which it was compared.
#[test]
fn refused_origins() {
    let request = || crate::kit::request(Head::request().with("Host", "h:81").and("Origin", "http://h"));
    let text = |accept: Accept| request().accept(&accept).unwrap_err().error().unwrap().to_string();
    let expected = "the origin \"http://h\" is not that of the requested host \"h:81\": a proxy must forward the original Host; to \
                    allow other origins, list them in `Accept::origins` on the server (RFC 6455 §10.2)";
    assert_eq!(text(Accept::same_origin()), expected);
    let expected = "the origin \"http://h\" is not allowed to connect: to allow it, list it in `Accept::origins` on the server \
                    (RFC 6455 §10.2)";
    assert_eq!(text(Accept::origins(["http://i"]).unwrap()), expected);
}
