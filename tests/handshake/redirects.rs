//! Redirects (RFC 9110 §15.4), and references relative to the URI of the request (RFC 3986 §5).

use crate::kit::{Head, answer, config, drain, lines};
use bowline::client::{Handshake, Progress, RedirectError, Redirects, Request, RequestError, Response};
use proptest::prelude::*;

fn to(uri: &str) -> Request {
    Request::from_uri(uri).unwrap()
}

fn response(status: u16, location: impl AsRef<[u8]>) -> Response {
    let head = Head::new(&format!("HTTP/1.1 {status} x")).and("Location", location);
    let Progress::Refused(_, Some(response)) = answer(to("ws://h/"), head) else { panic!("not refused") };
    response
}

fn follow(request: &Request, location: impl AsRef<[u8]>) -> Result<Option<Request>, RedirectError> {
    Redirects::new(1).follow(request, &response(302, location))
}

fn next(request: &Request, location: impl AsRef<[u8]>) -> Request {
    follow(request, location).unwrap().unwrap()
}

fn sent(request: &Request) -> String {
    drain(Handshake::new(request.clone(), config()).output())
}

/// The URI of a request.
fn uri(request: &Request) -> String {
    let scheme = if request.is_secure() { "wss" } else { "ws" };
    format!("{scheme}://{}:{}{}", request.host(), request.port(), request.path_and_query())
}

/// [D-02] The five statuses that redirect, if they have a Location. Others are refusals, also with one.
#[test]
fn statuses() {
    for status in [301, 302, 303, 307, 308] {
        let followed = Redirects::new(1).follow(&to("ws://h/"), &response(status, "/x")).unwrap().unwrap();
        assert_eq!(uri(&followed), "ws://h:80/x");
    }
    for status in [200, 201, 300, 304, 305, 306, 309, 401, 403, 500] {
        assert!(Redirects::new(1).follow(&to("ws://h/"), &response(status, "/x")).unwrap().is_none(), "{status}");
    }
    let Progress::Refused(_, Some(bare)) = answer(to("ws://h/"), Head::new("HTTP/1.1 302 Found")) else { panic!() };
    assert!(Redirects::new(1).follow(&to("ws://h/"), &bare).unwrap().is_none());
    assert!(Redirects::new(0).follow(&to("ws://h/"), &response(302, "/x")).unwrap().is_none(), "switched off");
}

/// The examples of RFC 3986 §5.4, as far as a WebSocket URI can be the result: the base is its base with another scheme.
#[test]
fn relative_references() {
    let base = to("ws://a/b/c/d;p?q");
    for (reference, resolved) in [
        ("ws://g", "ws://g:80/"),
        ("g", "/b/c/g"),
        ("./g", "/b/c/g"),
        ("g/", "/b/c/g/"),
        ("/g", "/g"),
        ("//g", "ws://g:80/"),
        ("?y", "/b/c/d;p?y"),
        ("g?y", "/b/c/g?y"),
        ("#s", "/b/c/d;p?q"),
        ("g#s", "/b/c/g"),
        ("g?y#s", "/b/c/g?y"),
        (";x", "/b/c/;x"),
        ("g;x", "/b/c/g;x"),
        ("g;x?y#s", "/b/c/g;x?y"),
        ("", "/b/c/d;p?q"),
        (".", "/b/c/"),
        ("./", "/b/c/"),
        ("..", "/b/"),
        ("../", "/b/"),
        ("../g", "/b/g"),
        ("../..", "/"),
        ("../../", "/"),
        ("../../g", "/g"),
        ("../../../g", "/g"),
        ("../../../../g", "/g"),
        ("/./g", "/g"),
        ("/../g", "/g"),
        ("g.", "/b/c/g."),
        (".g", "/b/c/.g"),
        ("g..", "/b/c/g.."),
        ("..g", "/b/c/..g"),
        ("./../g", "/b/g"),
        ("./g/.", "/b/c/g/"),
        ("g/./h", "/b/c/g/h"),
        ("g/../h", "/b/c/h"),
        ("g;x=1/./y", "/b/c/g;x=1/y"),
        ("g;x=1/../y", "/b/c/y"),
        ("g?y/./x", "/b/c/g?y/./x"),
        ("g?y/../x", "/b/c/g?y/../x"),
        ("g#s/./x", "/b/c/g"),
        // And some that are not in the RFC.
        ("ws://a/x/../y/.", "/y/"),
        ("WS://a:80/x", "/x"),
        ("http://a/x", "/x"),
        ("wss://a/x", "wss://a:443/x"),
        ("HTTPS://a:444?x", "wss://a:444/?x"),
        ("//[::1]:8/x", "ws://::1:8/x"),
        ("login?next=ws://b/", "/b/c/login?next=ws://b/"),
        ("?next=ws://b/", "/b/c/d;p?next=ws://b/"),
        ("/a b/ü", "/a%20b/%C3%BC"),
        ("/a//../b", "/a/b"),
    ] {
        let resolved = if resolved.starts_with('/') { format!("ws://a:80{resolved}") } else { resolved.into() };
        assert_eq!(uri(&next(&base, reference)), resolved, "{reference}");
    }
    assert_eq!(uri(&next(&to("ws://a"), "g")), "ws://a:80/g");
    assert_eq!(uri(&next(&to("ws://a?q"), "")), "ws://a:80/?q");
    assert_eq!(uri(&next(&to("wss://a/x"), "//b/y")), "wss://b:443/y");
    assert_eq!(uri(&next(&to("ws://a/x"), b"/\xE4\xFC?\xDF")), "ws://a:80/%E4%FC?%DF", "not UTF-8");
}

/// What is not a reference to a WebSocket URI is an error with its reason, and shows no secret.
#[test]
fn locations_that_are_not_valid() {
    for location in ["ftp://h/", "mailto:me@h", "ws:g", "x:y", "1:"] {
        let error = follow(&to("ws://h/"), location).unwrap_err();
        assert!(
            matches!(error, RedirectError::Location { reason: RequestError::Scheme(_), .. }),
            "{location}: {error:?}"
        );
    }
    for location in ["//", "ws:///x", "//a b/", "//[::g]/"] {
        let error = follow(&to("ws://h/"), location).unwrap_err();
        assert!(
            matches!(error, RedirectError::Location { reason: RequestError::Host(_), .. }),
            "{location}: {error:?}"
        );
    }
    let error = follow(&to("ws://h/"), "/a\tb").unwrap_err();
    assert!(matches!(error, RedirectError::Location { reason: RequestError::Path(_), .. }), "{error:?}");
    let error = follow(&to("ws://h/"), "//me:S3cr3t@h:x/?S3cr3t").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("S3cr3t"));
    let error = follow(&to("ws://h/"), "http://h:x/p?q").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Location \"http://h:x/p?...\" of the redirect is not valid: \"h:x\" has no valid port: use 0 to 65535 \
         (RFC 3986 §3.2.3)"
    );
}

/// TLS is never given up.
#[test]
fn from_tls_to_none() {
    for location in ["ws://h/new?key=1", "http://other/"] {
        let error = follow(&to("wss://h/old?key=2"), location).unwrap_err();
        assert!(matches!(error, RedirectError::Insecure { .. }), "{error:?}");
    }
    assert_eq!(
        follow(&to("wss://h/old?key=2"), "ws://h:81/new?key=1").unwrap_err().to_string(),
        "wss://h/old?... redirects to ws://h:81/new?..., which is without TLS: to connect to it all the same, use its URI \
         (RFC 6455 §10.6)"
    );
    assert!(next(&to("ws://h/"), "wss://h/").is_secure());
    assert!(next(&to("wss://h/"), "//h2/").is_secure());
}

/// The limit counts redirects, and the error has all URIs in order, without queries.
#[test]
fn too_many() {
    let mut redirects = Redirects::new(2);
    let mut request = to("ws://h/0?key=1");
    for number in 1..=2 {
        request = redirects.follow(&request, &response(302, format!("/{number}?key=1"))).unwrap().unwrap();
    }
    let error = redirects.follow(&request, &response(302, "//other:81/3?key=1")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there were more than 2 redirects: ws://h/0?... -> ws://h/1?... -> ws://h/2?... -> ws://other:81/3?... (RFC 9110 §15.4)"
    );
    assert!(matches!(&error, RedirectError::TooMany { limit: 2, chain } if chain.len() == 4));
}

/// A loop is reported as one, at the limit only: a server may redirect to the same URI once it has set a cookie.
#[test]
fn loops() {
    let mut redirects = Redirects::new(3);
    let mut request = to("ws://h/a");
    for location in ["/b", "/a", "/b"] {
        request = redirects.follow(&request, &response(302, location)).unwrap().unwrap();
    }
    let error = redirects.follow(&request, &response(302, "/a")).unwrap_err();
    let chain = "ws://h/a -> ws://h/b -> ws://h/a -> ws://h/b -> ws://h/a";
    assert_eq!(error.to_string(), format!("the redirects form a loop: {chain} (RFC 9110 §15.4)"));
    // The query is compared, although it is not shown.
    let mut redirects = Redirects::new(1);
    let request = redirects.follow(&to("ws://h/?1"), &response(302, "/?2")).unwrap().unwrap();
    assert!(matches!(redirects.clone().follow(&request, &response(302, "/?3")), Err(RedirectError::TooMany { .. })));
    assert!(matches!(redirects.follow(&request, &response(302, "")), Err(RedirectError::Loop { .. })));
}

fn with_secrets(uri: &str) -> Request {
    to(uri)
        .header("authorization", "Bearer t")
        .and_then(|request| request.header("Cookie", "a=b"))
        .and_then(|request| request.header("PROXY-AUTHORIZATION", "Basic x"))
        .and_then(|request| request.header("X-Other", "y"))
        .and_then(|request| request.host_header("virtual.example"))
        .and_then(|request| request.protocol("chat"))
        .and_then(|request| request.origin("https://page.example"))
        .unwrap()
}

/// Credentials stay with the origin for which they were given, and do not come back. Everything else is sent again.
#[test]
fn credentials_and_origins() {
    for (from, location, is_same) in [
        ("ws://h/", "/x", true),
        ("ws://h/", "//H:80/", true),
        ("wss://h/", "https://h:443/", true),
        ("ws://h/", "//other/", false),
        ("ws://h/", "//h.other/", false),
        ("ws://h/", "//x.h/", false),
        ("ws://h/", "//h:81/", false),
        ("ws://h/", "wss://h/", false),
        ("ws://h/", "wss://h:80/", false),
    ] {
        let sent = sent(&next(&with_secrets(from), location));
        for (name, value) in [("authorization", "Bearer t"), ("Cookie", "a=b"), ("PROXY-AUTHORIZATION", "Basic x")] {
            let expected: &[&str] = if is_same { &[value] } else { &[] };
            assert_eq!(lines(&sent, name), expected, "{from} to {location}");
        }
        assert_eq!(lines(&sent, "Host") == ["virtual.example"], is_same, "{from} to {location}");
        assert_eq!(lines(&sent, "X-Other"), ["y"]);
        assert_eq!(lines(&sent, "Sec-WebSocket-Protocol"), ["chat"]);
        assert_eq!(lines(&sent, "Origin"), ["https://page.example"]);
        assert_eq!(lines(&sent, "User-Agent").len(), 1);
    }
    let mut redirects = Redirects::new(5);
    let away = redirects.follow(&with_secrets("ws://me:pw@h/"), &response(302, "//other/")).unwrap().unwrap();
    let back = redirects.follow(&away, &response(302, "//h/")).unwrap().unwrap();
    assert_eq!(uri(&back), "ws://h:80/");
    assert!(!sent(&back).to_ascii_lowercase().contains("authorization"), "{}", sent(&back));
    assert!(!sent(&back).contains("Cookie"));
}

/// User information stays with its origin, too. That of a Location is used, as in curl.
#[test]
fn user_information() {
    let authorization = |request: &Request| lines(&sent(request), "Authorization").join("|");
    let request = to("ws://me:pw@h/a");
    assert_eq!(authorization(&next(&request, "b")), "Basic bWU6cHc=");
    assert_eq!(authorization(&next(&request, "//h/b")), "Basic bWU6cHc=");
    assert_eq!(authorization(&next(&request, "//other/b")), "");
    assert_eq!(authorization(&next(&request, "//you:pw@h/b")), "Basic eW91OnB3");
    assert_eq!(authorization(&next(&request, "//you:pw@other/b")), "Basic eW91OnB3");
    let basic = to("ws://h/").basic_auth("me", "pw").unwrap();
    assert_eq!(authorization(&next(&basic, "/b")), "Basic bWU6cHc=");
    assert_eq!(authorization(&next(&basic, "//other/b")), "");
    let bearer = basic.header("Authorization", "Bearer t").unwrap();
    assert_eq!(authorization(&next(&bearer, "//you:pw@h/")), "Bearer t");
    assert_eq!(authorization(&next(&bearer, "//you:pw@other/")), "Basic eW91OnB3");
}

proptest! {
    /// Whatever a Location is: the result is a request that can be sent, or an error. No secret is shown, and TLS is kept.
    #[test]
    fn any_location(
        location in "([a-z]{0,5}:)?(//)?[\\x20-\\x7E\\x{80}-\\x{FF}]{0,30}|(\\.{0,3}/?|[a-z?#@:]){0,12}",
        base in "wss?://h(/[a-z./]{0,12})?(\\?[a-z]{0,3})?",
    ) {
        let request = to(&base).header("Authorization", "S3cr3t").unwrap();
        match follow(&request, location.trim()) {
            Ok(next) => {
                let next = next.unwrap();
                let sent = sent(&next);
                prop_assert!(!next.path().split('/').any(|segment| segment == "." || segment == ".."), "{}", next.path());
                prop_assert_eq!(sent.lines().next(), Some(&*format!("GET {} HTTP/1.1", next.path_and_query())));
                prop_assert!(next.is_secure() || !request.is_secure());
                let is_same = (next.host(), next.port(), next.is_secure()) == ("h", request.port(), request.is_secure());
                prop_assert!(is_same || !sent.contains("S3cr3t"));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
