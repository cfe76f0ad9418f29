//! Which pages may connect (RFC 6455 §4.2.2, §10.2).

use crate::kit::{Head, request, text};
use bowline::{
    HandshakeError,
    server::{Accept, OriginError},
};

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
        // The user name is not shown.
        let shown = if origin.contains('@') { "http://..." } else { origin };
        let refused = HandshakeError::OriginRefused { origin: shown.into(), host: Some(host.into()) };
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
    let accept = Accept::origins(["https://example.com", "http://Localhost:8080", "null"]).unwrap();
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
        // The query is not shown.
        let shown = bad.split_once('?').map_or(bad.into(), |(before, _)| format!("{before}?..."));
        assert_eq!(
            check(&accept, "h", Some(bad)),
            Err(HandshakeError::OriginRefused { origin: shown, host: None }),
            "{bad}"
        );
    }
    let none: [&str; 0] = [];
    assert!(check(&Accept::origins(none).unwrap(), "h", Some("http://h")).is_err());
}

/// [E-20] [F-28] Without an Origin a client is no browser: it may connect unless an origin is required.
#[test]
fn no_origin() {
    for accept in [Accept::same_origin(), Accept::origins(["http://h"]).unwrap(), Accept::any_origin()] {
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
    assert!(request(bytes).accept(&Accept::origins(["http://server.example.com"]).unwrap()).is_err());
}

/// Texts, the error for each, and what it advises.
type InvalidOrigins = (&'static [&'static str], fn(String) -> OriginError, &'static str);

/// [F-04] [F-27] A text that is not an origin, and so would never match, is an error that names what to do instead.
#[test]
fn invalid_origins() {
    let error = |origin: &str| Accept::origins(["https://example.com", origin]).expect_err(origin);
    assert_eq!(error("*"), OriginError::Wildcard);
    assert!(error("*").to_string().contains("use Accept::any_origin"));
    let table: [InvalidOrigins; 5] = [
        (&["https://*.example.com", "https://*", "**", "null*"], OriginError::Pattern, "without *"),
        (
            &[
                "example.com",
                "",
                "example.com:443",
                "//example.com",
                "https:example.com",
                "https:/h",
                "://h",
                "1s://h",
                "a b://h",
            ],
            OriginError::Scheme,
            "begin it with a scheme",
        ),
        (
            &["https://example.com/", "https://h:1/chat", "http://h/x", "http:///", "http://h:x/"],
            OriginError::Path,
            "leave out everything after host and port",
        ),
        (
            &["https://", "https://:443", "http://a b", "http://h, i", "http://[x]", "http://h%"],
            OriginError::Host,
            "use a name",
        ),
        (&["http://h:x", "http://h:65536", "http://h:-1"], OriginError::Port, "use 0 to 65535"),
    ];
    for (origins, expected, advice) in table {
        for origin in origins {
            assert_eq!(error(origin), expected(origin.as_bytes().escape_ascii().to_string()), "{origin}");
            assert!(error(origin).to_string().contains(advice), "{}", error(origin));
        }
    }
    assert_eq!(error("http://h?x"), OriginError::Path("http://h?...".into()));
    assert_eq!(error("http://h#x"), OriginError::Path("http://h#...".into()));
    assert_eq!(error("https://\u{fc}.example"), OriginError::HostNotAscii("https://\u{fc}.example".into()));
    assert!(error("https://\u{fc}.example").to_string().contains("Punycode"));
    let secret = error("https://user:secret@example.com");
    assert_eq!(secret, OriginError::UserInfo);
    assert!(!format!("{secret} {secret:?}").contains("secret"));
}

/// [F-27] An origin is a scheme, a host and an optional port, or `null`; the scheme may be any.
#[test]
fn valid_origins() {
    for (origin, sent) in [
        ("https://example.com", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:", "https://example.com"),
        ("HTTP://[::1]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("a+b-c.d1://h", "a+b-c.d1://h"),
        ("NULL", "null"),
    ] {
        assert_eq!(check(&Accept::origins([origin]).unwrap(), "h", Some(sent)), Ok(()), "{origin}");
    }
    let own: Vec<String> = vec!["http://a".into(), "http://b".into()];
    assert_eq!(check(&Accept::origins(&own).unwrap(), "h", Some("http://b")), Ok(()));
}
