//! What public bug reports about the opening handshake of other libraries describe.

use crate::kit::{Head, ask, config, connected, lines, output, request};
use bowline::{Event, Input, client, server::Accept};

/// An answer with a length or an encoding of a body that it cannot have: what follows are frames, and none of them is taken for
/// the body. Our own answer has neither.
#[test]
fn a_body_that_cannot_be() {
    for (name, value) in [
        ("Content-Length", "0"),
        ("Content-Length", "7"),
        ("Content-Length", "1000"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Type", "text/html"),
    ] {
        let mut bytes = Head::response().and(name, value).bytes();
        bytes.extend(b"\x81\x07welcome\x81\x01!");
        let mut input = Input::from(&mut bytes);
        let mut handshake = client::Handshake::new(ask(), config());
        let client::Progress::Connected(mut connection, response) = handshake.receive(&mut input) else {
            panic!("{name}: {value}");
        };
        assert_eq!(response.body(), b"");
        assert_eq!(connection.receive(&mut input), Some(Event::Text("welcome".into())), "{name}: {value}");
        assert_eq!(connection.receive(&mut input), Some(Event::Text("!".into())));
    }
    let mut server = request(Head::request()).accept(&Accept::any_origin()).unwrap();
    let head = output(&mut server).to_lowercase();
    assert!(!head.contains("content-") && !head.contains("transfer-encoding"), "{head}");
}

/// A cookie that is not the first one, in a line that is not the first one (HTTP/2 splits the field, and a proxy may pass that on);
/// and all cookies that a server sets, not only the last.
#[test]
fn several_cookies() {
    let request = request(
        Head::request()
            .and("Cookie", "theme=dark; lang=de")
            .and("X-Between", "1")
            .and("cookie", "BROWSER=x=y==; empty=; flag")
            .and("Cookie", "sid=abc"),
    );
    for (name, value) in [
        ("theme", Some("dark")),
        ("lang", Some("de")),
        ("BROWSER", Some("x=y==")),
        ("browser", None),
        ("empty", Some("")),
        ("flag", None),
        ("sid", Some("abc")),
        ("id", None),
    ] {
        assert_eq!(request.cookie(name), value, "{name}");
    }

    let set = ["sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "weird=2; Path=/", "last=3"];
    let head = set.iter().fold(Head::response(), |head, cookie| head.and("Set-Cookie", cookie));
    let response = connected(ask(), head);
    let cookies: Vec<_> = response.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie")).collect();
    assert_eq!(cookies.iter().map(|(_, value)| *value).collect::<Vec<_>>(), set.map(str::as_bytes));
}

/// A redirection is not followed, and tells the program everything that it needs in order to.
#[test]
fn redirections() {
    for status in [301, 302, 303, 307, 308] {
        for location in ["https://other.example.com/chat?x=1", "/elsewhere", "//other.example.com"] {
            let head =
                Head::new(&format!("HTTP/1.1 {status} Moved")).and("Location", location).and("Content-Length", "0");
            let mut bytes = head.bytes();
            let mut handshake = client::Handshake::new(ask(), config());
            let client::Progress::Refused(_, response) = handshake.receive(&mut Input::from(&mut bytes)) else {
                panic!("{status}");
            };
            let response = response.expect("a response");
            assert_eq!((response.status(), response.header("location")), (status, Some(location.as_bytes())));
        }
    }
}

/// An address with the name of an interface: the name is of this machine only, and does not belong in `Host` (RFC 6874 §1).
#[test]
fn an_interface_in_the_address() {
    for uri in ["ws://[fe80::1%25eth0]:8080/", "ws://[fe80::1%eth0]:8080/"] {
        if let Ok(request) = client::Request::from_uri(uri) {
            let mut handshake = client::Handshake::new(request, config());
            let head = crate::kit::drain(handshake.output());
            assert_eq!(lines(&head, "Host"), ["[fe80::1]:8080"], "{uri}");
        }
    }
    let mut handshake = client::Handshake::new(client::Request::from_uri("ws://[FE80::1]:80/").unwrap(), config());
    let head = crate::kit::drain(handshake.output());
    assert!(["[FE80::1]", "[fe80::1]"].contains(&lines(&head, "Host")[0]), "{head}");
}
