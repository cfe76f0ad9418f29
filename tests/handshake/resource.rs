//! What a request is for: path, query and cookies (RFC 3986 §3.3, §3.4, RFC 6265 §4.2, §5.4).

use crate::kit::{Head, request};
use bowline::server::Request;

fn to(target: &str) -> Request {
    request(Head::request().first(&format!("GET {target} HTTP/1.1")))
}

/// [E-04] The path and the query are apart, and as they were received.
#[test]
fn path_and_query() {
    for (target, path, query) in [
        ("/", "/", None),
        ("/chat", "/chat", None),
        ("/chat?", "/chat", Some("")),
        ("/chat?room=1", "/chat", Some("room=1")),
        ("/chat?a?b", "/chat", Some("a?b")),
        ("/%3Fa%20b?%3d", "/%3Fa%20b", Some("%3d")),
        ("/?/x", "/", Some("/x")),
        ("http://h?x", "/", Some("x")),
        ("http://h/y?x", "/y", Some("x")),
    ] {
        let request = to(target);
        assert_eq!((request.path(), request.query()), (path, query), "{target}");
        let joined = query.map_or(path.to_string(), |query| format!("{path}?{query}"));
        assert_eq!(request.path_and_query(), joined);
    }
}

/// A parameter is found by its decoded name, and decoded; of several the first counts.
#[test]
fn query_params() {
    let query = "a=1&b=x+y&b=z&c=%C3%BC&d&e=&%66=g&h=i=j&k=%ff&&=l&A=2&m=50%&n=a%2Bb%26c";
    let request = to(&format!("/?{query}"));
    for (name, value) in [
        ("a", "1"),
        ("b", "x y"),
        ("c", "\u{fc}"),
        ("d", ""),
        ("e", ""),
        ("f", "g"),
        ("h", "i=j"),
        ("k", "\u{fffd}"),
        ("", ""),
        ("A", "2"),
        ("m", "50%"),
        ("n", "a+b&c"),
    ] {
        assert_eq!(request.query_param(name).as_deref(), Some(value), "{name}");
    }
    for name in ["B", "1", "x", "aa", "%66"] {
        assert_eq!(request.query_param(name), None, "{name}");
    }
    assert_eq!(to("/").query_param("a"), None);
    assert_eq!(to("/").query_param(""), None);
    assert_eq!(to("/?=x").query_param("").as_deref(), Some("x"));
}

/// A cookie is found in any of the Cookie fields, by its name in the same case; quotes around the value are not part of it.
#[test]
fn cookies() {
    let with = |fields: &[&[u8]]| request(fields.iter().fold(Head::request(), |head, field| head.and("Cookie", field)));
    for (fields, value) in [
        (&[&b"id=1"[..]][..], Some("1")),
        (&[b"a=b; id=1; c=d"], Some("1")),
        (&[b"a=b;id=1;c=d"], Some("1")),
        (&[b" id = 1 "], Some("1")),
        (&[b"id=1; id=2"], Some("1")),
        (&[b"a=b", b"c=d; id=3"], Some("3")),
        (&[b"id=\"1\""], Some("1")),
        (&[b"id=\"\""], Some("")),
        (&[b"id=\""], Some("\"")),
        (&[b"id=\"1"], Some("\"1")),
        (&[b"id="], Some("")),
        (&[b"id=a=b=="], Some("a=b==")),
        (&[b"id=%20+"], Some("%20+")),
        (&["id=\u{fc}".as_bytes()], Some("\u{fc}")),
        (&[b"id=\xff"], None),
        (&[b"id"], None),
        (&[b"ID=1"], None),
        (&[b"xid=1; idx=2; i d=3"], None),
        (&[b"a=id=1"], None),
        (&[b""], None),
        (&[b";;; ; id=1"], Some("1")),
        (&[], None),
    ] {
        assert_eq!(with(fields).cookie("id"), value, "{fields:?}");
    }
    assert_eq!(with(&[b"=1"]).cookie(""), Some("1"));
}
