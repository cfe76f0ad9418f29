//! What a server answers (RFC 6455 §4.2.2, §4.4).

use crate::kit::{ACCEPT, Head, KEY, lines, output, request, serve, text};
use bowline::{
    HandshakeError, HeaderError,
    server::{Accept, Refusal},
};

fn accepted(head: Head, accept: &Accept) -> String {
    output(&mut request(head).accept(accept).unwrap_or_else(|refusal| panic!("{:?}", refusal.error())))
}

fn offering(protocols: &str) -> Head {
    Head::request().and("Sec-WebSocket-Protocol", protocols)
}

/// [F-09] [F-13] [F-14] [F-15] [F-16] [F-17] [F-20] [W-01] The whole 101, byte by byte: no subprotocol and no extension
/// without agreement, and no length.
#[test]
fn the_whole_answer() {
    let head = offering("chat").and("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
    assert_eq!(
        accepted(head, &Accept::any_origin()),
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
        )
    );
}

/// [F-12] [Q-02] [Q-05] Extensions that are not known are not agreed to, which is no error.
#[test]
fn unknown_extensions() {
    let head = Head::request().and("Sec-WebSocket-Extensions", "foo; a=1, bar").and("Sec-WebSocket-Extensions", "foo");
    assert!(lines(&accepted(head, &Accept::any_origin()), "Sec-WebSocket-Extensions").is_empty());
}

/// [F-17] [F-18] The key is hashed as it was received, without the space around it.
#[test]
fn accepts() {
    for (key, accept) in [
        (format!("\t {KEY} "), ACCEPT),
        ("AQIDBAUGBwgJCgsMDQ4PEC==".into(), "OfS0wDaT5NoxF2gqm7Zj2YtetzM="),
        ("AQIDBAUGBwgJCgsMDQ4PEA==".into(), ""),
    ] {
        let answer = accepted(Head::request().with("Sec-WebSocket-Key", key), &Accept::any_origin());
        let accepts = lines(&answer, "Sec-WebSocket-Accept");
        assert_eq!(accepts.len(), 1);
        assert!(accepts[0] == accept || accept.is_empty() && accepts[0] != "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
    }
}

/// [F-08] [F-11] The subprotocol is one of the client's, once, in the same case.
#[test]
fn subprotocols() {
    for protocol in ["chat", "superchat"] {
        let answer = accepted(offering("chat, superchat"), &Accept::any_origin().require_protocol(protocol));
        assert_eq!(lines(&answer, "Sec-WebSocket-Protocol"), [protocol]);
    }
}

/// [F-08] [F-10] [F-11] Of several subprotocols the first one that the client offers is used, in the server's order; if there is
/// none, so is none.
#[test]
fn the_first_subprotocol_that_is_offered() {
    for (offered, own, chosen) in [
        ("v1, v2", &["v2", "v1"][..], Some("v2")),
        ("v1", &["v2", "v1"], Some("v1")),
        ("v3, v1", &["v2", "v1"], Some("v1")),
        ("v3", &["v2", "v1"], None),
        ("V2", &["v2"], None),
        ("v2", &[], None),
        ("a, b", &["a, b", "a,b", ""], None),
        ("a", &["a\r\nX: y"], None),
    ] {
        let accept = Accept::any_origin().protocols(own.iter().copied());
        let answer = accepted(offering(offered), &accept);
        assert_eq!(lines(&answer, "Sec-WebSocket-Protocol"), Vec::from_iter(chosen), "{offered} / {own:?}");
        assert_eq!(accept.protocol_for(&request(offering(offered))), chosen);
    }
    let none = accepted(Head::request(), &Accept::any_origin().protocols(["v2", "v1"]));
    assert!(lines(&none, "Sec-WebSocket-Protocol").is_empty());
}

/// [F-08] Which subprotocols there are, and whether one must be offered, the last call decides.
#[test]
fn the_last_call_about_subprotocols_counts() {
    let required = Accept::any_origin().protocols(["a", "b"]).require_protocol("c");
    assert!(request(offering("a, b")).accept(&required).is_err());
    let optional = required.protocols(["a"]);
    assert_eq!(lines(&accepted(offering("b, a"), &optional), "Sec-WebSocket-Protocol"), ["a"]);
    assert!(lines(&accepted(offering("c"), &optional), "Sec-WebSocket-Protocol").is_empty());
}

/// [F-08] [F-10] [F-25] A subprotocol that the client does not offer is never sent, and the caller is told: whatever it
/// has in it.
#[test]
fn subprotocols_that_were_not_offered() {
    for (offered, chosen) in
        [("chat", "Chat"), ("chat", ""), ("a, b", "a, b"), ("a", "a\r\nX: y"), ("a", "a "), ("a", "b")]
    {
        let refusal = request(offering(offered)).accept(&Accept::any_origin().require_protocol(chosen)).unwrap_err();
        let shown = chosen.replace("\r\n", "\\r\\n");
        assert_eq!(refusal.error(), Some(&HandshakeError::ProtocolRequired(shown)));
        assert_eq!(refusal.status(), 400);
    }
    let refusal = request(Head::request()).accept(&Accept::any_origin().require_protocol("chat")).unwrap_err();
    assert!(
        text(refusal).ends_with(
            "this server requires the subprotocol chat, which the client does not offer (RFC 6455 §4.2.2)\n"
        )
    );
}

/// [F-25] Further fields of the 101 are sent as they were given, and nothing in them can begin a line of its own or take
/// the place of what the handshake writes.
#[test]
fn further_fields() {
    let accept = Accept::any_origin().header("Set-Cookie", "a=1").unwrap().header("Set-Cookie", b"b=2").unwrap();
    assert_eq!(lines(&accepted(Head::request(), &accept), "Set-Cookie"), ["a=1", "b=2"]);
    assert!(Accept::any_origin().header("Date", "Thu, 01 Jan 1970 00:00:00 GMT").is_ok());
    for bad in ["\r", "\n", "\0", "\r\nX: y", "a\x7f"] {
        let value = Accept::any_origin().header("X", bad).unwrap_err();
        assert_eq!(value, HeaderError::Value("X".into()));
        assert!(matches!(Accept::any_origin().header(&format!("X{bad}"), ""), Err(HeaderError::Name(_))));
    }
    for name in [
        "Upgrade",
        "connection",
        "Sec-WebSocket-Accept",
        "sec-websocket-protocol",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Version",
        "Content-Length",
        "transfer-encoding",
    ] {
        assert_eq!(Accept::any_origin().header(name, "x").unwrap_err(), HeaderError::Reserved(name.into()));
    }
}

/// [F-24] [F-26] [F-23] A broken rule is answered: which one it is, as text of a known length, and the end.
#[test]
fn refusals_of_the_library() {
    let refusal = serve(Head::request().without("Sec-WebSocket-Key")).unwrap_err();
    assert_eq!(
        text(refusal),
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
         X-Content-Type-Options: nosniff\r\nContent-Length: 86\r\n\r\n\
         the header Sec-WebSocket-Key is missing: expected 16 bytes in base64 (RFC 6455 §4.1)\n"
    );
}

/// [F-26] What a client sent comes back to it only escaped, and only its beginning.
#[test]
fn nothing_is_reflected_as_it_is() {
    let refusal = serve(Head::request().with("Sec-WebSocket-Key", b"\xff\x80<\t\">".repeat(100))).unwrap_err();
    let answer = text(refusal);
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert!(body.contains("\\xff\\x80<\\t\\\">"), "{body}");
    assert!(body.len() < 400, "{body}");
    assert!(!body.trim_end().contains(|c: char| c.is_ascii_control()));
}

fn refuse(status: u16, body: &str) -> Refusal {
    request(Head::request()).refuse(status, body)
}

/// [F-02] [F-03] [F-07] An application answers with any status, field and body.
#[test]
fn refusals_of_the_application() {
    let refusal = refuse(401, "who are you?").header("WWW-Authenticate", "Basic realm=\"x\"").unwrap();
    assert_eq!((refusal.status(), refusal.error()), (401, None));
    assert_eq!(
        text(refusal),
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 12\r\n\
         WWW-Authenticate: Basic realm=\"x\"\r\n\r\nwho are you?"
    );
    let refusal = refuse(302, "").header("Location", "/other").unwrap();
    assert_eq!(
        text(refusal),
        "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /other\r\n\r\n"
    );
    assert!(text(refuse(404, "")).starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert!(text(refuse(499, "")).starts_with("HTTP/1.1 499 \r\n"), "the phrase may be empty, the space may not");
}

/// [F-05] [F-06] A status that asks for certain fields has them, whoever chose it.
#[test]
fn fields_that_a_status_asks_for() {
    let answer = text(refuse(426, ""));
    assert_eq!(lines(&answer, "Upgrade"), ["websocket"]);
    assert_eq!(lines(&answer, "Connection"), ["Upgrade, close"]);
    assert_eq!(lines(&answer, "Sec-WebSocket-Version"), ["13"]);
    assert_eq!(lines(&text(refuse(405, "")), "Allow"), ["GET"]);
    let answer = text(serve(Head::request().without("Upgrade")).unwrap_err());
    assert!(answer.starts_with("HTTP/1.1 426 "));
    assert_eq!(lines(&answer, "Upgrade"), ["websocket"]);
    assert_eq!(lines(&answer, "Sec-WebSocket-Version"), ["13"]);
}

/// [F-22] A status that would not be a refusal is not sent.
#[test]
fn statuses_that_do_not_refuse() {
    for status in [0, 99, 100, 101, 200, 204, 299, 304, 600, 1000, u16::MAX] {
        let refusal = refuse(status, "");
        assert_eq!(refusal.status(), 500);
        assert!(text(refusal).starts_with("HTTP/1.1 500 "));
    }
    for status in [300, 303, 305, 599] {
        assert_eq!(refuse(status, "").status(), status);
    }
}

/// [F-25] Fields of a refusal cannot begin a line, or replace another one.
#[test]
fn further_fields_of_a_refusal() {
    for bad in ["\r", "\n", "\0", "\r\n\r\n"] {
        assert!(matches!(refuse(403, "").header("X", bad), Err(HeaderError::Value(_))));
        assert!(matches!(refuse(403, "").header(bad, ""), Err(HeaderError::Name(_))));
    }
    for name in ["Content-Length", "connection", "Transfer-Encoding", "Upgrade", "Sec-WebSocket-Version", "allow"] {
        assert!(matches!(refuse(405, "").header(name, "0"), Err(HeaderError::Reserved(_))));
    }
    let of_the_library = || serve(Head::request().without("Host")).unwrap_err();
    assert!(matches!(of_the_library().header("content-type", "x"), Err(HeaderError::Reserved(_))));
    assert_eq!(lines(&text(of_the_library().header("X-A", "b").unwrap()), "X-A"), ["b"]);
    assert!(refuse(403, "").header("Content-Type", "text/html").is_ok());

    let refusal = refuse(403, "body").header("X", "y").unwrap();
    assert!(text(refusal).ends_with("\r\nContent-Length: 4\r\nX: y\r\n\r\nbody"));
}
