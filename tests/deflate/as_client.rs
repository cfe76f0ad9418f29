//! What a client offers, and what it makes of the answer (RFC 7692 §5, §7).

use crate::{
    common::{close_from, frame_to, receive, written},
    kit::{
        NO_CONTEXT_TAKEOVER, PLAIN, TEXT, ask, assert_received, deflated, eager, offer, options, pair, prose, shared,
        text,
    },
};
use bowline::{
    CloseCode, Connection, Event, HandshakeError, Role, Violation,
    deflate::{AnswerError, Options},
};
use bowline_test::Frame;

#[track_caller]
fn assert_offer(change: impl FnOnce(&mut Options), expected: &str) {
    assert_eq!(offer(Some(options(change))).as_deref(), Some(expected));
}

/// The connection, whose agreement reads as the answer does.
#[track_caller]
fn agree(options: &Options, answer: &str) -> Connection {
    ask(Some(options.clone()), &[answer]).unwrap_or_else(|error| panic!("{answer}: {error}"))
}

#[track_caller]
fn assert_bad(options: &Options, answer: &str, expected: AnswerError) {
    match ask(Some(options.clone()), &[answer]) {
        Err(HandshakeError::Deflate(bad)) => assert_eq!(bad, expected, "{answer}"),
        other => panic!("{answer}: {other:?}"),
    }
}

/// [H-09] [S-09] Without options nothing is offered, and no answer may have it.
#[test]
fn nothing_is_offered_without_options() {
    assert_eq!(offer(None), None);
    let error = ask(None, &[PLAIN]).unwrap_err();
    assert_eq!(error, HandshakeError::ExtensionNotOffered(PLAIN.into()));
}

/// [S-01] [S-02] [S-03] [S-33] [H-06] [H-07] What is offered, by what is wanted: what asks something of the server stands
/// first, and without it behind, unless compression is not wanted then.
#[test]
fn offers() {
    assert_offer(|_| {}, "permessage-deflate; client_max_window_bits");
    assert_offer(
        |options| options.context_takeover = false,
        "permessage-deflate; client_no_context_takeover; client_max_window_bits",
    );
    for (bits, value) in [(0, 9), (8, 9), (9, 9), (12, 12), (14, 14)] {
        assert_offer(
            |options| options.window_bits = bits,
            &format!("permessage-deflate; client_max_window_bits={value}"),
        );
    }
    for bits in [15, 16, 255] {
        let set = |options: &mut Options| (options.window_bits, options.peer_window_bits) = (bits, bits);
        assert_offer(set, "permessage-deflate; client_max_window_bits");
    }
    for (bits, value) in [(0, 9), (8, 9), (9, 9), (14, 14)] {
        let wish = format!("permessage-deflate; server_max_window_bits={value}; client_max_window_bits");
        let both = format!("{wish}, permessage-deflate; client_max_window_bits");
        assert_offer(|options| options.peer_window_bits = bits, &both);
        assert_offer(|options| (options.peer_window_bits, options.fallback) = (bits, false), &wish);
    }
    let wish = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=10";
    let change = |options: &mut Options| {
        (options.context_takeover, options.peer_context_takeover) = (false, false);
        options.window_bits = 10;
    };
    assert_offer(change, &format!("{wish}, permessage-deflate; client_no_context_takeover; client_max_window_bits=10"));
    assert_offer(
        |options| {
            change(options);
            options.fallback = false;
        },
        wish,
    );
}

/// [S-08] [H-09] Without it in the answer the connection goes on uncompressed.
#[test]
fn declined() {
    let mut client = ask(Some(eager()), &[]).unwrap();
    assert_eq!(client.deflate(), None);
    client.send_text(prose(1000)).unwrap();
    assert_eq!(Frame::decode_all(&written(&mut client))[0].first, 0x81);
    let events = receive(&mut client, &frame_to(Role::Client, TEXT, &deflated(b"Hello")));
    let [Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.violation(), Violation::ReservedBits(4));
}

/// [S-10] With it in the answer both directions use it, as was agreed.
#[test]
fn agreed() {
    let mut client = agree(&eager(), PLAIN);
    assert_received(&mut client, TEXT, &deflated(b"Hello"), text("Hello"));
    client.send_text(prose(1000)).unwrap();
    assert_eq!(Frame::decode_all(&written(&mut client))[0].first, 0xC1);
    let agreement = client.deflate().unwrap();
    assert_eq!(agreement.to_string(), PLAIN);
    assert!(agreement.context_takeover(Role::Client) && agreement.context_takeover(Role::Server));
}

/// [S-24] [S-28] [S-31] [S-38] [S-10] What the server may say unasked is taken: also a window of 8 bits for itself.
#[test]
fn unasked() {
    for bits in 8..=15 {
        let answer = format!("permessage-deflate; server_max_window_bits={bits}");
        assert_eq!(agree(&eager(), &answer).deflate().unwrap().window_bits(Role::Server), bits);
        let quoted = format!("permessage-deflate; server_max_window_bits=\"{bits}\"");
        assert_eq!(agree(&eager(), &quoted).deflate().unwrap().window_bits(Role::Server), bits);
    }
    let agreement = agree(&eager(), NO_CONTEXT_TAKEOVER).deflate().unwrap();
    assert!(!agreement.context_takeover(Role::Client) && !agreement.context_takeover(Role::Server));
    assert_eq!(agreement.to_string(), NO_CONTEXT_TAKEOVER);
}

/// [S-20] [S-38] [X-15] [S-36] The window for the client's messages: from 9 bits on, as 8 is not supported.
#[test]
fn client_max_window_bits() {
    for bits in 9..=15 {
        let answer = format!("permessage-deflate; client_max_window_bits={bits}");
        assert_eq!(agree(&eager(), &answer).deflate().unwrap().window_bits(Role::Client), bits);
    }
    assert_bad(&eager(), "permessage-deflate; client_max_window_bits=8", AnswerError::WindowTooSmall);
}

/// [S-17] A parameter that is not defined fails the handshake.
#[test]
fn unknown_parameters() {
    for param in ["level=9", "Client_No_Context_Takeover", "constructor", "server_max_window_bits_=10"] {
        assert_bad(&eager(), &format!("permessage-deflate; {param}"), AnswerError::UnknownParameter);
    }
}

/// [S-18] [S-21] [S-26] [S-29] [S-35] [S-36] [Q-03] [D-26] A value that its parameter cannot have fails the handshake, and so
/// does none where there must be one.
#[test]
fn invalid_values() {
    for name in ["server_max_window_bits", "client_max_window_bits"] {
        for value in ["0", "7", "16", "08", "015", "99", "264", "-9", "+9", "9.0", "0x9", "ten", "\"7\"", "\"08\""] {
            let answer = format!("permessage-deflate; {name}={value}");
            assert_bad(&eager(), &answer, AnswerError::InvalidValue(name));
        }
        assert_bad(&eager(), &format!("permessage-deflate; {name}"), AnswerError::InvalidValue(name));
    }
    for flag in ["server_no_context_takeover", "client_no_context_takeover"] {
        for value in ["1", "true", "15", "\"x\""] {
            assert_bad(&eager(), &format!("permessage-deflate; {flag}={value}"), AnswerError::InvalidValue(flag));
        }
    }
}

/// [S-19] A parameter that is there twice fails the handshake.
#[test]
fn repeated_parameters() {
    for (name, value) in [
        ("server_no_context_takeover", ""),
        ("client_no_context_takeover", ""),
        ("server_max_window_bits", "=10"),
        ("client_max_window_bits", "=10"),
    ] {
        let answer = format!("permessage-deflate; {name}{value}; {name}{value}");
        assert_bad(&eager(), &answer, AnswerError::RepeatedParameter(name));
    }
}

/// [Q-07] [S-06] [D-26] The extension twice fails the handshake, on one line or on two.
#[test]
fn accepted_twice() {
    assert_bad(&eager(), "permessage-deflate, permessage-deflate", AnswerError::Repeated);
    let error = ask(Some(eager()), &[PLAIN, NO_CONTEXT_TAKEOVER]).unwrap_err();
    assert_eq!(error, HandshakeError::Deflate(AnswerError::Repeated));
}

/// [S-06] [S-09] Another extension beside it was not offered, so nothing can share RSV1 with it.
#[test]
fn another_beside_it() {
    for answers in [&["mux", PLAIN][..], &[PLAIN, "x-webkit-deflate-frame"], &["permessage-bzip2"]] {
        assert!(matches!(ask(Some(eager()), answers), Err(HandshakeError::ExtensionNotOffered(_))), "{answers:?}");
    }
}

/// [S-25] [S-32] If every offer asked for something of the server, an answer without it belongs to none; if not, it belongs
/// to the second.
#[test]
fn an_answer_to_no_offer() {
    let strict = |change: fn(&mut Options)| {
        options(|options| {
            change(options);
            options.fallback = false;
        })
    };
    let no_takeover: fn(&mut Options) = |options| options.peer_context_takeover = false;
    let small: fn(&mut Options) = |options| options.peer_window_bits = 11;

    assert_bad(&strict(no_takeover), PLAIN, AnswerError::Missing("server_no_context_takeover"));
    agree(&strict(no_takeover), "permessage-deflate; server_no_context_takeover");
    let agreement = agree(&options(no_takeover), PLAIN).deflate().unwrap();
    assert!(agreement.context_takeover(Role::Server));

    assert_bad(&strict(small), PLAIN, AnswerError::Missing("server_max_window_bits"));
    for bits in 8..=15 {
        let answer = format!("permessage-deflate; server_max_window_bits={bits}");
        if bits <= 11 {
            agree(&strict(small), &answer);
        } else {
            assert_bad(&strict(small), &answer, AnswerError::WindowTooLarge);
        }
        agree(&options(small), &answer);
    }
    agree(&options(small), PLAIN);
}

/// [S-11] [D-27] The agreement can be read, so a client that does not like it, or misses it, closes with 1010.
#[test]
fn not_what_the_client_wants() {
    for answers in [&[][..], &["permessage-deflate; server_max_window_bits=9"]] {
        let mut client = ask(Some(eager()), answers).unwrap();
        let likes_it = client.deflate().is_some_and(|agreement| agreement.window_bits(Role::Server) > 9);
        assert!(!likes_it);
        client.close(CloseCode::EXTENSION_REQUIRED, "permessage-deflate").unwrap();
        assert_eq!(written(&mut client), close_from(Role::Client, 1010, "permessage-deflate"));
    }
}

/// [S-10] [S-04] Whatever the two want, they agree, both on the same, and understand each other.
#[test]
fn any_two() {
    let mut all = Vec::new();
    for (window_bits, peer_window_bits) in [(15, 15), (9, 8), (12, 10), (10, 12)] {
        for (takeover, peer_context_takeover) in [(true, true), (true, false), (false, true), (false, false)] {
            all.push(options(|options| {
                (options.window_bits, options.peer_window_bits) = (window_bits, peer_window_bits);
                (options.context_takeover, options.peer_context_takeover) = (takeover, peer_context_takeover);
                options.threshold = 0;
            }));
        }
    }
    for client in &all {
        for server in &all {
            let [mut a, mut b] = pair(&shared(client.clone()), &shared(server.clone()));
            let agreement = a.deflate();
            assert_eq!((agreement, agreement.is_some()), (b.deflate(), true));
            for round in 0..3 {
                for _ in 0..2 {
                    let message = prose(2000 + round);
                    a.send_text(&*message).unwrap();
                    let bytes = written(&mut a);
                    assert!(bytes.len() < 1500, "{} bytes", bytes.len());
                    assert_eq!(receive(&mut b, &bytes), [text(&message)]);
                    (a, b) = (b, a);
                }
            }
        }
    }
}
