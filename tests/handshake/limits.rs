//! What a peer can make a handshake hold, and for how long (RFC 6455 §10.4, RFC 9110 §5.4, RFC 9112 §3).

use crate::kit::{Head, KEY, ask, config};
use bowline::{Config, HandshakeError, Input, Timestamp, client, server};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};

fn limited(change: impl FnOnce(&mut Config)) -> Arc<Config> {
    let mut config = Config::clone(&config());
    change(&mut config);
    Arc::new(config)
}

/// The outcome at a server and how many bytes it left: `Ok` if the head was read, `None` if it goes on.
fn serve(config: &Arc<Config>, bytes: &[u8]) -> (Option<Result<(), HandshakeError>>, usize) {
    let mut bytes = bytes.to_vec();
    let mut input = Input::from(bytes.as_mut_slice());
    let outcome = match server::Handshake::new(config.clone()).receive(&mut input) {
        server::Progress::Incomplete => None,
        server::Progress::Request(_) => Some(Ok(())),
        server::Progress::Refused(refusal) => Some(Err(refusal.error().unwrap().clone())),
        other => panic!("{other:?}"),
    };
    (outcome, input.len())
}

fn ask_with(config: &Arc<Config>, bytes: &[u8]) -> (Option<Result<(), HandshakeError>>, usize) {
    let mut bytes = bytes.to_vec();
    let mut input = Input::from(bytes.as_mut_slice());
    let outcome = match client::Handshake::new(ask(), config.clone()).receive(&mut input) {
        client::Progress::Incomplete => None,
        client::Progress::Connected(..) => Some(Ok(())),
        client::Progress::Refused(error, _) => Some(Err(error)),
        other => panic!("{other:?}"),
    };
    (outcome, input.len())
}

/// [E-28] [D-28] A head of as many bytes as the limit passes, and one of a byte more does not; early data do not count.
#[test]
fn bytes_of_a_head() {
    for serving in [true, false] {
        let run = if serving { serve } else { ask_with };
        let head = if serving { Head::request().bytes() } else { Head::response().bytes() };
        let early = [&head[..], b"early data"].concat();
        let exact = limited(|config| config.limits.head_bytes = head.len());
        assert_eq!(run(&exact, &head), (Some(Ok(())), 0));
        assert_eq!(run(&exact, &early), (Some(Ok(())), 10));
        let limit = head.len() - 1;
        let short = limited(|config| config.limits.head_bytes = limit);
        assert_eq!(run(&short, &head), (Some(Err(HandshakeError::HeadTooLong { limit })), 1));
        assert_eq!(run(&short, &head[..limit - 1]).0, None);
    }
}

/// [E-28] Leading empty lines count.
#[test]
fn bytes_of_empty_lines() {
    let head = [&b"\r\n\r\n"[..], &Head::request().bytes()].concat();
    let exact = limited(|config| config.limits.head_bytes = head.len());
    assert_eq!(serve(&exact, &head).0, Some(Ok(())));
    let limit = head.len() - 1;
    let short = limited(|config| config.limits.head_bytes = limit);
    assert_eq!(serve(&short, &head).0, Some(Err(HandshakeError::HeadTooLong { limit })));
    let flood = b"\r\n".repeat(1 << 20);
    let limit = config().limits.head_bytes;
    assert_eq!(serve(&config(), &flood).0, Some(Err(HandshakeError::HeadTooLong { limit })));
}

/// [D-03] [D-28] Interim answers count together with the final one: nobody can send them for ever.
#[test]
fn bytes_of_interim_answers() {
    let interim = Head::new("HTTP/1.1 103 Early Hints").bytes();
    let all = [interim.repeat(10), Head::response().bytes()].concat();
    let exact = limited(|config| config.limits.head_bytes = all.len());
    assert_eq!(ask_with(&exact, &all).0, Some(Ok(())));
    let limit = all.len() - 1;
    let short = limited(|config| config.limits.head_bytes = limit);
    assert_eq!(ask_with(&short, &all).0, Some(Err(HandshakeError::HeadTooLong { limit })));
    let limit = config().limits.head_bytes;
    let endless = ask_with(&config(), &interim.repeat(10_000));
    assert!(
        matches!(endless.0, Some(Err(HandshakeError::HeadTooLong { limit: l } | HandshakeError::StartLineTooLong { limit: l })) if l == limit)
    );
}

/// [E-29] A request line that goes on for ever is 414; more than 8000 bytes are fine.
#[test]
fn bytes_of_a_request_line() {
    let limit = config().limits.head_bytes;
    let endless = format!("GET /{}", "x".repeat(1 << 20));
    let error = HandshakeError::StartLineTooLong { limit };
    assert_eq!(error.status(), 414);
    assert_eq!(serve(&config(), endless.as_bytes()).0, Some(Err(error)));
    let long = Head::request().first(&format!("GET /{} HTTP/1.1", "x".repeat(8000)));
    assert_eq!(serve(&config(), &long.bytes()).0, Some(Ok(())));
    // As soon as the first line has ended, it is the head that is too long.
    let fields = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(1 << 20));
    let error = HandshakeError::HeadTooLong { limit };
    assert_eq!(error.status(), 431);
    assert_eq!(serve(&config(), fields.as_bytes()).0, Some(Err(error)));
}

/// [E-28] [D-28] As many fields as the limit pass, and one more does not; a folded line is not a field.
#[test]
fn fields_of_a_head() {
    for serving in [true, false] {
        let run = if serving { serve } else { ask_with };
        let mut head = if serving { Head::request() } else { Head::response() };
        let fields = head.names().len();
        for at in fields..100 {
            head = head.and("X", at.to_string());
        }
        assert_eq!(run(&config(), &head.bytes()).0, Some(Ok(())));
        let error = HandshakeError::TooManyFields { limit: 100 };
        assert_eq!(error.status(), 431);
        assert_eq!(run(&config(), &head.clone().and("X", "").bytes()).0, Some(Err(error)));
        if !serving {
            assert_eq!(run(&config(), &head.with("X", "a\r\n b\r\n c").bytes()).0, Some(Ok(())));
        }
    }
    // Limits that are higher than the default, up to none at all.
    for (limit, count) in [(101, 101), (500, 499), (500, 500), (usize::MAX, 500)] {
        let config = limited(|config| config.limits.head_fields = limit);
        let head = (5..count).fold(Head::request(), |head, at| head.and("X", at.to_string()));
        assert_eq!(serve(&config, &head.bytes()).0, Some(Ok(())), "{count} of {limit}");
        let more = head.and("X", "").bytes();
        let expected = if count < limit { Ok(()) } else { Err(HandshakeError::TooManyFields { limit }) };
        assert_eq!(serve(&config, &more).0, Some(expected), "{count} and one of {limit}");
    }
    let none = limited(|config| config.limits.head_fields = 0);
    assert_eq!(serve(&none, &Head::request().bytes()).0, Some(Err(HandshakeError::TooManyFields { limit: 0 })));
}

/// [E-08] [E-28] A limit that cuts off a field that is needed gives an error, whichever field it is.
#[test]
fn every_limit_on_fields() {
    for limit in 0..8 {
        let config = limited(|config| config.limits.head_fields = limit);
        let expected = if limit < 5 { Err(HandshakeError::TooManyFields { limit }) } else { Ok(()) };
        assert_eq!(serve(&config, &Head::request().bytes()).0, Some(expected));
    }
    for limit in 0..Head::request().bytes().len() {
        let config = limited(|config| config.limits.head_bytes = limit);
        assert!(matches!(serve(&config, &Head::request().bytes()).0, Some(Err(_))));
    }
}

/// [E-30] [D-28] 64 KiB byte by byte, in both roles. That the work is linear, `handshake::head` shows: what has come is
/// not looked at again.
#[test]
fn byte_by_byte() {
    let config = limited(|config| config.limits.head_bytes = 1 << 20);
    for text in ["a", "\r\nA: b"] {
        let value = text.repeat((64 << 10) / text.len());
        let config = if text == "a" { config.clone() } else { limited(|config| config.limits.head_fields = 10) };
        let (mut server, mut client) =
            (server::Handshake::new(config.clone()), client::Handshake::new(ask(), config.clone()));
        let request = Head::request().and("X", &value).bytes();
        let response = Head::response().and("X", &value).bytes();
        let server_ends = request
            .iter()
            .any(|byte| !matches!(server.receive(&mut [*byte].as_mut_slice().into()), server::Progress::Incomplete));
        let client_ends = response
            .iter()
            .any(|byte| !matches!(client.receive(&mut [*byte].as_mut_slice().into()), client::Progress::Incomplete));
        assert!(server_ends && client_ends);
    }
}

/// [E-27] [E-28] Values of 256 KiB that are made to be hard, in both roles: each has an outcome, and without a panic.
#[test]
fn hostile_values() {
    let config = limited(|config| config.limits.head_bytes = 1 << 20);
    let long = |text: &str| text.repeat((1 << 18) / text.len());
    let distinct = (0..50_000).map(|n| format!("{n:x}")).collect::<Vec<_>>().join(",");
    let mut values = vec![distinct, format!("x;a=\"{}", long("\\\\")), format!("x;a=\"{}\"", long("\\a"))];
    values.extend(
        [" ", ",", ", ", "\"", "\\", "a,", "a;", "a=", ";", "=", "x;a=\"\\\\", "\t", "a ", "\"\\\"", "x;a,"].map(long),
    );
    for value in &values {
        for name in
            ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Upgrade", "Connection", "Sec-WebSocket-Key", "Host"]
        {
            let request =
                if name == "Host" { Head::request().with(name, value) } else { Head::request().and(name, value) };
            assert!(serve(&config, &request.bytes()).0.is_some());
            assert!(ask_with(&config, &Head::response().and(name, value).bytes()).0.is_some());
        }
    }
    let distinct = Head::request().and("Sec-WebSocket-Protocol", &values[0]);
    assert_eq!(serve(&config, &distinct.bytes()).0, Some(Ok(())));
}

/// [E-30] [D-28] The handshake has its time from the first tick on, whatever arrives in it; then it ends with 408.
#[test]
fn deadline() {
    let config = limited(|config| config.deadlines.handshake = Some(Duration::from_secs(10)));
    let at = |millis: u64| Timestamp::since_origin(Duration::from_millis(500_000 + millis));
    let (mut server, mut client) =
        (server::Handshake::new(config.clone()), client::Handshake::new(ask(), config.clone()));
    for (millis, wait) in [(0, 10_000), (4_000, 6_000), (9_999, 1), (3_000, 7_000)] {
        assert_eq!(server.tick(at(millis)), Some(Duration::from_millis(wait)));
        assert_eq!(client.tick(at(millis)), Some(Duration::from_millis(wait)));
        assert!(matches!(server.receive(&mut b"G".to_vec().as_mut_slice().into()), server::Progress::Incomplete));
        assert!(matches!(client.receive(&mut [].as_mut_slice().into()), client::Progress::Incomplete));
    }
    for millis in [10_000, 20_000] {
        assert!(server.tick(at(millis)).is_some_and(|wait| !wait.is_zero()), "never zero");
        assert!(client.tick(at(millis)).is_some_and(|wait| !wait.is_zero()), "never zero");
    }
    let server::Progress::Refused(refusal) = server.receive(&mut [].as_mut_slice().into()) else { panic!() };
    assert_eq!(
        (refusal.error(), refusal.status()),
        (Some(&HandshakeError::Deadline { limit: Duration::from_secs(10) }), 408)
    );
    let progress = client.receive(&mut [].as_mut_slice().into());
    assert!(matches!(progress, client::Progress::Refused(HandshakeError::Deadline { .. }, None)));
    assert_eq!((server.tick(at(0)), client.tick(at(0))), (None, None), "it is over");
}

/// Without a deadline, and once there is an outcome, there is nothing to wait for.
#[test]
fn no_deadline() {
    let config = limited(|config| config.deadlines.handshake = None);
    let far = Timestamp::since_origin(Duration::MAX);
    let mut handshake = server::Handshake::new(config.clone());
    assert_eq!((handshake.tick(Timestamp::default()), handshake.tick(far)), (None, None));
    let progress = handshake.receive(&mut Head::request().bytes().as_mut_slice().into());
    assert!(matches!(progress, server::Progress::Request(_)));
}

proptest! {
    /// [E-28] Any limits with any head: an outcome, and at most as many bytes taken as the limit says.
    #[test]
    fn any_limit(head_bytes in 0..300_usize, head_fields in 0..8_usize, tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let config = limited(|config| {
            config.limits.head_bytes = head_bytes;
            config.limits.head_fields = head_fields;
        });
        let head = Head::request().with("Sec-WebSocket-Key", KEY).bytes();
        let bytes = [&head[..], &tail].concat();
        let (outcome, left) = serve(&config, &bytes);
        prop_assert!(bytes.len() - left <= head_bytes);
        prop_assert_eq!(outcome == Some(Ok(())), head.len() <= head_bytes && head_fields >= 5);
    }
}
