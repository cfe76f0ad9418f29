//! `ws` and `wss` URIs (RFC 6455 §3, §11.1).

use bowline::client::{Request, RequestError};
use proptest::prelude::*;

fn uri(uri: &str) -> Request {
    Request::from_uri(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

fn error(uri: &str) -> RequestError {
    Request::from_uri(uri).expect_err(uri)
}

/// [A-01] [A-02] The port is the scheme's unless the URI has one.
#[test]
fn ports() {
    assert_eq!(uri("ws://h/").port(), 80);
    assert_eq!(uri("wss://h/").port(), 443);
    assert_eq!(uri("ws://h:8080/").port(), 8080);
    assert_eq!(uri("wss://h:80").port(), 80);
    assert_eq!(uri("ws://h:/").port(), 80, "an empty port is none (RFC 3986 §3.2.3)");
    assert_eq!(uri("ws://h:65535/").port(), 65535);
}

/// [A-03] The secure flag is set exactly with `wss`, in whatever case.
#[test]
fn the_secure_flag() {
    for secure in ["wss://h/", "WSS://h/", "wSs://h/"] {
        assert!(uri(secure).is_secure());
    }
    for insecure in ["ws://h/", "WS://h/"] {
        assert!(!uri(insecure).is_secure());
    }
}

/// [A-04] [X-24] As in browsers, `http` means `ws`, and `https` means `wss`, in whatever case.
#[test]
fn schemes_of_http() {
    for (given, meant) in [("http://h/p?q", "ws://h/p?q"), ("HTTPS://h:81/", "wss://h:81/"), ("https://h", "wss://h")] {
        assert_eq!(format!("{:?}", uri(given)), format!("{:?}", uri(meant)));
        assert_eq!((uri(given).port(), uri(given).is_secure()), (uri(meant).port(), uri(meant).is_secure()));
    }
}

/// [A-04] [B-02] Other schemes, and no scheme at all, are refused.
#[test]
fn other_schemes() {
    for other in ["ftp://h/", "httpss://h/", "wsss://h/", "//h/", "h", "", "ws:h", "ws:/h", " ws://h/", "://h"] {
        assert!(matches!(error(other), RequestError::Scheme(_)), "{other}");
    }
    assert_eq!(
        error("ftp://h/").to_string(),
        "\"ftp://h/\" is not a valid WebSocket URI: it must begin with ws:// or wss:// (RFC 6455 §3)"
    );
}

/// [A-05] [A-06] [A-07] The resource name is the path or `/`, and the query with `?` unless it is empty.
#[test]
fn resource_names() {
    for (given, resource) in [
        ("ws://h", "/"),
        ("ws://h/", "/"),
        ("ws://h/a/b", "/a/b"),
        ("ws://h?x=1", "/?x=1"),
        ("ws://h/?x=1", "/?x=1"),
        ("ws://h/p?", "/p"),
        ("ws://h?", "/"),
        ("ws://h/p?a?b", "/p?a?b"),
        ("ws://h/p??", "/p??"),
        ("ws://h/a:b@c;d=e,f", "/a:b@c;d=e,f"),
    ] {
        assert_eq!(uri(given).path_and_query(), resource, "{given}");
    }
}

/// [A-08] [A-09] [B-02] A fragment is refused wherever it begins, and an encoded `#` stays encoded.
#[test]
fn fragments() {
    for fragment in ["ws://h/#", "ws://h/p#f", "ws://h/p?q#f", "ws://h#f"] {
        assert!(matches!(error(fragment), RequestError::Fragment(_)), "{fragment}");
    }
    assert!(matches!(Request::new("h", "/a#b"), Err(RequestError::Fragment(_))));
    assert_eq!(uri("ws://h/a%23b?c%23d").path_and_query(), "/a%23b?c%23d");
}

/// [A-10] [B-02] Hosts are names, IPv4 addresses, or IPv6 addresses in brackets, and nothing else.
#[test]
fn hosts() {
    for (given, host) in [
        ("ws://example.com/", "example.com"),
        ("ws://EXAMPLE.com:1/", "EXAMPLE.com"),
        ("ws://127.0.0.1/", "127.0.0.1"),
        ("ws://[::1]/", "::1"),
        ("ws://[2001:db8::1]:9/", "2001:db8::1"),
        ("ws://[fe80::1%25eth0]/", "fe80::1%eth0"),
        ("ws://[fe80::1%eth0]:9/", "fe80::1%eth0"),
        ("ws://[fe80::1%2512]/", "fe80::1%12"),
        ("ws://[fe80::1%12]/", "fe80::1%12"),
        ("ws://[fe80::1%25]/", "fe80::1%25"),
        ("ws://[fe80::1%25a%2Db]/", "fe80::1%a-b"),
        ("ws://a_b.c-d~e/", "a_b.c-d~e"),
        ("ws://a%20b/", "a%20b"),
    ] {
        assert_eq!(uri(given).host(), host);
    }
    for bad in [
        "ws:///",
        "ws://",
        "ws://:80/",
        "ws://a b/",
        "ws://a\\b/",
        "ws://a<b/",
        "ws://[::1/",
        "ws://[]/",
        "ws://[::g]/",
        "ws://[v1.x]/",
        "ws://::1/",
        "ws://[127.0.0.1]/",
        "ws://a%2/",
        "ws://a%zz/",
        "ws://a\r\n/",
        "ws://a\0/",
        "ws://a[/",
        "ws://[fe80::1%]/",
        "ws://[fe80::1%25a%]/",
        "ws://[fe80::1%25a%20]/",
        "ws://[fe80::1%25a%5D]/",
        "ws://[%25eth0]/",
        "ws://[fe80::g%25eth0]/",
        "ws://[127.0.0.1%25eth0]/",
    ] {
        assert!(matches!(error(bad), RequestError::Host(_)), "{bad:?}: {:?}", error(bad));
    }
}

/// [A-11] [B-02] Ports are numbers up to 65535.
#[test]
fn bad_ports() {
    for bad in ["ws://h:65536/", "ws://h:a/", "ws://h:-1/", "ws://h:+1/", "ws://h:8 0/", "ws://h:1:2/", "ws://[::1]x/"]
    {
        assert!(matches!(error(bad), RequestError::Port(_)), "{bad}: {:?}", error(bad));
    }
}

/// [A-12] [B-02] User information is not a part of the host and the resource name. It is refused if Basic authentication cannot
/// express it, and then not shown.
#[test]
fn user_info() {
    for given in ["ws://user@h/", "ws://user:secret@h/", "ws://@h/", "ws://:@h/", "ws://a@b:c@d@h/", "ws://%FF:%20@h/"]
    {
        let request = uri(given);
        assert_eq!((request.host(), request.path_and_query()), ("h", "/"), "{given}");
    }
    for given in ["ws://a%3Ab@h/", "ws://a%3ab:secret@h/", "ws://a%:secret@h/", "ws://a:secret%4@h/", "ws://a:%00@h/"] {
        assert_eq!(error(given), RequestError::UserInfo, "{given}");
    }
    assert!(!format!("{:?} {0}", error("ws://user:secret%@h/")).contains("secret"));
    assert_eq!(uri("ws://h/@x").path_and_query(), "/@x");
}

/// [A-13] [B-02] A host that is not ASCII is refused, with the advice to convert it.
#[test]
fn hosts_beyond_ascii() {
    let error = error("ws://bücher.example/");
    assert_eq!(error, RequestError::HostNotAscii("bücher.example".into()));
    let text = "the host \"bücher.example\" is not ASCII: convert it to Punycode (xn--) first (RFC 6455 §11.1)";
    assert_eq!(error.to_string(), text);
}

/// [A-14] What a URI may not have is percent-encoded as UTF-8, and what is encoded already is not encoded again.
#[test]
fn percent_encoding() {
    for (given, resource) in [
        ("ws://h/ü?ß", "/%C3%BC?%C3%9F"),
        ("ws://h/a b", "/a%20b"),
        ("ws://h/\"<>\\^`{|}[]", "/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"),
        ("ws://h/100%", "/100%25"),
        ("ws://h/%zz%4", "/%25zz%254"),
        ("ws://h/%e4%41", "/%e4%41"),
        ("ws://h/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"),
        ("ws://h/\u{80}", "/%C2%80"),
    ] {
        assert_eq!(uri(given).path_and_query(), resource);
    }
}

/// [A-15] Control characters are refused wherever they stand.
#[test]
fn control_characters() {
    for bad in ["\r", "\n", "\0", "\t", "\x7f", "\r\nX: y", " HTTP/1.1\r\nX: y\r\n\r\n"] {
        for given in [format!("ws://h/{bad}"), format!("ws://h/?{bad}")] {
            assert!(matches!(error(&given), RequestError::Path(_)), "{given:?}");
        }
        assert!(Request::from_uri(&format!("ws://h{bad}/")).is_err());
        assert!(Request::new(&format!("h{bad}"), "/").is_err());
        assert!(Request::new("h", &format!("/{bad}")).is_err());
    }
}

/// [A-16] Well-known locations are resource names like others.
#[test]
fn well_known_locations() {
    assert_eq!(uri("ws://h/.well-known/x").path_and_query(), "/.well-known/x");
}

/// Host and path on their own are the same as a URI made of them.
#[test]
fn host_and_path() {
    let request = Request::new("h:81", "/p?q").unwrap();
    assert_eq!(
        (request.host(), request.port(), request.is_secure(), request.path_and_query()),
        ("h", 81, false, "/p?q")
    );
    assert_eq!(Request::new("h", "").unwrap().path_and_query(), "/");
    assert_eq!(Request::new("h", "?q").unwrap().path_and_query(), "/?q");
    assert!(matches!(Request::new("h", "p"), Err(RequestError::Path(_))));
    assert!(matches!(Request::new("h/p", "/"), Err(RequestError::Host(_))));
}

proptest! {
    /// [A-14] [A-15] Whatever a URI is made of: it is refused, or its resource name is fit for a request line.
    #[test]
    fn any_uri(text in "(ws://h/)?\\PC*|ws://h/[\\x00-\\x{FF}]*") {
        if let Ok(request) = Request::from_uri(&text) {
            prop_assert!(request.path_and_query().starts_with('/'));
            prop_assert!(request.path_and_query().bytes().all(|b| b.is_ascii_graphic() && b != b'#'));
            prop_assert!(request.host().bytes().all(|b| b.is_ascii_graphic()));
            // It is a URI again, which stands for the same.
            let again = format!("ws://h{}", request.path_and_query());
            let again = Request::from_uri(&again).unwrap();
            prop_assert_eq!(again.path_and_query(), request.path_and_query());
        }
    }
}
