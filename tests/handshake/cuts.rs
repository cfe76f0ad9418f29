//! However the bytes of a head are cut, the outcome is the same (RFC 6455 §10.4).

use crate::kit::{ACCEPT, Head, KEY, ask, config, text};
use bowline::{Input, client, server};
use proptest::prelude::*;

/// Everything that can be seen of the outcome, and what was left in the input.
fn serve(pieces: &[&[u8]]) -> (String, Vec<u8>) {
    let mut handshake = server::Handshake::new(config());
    run(pieces, |input| match handshake.receive(input) {
        server::Progress::Incomplete => None,
        server::Progress::Request(request) => {
            let fields: Vec<_> = request.headers().map(|(name, value)| (name.to_string(), value.to_vec())).collect();
            Some(format!("{} {} {fields:?}", request.path(), request.host()))
        }
        server::Progress::Refused(refusal) => Some(format!("{refusal:?}")),
        server::Progress::NotWebSocket(request) => {
            let shown = format!("{} {}", request.method(), request.path_and_query());
            Some(format!("{shown} {}", text(request.into_refusal())))
        }
        other => panic!("{other:?}"),
    })
}

fn connect(pieces: &[&[u8]]) -> (String, Vec<u8>) {
    let mut handshake = client::Handshake::new(ask(), config());
    run(pieces, |input| match handshake.receive(input) {
        client::Progress::Incomplete => None,
        client::Progress::Connected(_, response) => {
            let fields: Vec<_> = response.headers().map(|(name, value)| (name.to_string(), value.to_vec())).collect();
            Some(format!("{} {fields:?}", response.status()))
        }
        client::Progress::Refused(error, response) => Some(format!("{error:?} {response:?}")),
        other => panic!("{other:?}"),
    })
}

/// Whether an outcome is that of the whole. The excerpt of a first line that begins wrongly has what came in one call.
fn is_same(outcome: &str, whole: &str) -> bool {
    let excerpt = |text: &str| {
        let (before, rest) = text.split_once("StartLine(\"")?;
        let (excerpt, after) = rest.rsplit_once("\")")?;
        Some((format!("{before} {after}"), excerpt.to_string()))
    };
    match (excerpt(outcome), excerpt(whole)) {
        (Some((around, excerpt)), Some((whole_around, whole))) => {
            around == whole_around && !excerpt.is_empty() && whole.starts_with(&excerpt)
        }
        _ => outcome == whole,
    }
}

fn run(pieces: &[&[u8]], mut receive: impl FnMut(&mut Input<'_>) -> Option<String>) -> (String, Vec<u8>) {
    for (at, piece) in pieces.iter().enumerate() {
        let mut piece = piece.to_vec();
        let mut input = Input::from(piece.as_mut_slice());
        if let Some(outcome) = receive(&mut input) {
            return (outcome, [input.remaining(), &pieces[at + 1..].concat()].concat());
        }
        assert!(input.is_empty(), "all is taken as long as there is no outcome");
    }
    ("incomplete".into(), Vec::new())
}

fn bytewise(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

/// Heads of all sorts, good and bad, with something behind them.
fn heads() -> Vec<Vec<u8>> {
    let request = Head::request().and("Sec-WebSocket-Protocol", "a, b").and("X", "y".repeat(100));
    let response = Head::response().and("X", "a\r\n b").and("Y", "z".repeat(70));
    [
        request.bytes(),
        [&b"\r\n\r\n"[..], &request.bytes()].concat(),
        request.clone().and("X", "a\rb").bytes(),
        request.clone().and("X", "a\nb").bytes(),
        request.clone().and("X", "a\0b").bytes(),
        request.clone().first("GET /\n").bytes(),
        request.clone().without("Upgrade").bytes(),
        request.clone().without("Upgrade").first("POST /a?b HTTP/1.1").bytes(),
        request.clone().without("Upgrade").first("OPTIONS * HTTP/1.1").bytes(),
        request.with("Sec-WebSocket-Key", "x").bytes(),
        response.bytes(),
        [Head::new("HTTP/1.1 100 Continue").bytes(), response.bytes()].concat(),
        response.clone().first("HTTP/1.1 404 Not Found").bytes(),
        response.and("X", "a\rb").bytes(),
        b"\r\n\r\n\r\n".to_vec(),
        b"G\r\n\r\n".to_vec(),
        b"HTTP/1.1 101\r\n\r\n".to_vec(),
    ]
    .into_iter()
    .map(|head| [&head[..], b"\x81\x05Hello\r\n\r\n"].concat())
    .collect()
}

/// [E-30] [E-33] [D-24] [D-28] Byte by byte, and at every single cut, the outcome is that of the whole, and so is what is
/// left in the input. Only the excerpt of a first line that begins wrongly may be shorter.
#[test]
fn every_cut() {
    for head in heads() {
        for receive in [serve, connect] {
            let whole = receive(&[&head]);
            let by_byte = receive(&bytewise(&head)).0;
            assert!(is_same(&by_byte, &whole.0), "{by_byte} / {}", whole.0);
            for at in 0..=head.len() {
                let (first, second) = head.split_at(at);
                let cut = receive(&[first, second]).0;
                assert!(is_same(&cut, &whole.0), "cut at {at}: {cut} / {}", whole.0);
                if whole.1.starts_with(b"\x81\x05") {
                    assert_eq!(receive(&[first, second]).1, whole.1, "cut at {at}");
                }
            }
        }
    }
}

/// A head from parts that have a meaning, so that many come near to being right.
fn any_head() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"GET / HTTP/1.1\r\n".to_vec()),
        Just(b"HTTP/1.1 101 x\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"Host: h\r\n".to_vec()),
        Just(b"Upgrade: websocket\r\n".to_vec()),
        Just(b"Connection: upgrade\r\n".to_vec()),
        Just(b"Sec-WebSocket-Version: 13\r\n".to_vec()),
        Just(format!("Sec-WebSocket-Key: {KEY}\r\n").into_bytes()),
        Just(format!("Sec-WebSocket-Accept: {ACCEPT}\r\n").into_bytes()),
        Just(b"Sec-WebSocket-Extensions: ".to_vec()),
        Just(b"Sec-WebSocket-Protocol: ".to_vec()),
        proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b','), Just(b';'), Just(b'"'), Just(b'a'), Just(b' ')],
            0..6
        ),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let start = prop_oneof![
        Just(Vec::new()),
        Just(Head::request().bytes()),
        Just(Head::response().bytes()),
        Just(b"GET / HTTP/1.1\r\n".to_vec()),
        Just(b"HTTP/1.1 101 x\r\n".to_vec()),
    ];
    let cut = any::<prop::sample::Index>();
    (start, cut, proptest::collection::vec(part, 0..12)).prop_map(|(start, cut, parts)| {
        // A part of a good head, so that what comes lands in the middle of it.
        let keep = if start.is_empty() { 0 } else { cut.index(start.len()) + 1 };
        [&start[..keep], &parts.concat()].concat()
    })
}

/// [E-33] [D-24] [G-04] What is left in the input are the bytes behind the head, also after what was skipped before it.
#[test]
fn what_is_left() {
    let request = [&b"\r\n\r\n\r\n"[..], &Head::request().bytes(), b"\x81\x80"].concat();
    let response = [Head::new("HTTP/1.1 100 x").bytes(), Head::response().bytes(), b"\x81\x80".to_vec()].concat();
    assert_eq!(serve(&[&request]).1, b"\x81\x80");
    assert_eq!(connect(&[&response]).1, b"\x81\x80");
    for at in 0..request.len() {
        assert_eq!(serve(&[&request[..at], &request[at..]]).1, b"\x81\x80", "cut at {at}");
    }
    for at in 0..response.len() {
        assert_eq!(connect(&[&response[..at], &response[at..]]).1, b"\x81\x80", "cut at {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// [E-01] [E-30] Whatever arrives, and however it is cut: no panic, and the same outcome.
    #[test]
    fn any_bytes(head in any_head(), steps in proptest::collection::vec(1..50_usize, 1..20)) {
        let (mut pieces, mut rest) = (Vec::new(), &head[..]);
        for step in steps.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*step).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        for receive in [serve, connect] {
            let whole = receive(&[&head]);
            for cut in [receive(&pieces).0, receive(&bytewise(&head)).0] {
                prop_assert!(is_same(&cut, &whole.0), "{} / {}", cut, whole.0);
            }
        }
    }

    /// [E-01] A good head with any one byte changed: no panic, in either role.
    #[test]
    fn one_byte_changed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for mut head in [Head::request().bytes(), Head::response().bytes()] {
            let at = at.index(head.len());
            head[at] = byte;
            serve(&[&head]);
            connect(&[&head]);
        }
    }
}
