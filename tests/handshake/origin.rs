//! Which pages may connect (RFC 6455 §4.2.2, §10.2).

use crate::kit::{Head, request, text};
use bowline::{HandshakeError, server::Accept};

fn check(accept: &Accept, host: &str, origin: Option<&str>) -> Result<(), HandshakeError> {
    let head = Head::request().with("Host", host);
    let head = if let Some(origin) = origin { head.and("Origin", origin) } else { head };
    match request(head).accept(accept) {
        Ok(_) => Ok(()),
        Err(refusal) => {
            assert_eq!(refusal.status(), 403);
            let error = refusal.error().unwrap().clone();
            assert!(text(refusal).starts_with("HTTP/1.1 403 Forbidden\r\n"));
            Err(error)
        }
    }
}

/// [F-04] [F-27] The same origin has the host and the port of the request, with the ports that the schemes imply.
#[test]
fn same_origin() {
    let accept = Accept::same_origin();
    for (host, origin) in [
        ("example.com", "http://example.com"),
        ("example.com", "https://example.com"),
        ("Example.COM", "HTTPS://eXample.com"),
        ("example.com:443", "https://example.com"),
        ("example.com", "https://example.com:443"),
        ("example.com:80", "http://example.com"),
        ("example.com:8080", "http://example.com:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("127.0.0.1", "http://127.0.0.1"),
    ] {
        assert_eq!(check(&accept, host, Some(origin)), Ok(()), "{host} {origin}");
    }
    for (host, origin) in [
        ("example.com", "https://evil.example"),
        ("example.com", "https://example.com.evil.example"),
        ("example.com", "https://evilexample.com"),
        ("example.com", "https://www.example.com"),
        ("example.com", "https://example.com:8443"),
        ("example.com:8080", "http://example.com"),
        ("example.com:80", "https://example.com"),
        ("example.com:443", "http://example.com"),
        ("example.com", "http://example.com/"),
        ("example.com", "http://user@example.com"),
        ("example.com", "ws://example.com"),
        ("example.com:80", "ws://example.com:80"),
        ("example.com", "file://example.com"),
        ("example.com", "example.com"),
        ("example.com", "//example.com"),
        ("example.com", "null"),
        ("example.com", ""),
        ("example.com", "http://"),
        ("example.com", "http://example.com http://evil.example"),
        ("example.com", "http://evil.example, http://example.com"),
    ] {
        let refused = HandshakeError::OriginRefused(origin.into());
        assert_eq!(check(&accept, host, Some(origin)), Err(refused), "{host} {origin}");
    }
}

/// [E-05] [F-27] With an absolute URI, the same origin is that of the URI, not that of the Host field.
#[test]
fn same_origin_of_an_absolute_uri() {
    let head = Head::request().first("GET http://other.example/ HTTP/1.1").and("Origin", "http://other.example");
    assert!(request(head).accept(&Accept::same_origin()).is_ok());
    let head = Head::request().first("GET http://other.example/ HTTP/1.1").and("Origin", "http://server.example.com");
    assert!(request(head).accept(&Accept::same_origin()).is_err());
}

/// [F-04] [F-27] Listed origins match in scheme, host and port, and in nothing less.
#[test]
fn listed_origins() {
    let accept = Accept::origins(["https://example.com", "http://Localhost:8080", "null"]);
    for good in
        ["https://example.com", "HTTPS://EXAMPLE.COM", "https://example.com:443", "http://localhost:8080", "null"]
    {
        assert_eq!(check(&accept, "h", Some(good)), Ok(()), "{good}");
    }
    for bad in [
        "http://example.com",
        "http://example.com:443",
        "https://example.com:8443",
        "https://example.com.evil.example",
        "https://evil.example/?https://example.com",
        "https://example.co",
        "https://example.com/",
        "https://a.example.com",
        "http://localhost",
        "example.com",
        "https://h",
        "",
        "nul",
    ] {
        assert_eq!(check(&accept, "h", Some(bad)), Err(HandshakeError::OriginRefused(bad.into())), "{bad}");
    }
    let none: [&str; 0] = [];
    assert!(check(&Accept::origins(none), "h", Some("http://h")).is_err());
}

/// [E-20] [F-28] Without an Origin a client is no browser: it may connect unless an origin is required.
#[test]
fn no_origin() {
    for accept in [Accept::same_origin(), Accept::origins(["http://h"]), Accept::any_origin()] {
        assert_eq!(check(&accept, "h", None), Ok(()));
        assert_eq!(check(&accept.clone().require_origin(), "h", None), Err(HandshakeError::OriginMissing));
        assert_eq!(check(&accept.require_origin(), "h", Some("http://h")), Ok(()));
    }
}

/// [F-27] Any origin is any origin, and to be had by name only.
#[test]
fn any_origin() {
    for origin in ["https://evil.example", "null", "", "\u{e9}"] {
        assert_eq!(check(&Accept::any_origin(), "h", Some(origin)), Ok(()));
    }
    let bytes = Head::request().and("Origin", b"http://server.example.com\xff");
    assert!(request(bytes.clone()).accept(&Accept::same_origin()).is_err());
    assert!(request(bytes).accept(&Accept::origins(["http://server.example.com"])).is_err());
}
