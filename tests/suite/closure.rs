//! How a connection ended, for every way in which one can end (RFC 6455 §7.1.4–§7.1.7).

use crate::common::{ROLES, close_to, connection, connection_with, frame_from, frame_to, pair, receive, written};
use bowline::{
    Cause, CloseCode, Closure, Config, Connection, Deadline,
    Endpoint::{self, Local, Remote},
    Interrupted, ProtocolError, Role, Timestamp,
};
use bowline_test::Cut;
use std::{error::Error, time::Duration};

type Step = fn(Role, &mut Connection);

/// What should be told: who began, the cause, the codes sent and received, and whether it was clean.
type Told = (Endpoint, Cause, Option<u16>, Option<u16>, bool);

fn told(closure: &Closure) -> Told {
    let code = |frame: Option<&bowline::CloseFrame<'_>>| frame.map(|frame| frame.code.get());
    (closure.begun_by(), closure.cause(), code(closure.sent()), code(closure.received()), closure.is_clean())
}

fn close(_: Role, connection: &mut Connection) {
    connection.close(CloseCode::GOING_AWAY, "bye").unwrap();
    written(connection);
}

fn peer_closes(role: Role, connection: &mut Connection) {
    receive(connection, &close_to(role, 3000, "so long"));
    written(connection);
}

fn peer_closes_without_a_body(role: Role, connection: &mut Connection) {
    receive(connection, &frame_to(role, 0x88, b""));
    written(connection);
}

fn violation(role: Role, connection: &mut Connection) {
    receive(connection, &frame_to(role, 0x83, b""));
    written(connection);
}

fn eof(_: Role, connection: &mut Connection) {
    connection.receive_eof();
}

fn transport_fails(_: Role, connection: &mut Connection) {
    connection.transport_failed();
}

fn close_deadline(_: Role, connection: &mut Connection) {
    for second in [1000, 2000] {
        let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
    }
}

fn idle(_: Role, connection: &mut Connection) {
    for second in [0, 60, 60] {
        let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
    }
    written(connection);
}

fn no_pong(_: Role, connection: &mut Connection) {
    for second in [0, 30, 40, 40] {
        let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
        written(connection);
    }
}

fn deadlines(config: &mut Config) {
    config.deadlines.ping = Some(Duration::from_secs(30));
    config.deadlines.pong = Some(Duration::from_secs(10));
    config.deadlines.idle = Some(Duration::from_secs(60));
}

/// [O-21] [O-23] [O-24] [O-25] [O-33] [O-43] [P-25] Who began, why, what was sent and received, and whether it was clean.
#[test]
fn every_way_to_end() {
    let boundary = Cause::EndOfStream(Interrupted::Nothing);
    let timeout = |deadline| Cause::Deadline(deadline);
    let table: [(&[Step], Told); 17] = [
        (&[peer_closes], (Remote, Cause::Closed, Some(3000), Some(3000), true)),
        (&[peer_closes_without_a_body], (Remote, Cause::Closed, Some(1005), Some(1005), true)),
        (&[close, peer_closes], (Local, Cause::Closed, Some(1001), Some(3000), true)),
        (&[close, peer_closes_without_a_body], (Local, Cause::Closed, Some(1001), Some(1005), true)),
        (&[close, eof], (Local, boundary, Some(1001), None, false)),
        (&[close, transport_fails], (Local, Cause::Transport, Some(1001), None, false)),
        (&[close, close_deadline], (Local, timeout(Deadline::Close), Some(1001), None, false)),
        (&[eof], (Remote, boundary, None, None, false)),
        (&[transport_fails], (Remote, Cause::Transport, None, None, false)),
        (&[idle, peer_closes], (Local, timeout(Deadline::Idle), Some(1001), Some(3000), true)),
        (&[idle, eof], (Local, timeout(Deadline::Idle), Some(1001), None, false)),
        (&[idle, close_deadline], (Local, timeout(Deadline::Idle), Some(1001), None, false)),
        (&[no_pong, transport_fails], (Local, timeout(Deadline::Pong), Some(1011), None, false)),
        (&[no_pong, close_deadline], (Local, timeout(Deadline::Pong), Some(1011), None, false)),
        (&[eof, transport_fails], (Remote, boundary, None, None, false)),
        (&[transport_fails, eof], (Remote, Cause::Transport, None, None, false)),
        (&[peer_closes, violation], (Remote, Cause::Closed, Some(3000), Some(3000), true)),
    ];
    // Nothing that comes later changes it.
    let later: [Step; 6] = [close, peer_closes, violation, eof, transport_fails, close_deadline];
    for role in ROLES {
        for (i, (steps, expected)) in table.iter().enumerate() {
            let mut connection = connection_with(role, deadlines);
            for step in *steps {
                assert_eq!(connection.closure(), None, "row {i} is not settled yet");
                step(role, &mut connection);
                if connection.closure().is_some() {
                    break;
                }
            }
            for later in [|_: Role, _: &mut Connection| {}].into_iter().map(|step| step as Step).chain(later) {
                later(role, &mut connection);
                let closure = connection.closure().unwrap();
                assert_eq!(told(closure), *expected, "{role:?}, row {i}");
                assert_eq!(closure.code().get(), expected.3.unwrap_or(1006));
                assert_eq!(closure.reason(), if expected.3 == Some(3000) { "so long" } else { "" });
            }
        }
    }
}

/// [O-26] [O-28] [O-32] [P-25] A violation is the cause, with the rule and the place; the peer's code is 1006, ours
/// is apart.
#[test]
fn a_violation() {
    for role in ROLES {
        for ours_first in [false, true] {
            let mut connection = connection(role);
            if ours_first {
                close(role, &mut connection);
            }
            assert_eq!(connection.closure(), None);
            violation(role, &mut connection);
            let closure = connection.closure().unwrap();
            let Cause::Protocol(error) = closure.cause() else { panic!("{closure:?}") };
            assert_eq!((error.section(), error.position()), ("RFC 6455 §5.2", 0));
            assert_eq!(closure.begun_by(), Local);
            assert_eq!(closure.code(), CloseCode::ABNORMAL);
            assert_eq!(closure.sent().unwrap().code.get(), if ours_first { 1001 } else { 1002 });
            assert_eq!((closure.received(), closure.is_clean()), (None, false));
            let text = closure.to_string();
            assert!(text.contains("1006") && text.contains("not clean") && text.contains("§5.2"), "{text}");
        }
    }
}

/// A violation does not count as an interruption, also if `close` was called in the middle of a frame that the peer then completed.
#[test]
fn a_violation_after_close_in_the_middle_of_a_frame() {
    for role in ROLES {
        let mut connection = connection(role);
        let frame = frame_to(role, 0x81, b"in two parts");
        receive(&mut connection, &frame[..8]);
        close(role, &mut connection);
        receive(&mut connection, &frame[8..]);
        violation(role, &mut connection);
        assert_eq!(connection.closure().unwrap().interrupted(), Interrupted::Nothing, "{role:?}");
    }
}

/// [O-33] Where the stream ended: between messages, in a header, in a payload, in a control frame, between fragments.
#[test]
fn end_of_stream_in_the_middle() {
    for role in ROLES {
        let whole = frame_to(role, 0x81, &[b'a'; 300]);
        let fragment = frame_to(role, 0x01, b"half");
        let ping = frame_to(role, 0x89, b"ping");
        let table: [(&[&[u8]], Interrupted); 10] = [
            (&[], Interrupted::Nothing),
            (&[&whole], Interrupted::Nothing),
            (&[&whole[..1]], Interrupted::Frame),
            (&[&whole[..3]], Interrupted::Frame),
            (&[&whole[..whole.len() - 300]], Interrupted::Frame),
            (&[&whole[..whole.len() - 1]], Interrupted::Frame),
            (&[&ping[..ping.len() - 1]], Interrupted::Frame),
            (&[&fragment], Interrupted::Message),
            (&[&fragment, &ping], Interrupted::Message),
            (&[&fragment, &ping[..1]], Interrupted::Frame),
        ];
        for (pieces, interrupted) in table {
            for cut in [usize::MAX, 1] {
                let mut connection = connection(role);
                crate::common::receive_cut(&mut connection, &pieces.concat(), cut);
                connection.receive_eof();
                let closure = connection.closure().unwrap();
                assert_eq!(closure.cause(), Cause::EndOfStream(interrupted), "{role:?}, {pieces:?}");
                assert_eq!(closure.code(), CloseCode::ABNORMAL);
            }
        }
    }
}

/// [O-21] What was dropped before it was written was not exchanged: without our Close frame on the wire it is not clean.
#[test]
fn not_clean_if_our_close_never_left() {
    for role in ROLES {
        for end in [transport_fails as Step, close_deadline] {
            let mut connection = connection(role);
            receive(&mut connection, &close_to(role, 1000, ""));
            end(role, &mut connection);
            assert!(connection.is_closed());
            let closure = connection.closure().unwrap();
            assert!(!closure.is_clean(), "{role:?}");
            assert_eq!(
                closure.to_string(),
                "closed with 1000 (normal closure), not clean, begun by the peer: \
                 the peer's Close frame was received, but this endpoint's could not be written"
            );
        }
    }
}

/// [O-23] [O-24] [O-27] [P-25] One end breaks a rule, and each reports it from its end: the one has the rule and no
/// code of the peer's, the other has been told 1002.
#[test]
fn a_violation_from_both_sides() {
    for role in ROLES {
        let mut pair = pair();
        pair.inject(role, &frame_from(role, 0x83, b""));
        let (_, other) = pair.ends(role);
        other.connection.send_text("before").unwrap();
        pair.run();
        let (culprit, other) = pair.ends(role);
        let closure = other.connection.closure().unwrap();
        assert!(matches!(told(closure), (Local, Cause::Protocol(_), Some(1002), None, false)));
        assert_eq!(told(culprit.connection.closure().unwrap()), (Remote, Cause::Closed, Some(1002), Some(1002), true));
        assert!(culprit.connection.is_closed() && other.connection.is_closed());
    }
}

/// [O-20] [O-33] The wire is cut in the middle of a message: both ends tell the end of the stream, and where it was.
#[test]
fn a_cut_wire() {
    let mut pair = pair();
    pair.client.connection.send_text_chunk("half", false).unwrap();
    pair.run();
    for role in ROLES {
        pair.faults_from(role).cut = Some(Cut::EndOfStream(0));
    }
    pair.run();
    for (end, interrupted) in [(&pair.client, Interrupted::Nothing), (&pair.server, Interrupted::Message)] {
        assert_eq!(
            told(end.connection.closure().unwrap()),
            (Remote, Cause::EndOfStream(interrupted), None, None, false)
        );
        assert_eq!(end.connection.state(), bowline::State::Closed);
    }
}

/// [O-41] A Close frame in the middle of a message ends the connection cleanly, and the closure says that a
/// message was lost.
#[test]
fn an_unfinished_message_is_reported() {
    for role in ROLES {
        for (before, interrupted) in
            [(vec![], Interrupted::Nothing), (frame_to(role, 0x01, b"to be"), Interrupted::Message)]
        {
            let mut connection = connection(role);
            receive(&mut connection, &[before, close_to(role, 1000, "")].concat());
            written(&mut connection);
            let closure = connection.closure().unwrap();
            assert_eq!(
                (closure.is_clean(), closure.cause(), closure.interrupted()),
                (true, Cause::Closed, interrupted)
            );
            let is_shown =
                closure.to_string().ends_with("close frames were exchanged; a message of the peer was cut off");
            assert_eq!(is_shown, interrupted != Interrupted::Nothing, "{closure}");
        }
    }
}

/// [O-21] Normal is what is clean and came with the peer's 1000 or 1001, or without a code, whoever began and whatever we sent.
#[test]
fn what_is_normal() {
    for role in ROLES {
        for began in [None, Some(1000), Some(1011), Some(4000)] {
            let end = |frame: &[u8]| {
                let mut connection = connection(role);
                if let Some(code) = began {
                    connection.close(code.into(), "").unwrap();
                }
                receive(&mut connection, frame);
                let unwritten = connection.closure().is_some_and(Closure::is_normal);
                assert!(!unwritten, "our Close frame has not left");
                written(&mut connection);
                connection.closure().unwrap().clone()
            };
            for code in (0..=u16::MAX).filter(|code| CloseCode::new(*code).may_be_received()) {
                let closure = end(&close_to(role, code, ""));
                assert!(closure.is_clean());
                assert_eq!(closure.is_normal(), matches!(code, 1000 | 1001), "{code}");
            }
            assert!(end(&frame_to(role, 0x88, b"")).is_normal(), "without a code");
            assert!(!end(&close_to(role, 1005, "")).is_normal(), "a code that must not be sent is a violation");
        }
        let not_clean: [Step; 3] = [eof, transport_fails, |role, c| {
            receive(c, &close_to(role, 1000, ""));
            c.transport_failed();
        }];
        for end in not_clean {
            let mut connection = connection(role);
            end(role, &mut connection);
            assert!(!connection.closure().unwrap().is_normal());
        }
    }
}

/// A closure is an error whose source is the violation, if there was one.
#[test]
fn as_an_error() {
    for role in ROLES {
        let ends: [(Step, bool); 4] = [(violation, true), (eof, false), (transport_fails, false), (peer_closes, false)];
        for (end, has_source) in ends {
            let mut connection = connection(role);
            end(role, &mut connection);
            let closure = connection.closure().unwrap().clone();
            let error: Box<dyn Error + Send + Sync> = Box::new(closure.clone());
            assert_eq!(error.to_string(), closure.to_string());
            let source =
                error.source().map(|source| source.downcast_ref::<ProtocolError>().copied().map(Cause::Protocol));
            assert_eq!(source, has_source.then_some(Some(closure.cause())));
        }
    }
}

/// [P-25] One line for a log, for each kind of end.
#[test]
fn in_one_line() {
    let table: [(&[Step], &str); 7] = [
        (
            &[peer_closes],
            "closed with 3000 (registered by a library or framework) \"so long\", clean, begun by the peer: ",
        ),
        (
            &[close, peer_closes_without_a_body],
            "closed with 1005 (no status received), clean, begun by this endpoint: ",
        ),
        (&[violation], "closed with 1006 (abnormal closure), not clean, begun by this endpoint: "),
        (&[eof], "closed with 1006 (abnormal closure), not clean, begun by the peer: "),
        (&[transport_fails], "closed with 1006 (abnormal closure), not clean, begun by the peer: the transport failed"),
        (&[close, close_deadline], "closed with 1006 (abnormal closure), not clean, begun by this endpoint: "),
        (&[no_pong, eof], "closed with 1006 (abnormal closure), not clean, begun by this endpoint: "),
    ];
    for role in ROLES {
        for (steps, line) in table {
            let mut connection = connection_with(role, deadlines);
            for step in steps {
                step(role, &mut connection);
            }
            let closure = connection.closure().unwrap();
            let expected =
                format!("{line}{}", if line.ends_with(' ') { closure.cause().to_string() } else { String::new() });
            assert_eq!(closure.to_string(), expected);
        }
    }
}
