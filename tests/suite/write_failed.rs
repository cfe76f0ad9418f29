//! `Connection::write_failed`: nothing can be sent any more, and what the peer sent is still received.

use crate::common::{ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, receive, written};
use bowline::{
    Cause, CloseCode, CloseFrame, Closure, Config, Connection, Deadline,
    Endpoint::{Local, Remote},
    Event, Interrupted, Prepared, Role, SendError, State, Timestamp, Violation,
};
use std::time::Duration;

type Step = fn(Role, &mut Connection);

/// For a client and for a server: the state, and whether the transport is to be shut down.
type Stands = [(State, bool); 2];

/// The ways into each phase of the closing, with the output written or not, and where the connection stands once writing has failed.
const PHASES: [(&str, Step, Stands); 9] = {
    use State::{Closed, Closing};
    const WAITS: Stands = [(Closing, false); 2];
    [
        ("open", |_, _| {}, WAITS),
        ("close queued", |_, c| c.close(CloseCode::NORMAL, "").unwrap(), WAITS),
        ("close written", close_written, WAITS),
        ("idle for too long", |_, c| pass(c, &[0, 60, 60]), WAITS),
        // A client waits for the server to end the stream; a server is done.
        ("exchanged, answer queued", peer_closes, [(Closing, false), (Closed, true)]),
        ("exchanged", |role, c| written_after(peer_closes, role, c), [(Closing, false), (Closed, true)]),
        ("failed", violation, [(Closing, true); 2]),
        ("ended", |_, c| c.receive_eof(), [(Closed, true); 2]),
        ("lost", |_, c| c.transport_failed(), [(Closed, true); 2]),
    ]
};

fn close_written(role: Role, connection: &mut Connection) {
    written_after(|_, c| c.close(CloseCode::GOING_AWAY, "bye").unwrap(), role, connection);
}

fn written_after(step: Step, role: Role, connection: &mut Connection) {
    step(role, connection);
    written(connection);
}

fn peer_closes(role: Role, connection: &mut Connection) {
    receive(connection, &close_to(role, 1000, "bye"));
}

fn violation(role: Role, connection: &mut Connection) {
    receive(connection, &frame_to(role, 0x83, b""));
}

/// Ticks at these seconds.
fn pass(connection: &mut Connection, seconds: &[u64]) {
    for second in seconds {
        let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(*second)));
    }
}

fn deadlines(config: &mut Config) {
    config.deadlines.idle = Some(Duration::from_secs(60));
    config.deadlines.ping = Some(Duration::from_secs(30));
}

/// A connection that could not write a message.
fn failed(role: Role) -> Connection {
    let mut connection = connection(role);
    connection.send_text("never read").unwrap();
    connection.write_failed();
    connection
}

/// Begun by the transport, nothing sent: the parts of a closure that hold wherever nothing but writing failed.
fn assert_transport(closure: &Closure) {
    assert_eq!((closure.begun_by(), closure.cause()), (Remote, Cause::Transport), "{closure}");
    assert_eq!((closure.sent(), closure.received(), closure.is_clean()), (None, None, false), "{closure}");
    assert_eq!(closure.code(), CloseCode::ABNORMAL);
}

/// [O-44] In every phase, what is queued is discarded and nothing can be queued any more, whatever is sent, received or due.
#[test]
fn nothing_is_sent_in_any_phase() {
    for role in ROLES {
        for (name, reach, stands) in PHASES {
            let mut connection = connection_with(role, deadlines);
            connection.send_text("small").unwrap();
            connection.send_binary(vec![7; 100_000]).unwrap();
            reach(role, &mut connection);
            connection.write_failed();
            assert_eq!(connection.buffered_amount(), 0, "{role:?}, {name}");
            let expected = stands[usize::from(role == Role::Server)];
            assert_eq!((connection.state(), connection.should_shutdown()), expected, "{role:?}, {name}");
            assert_eq!(connection.is_closed(), expected.0 == State::Closed, "{role:?}, {name}");

            let refused = [
                connection.send("text"),
                connection.send_text("text"),
                connection.send_binary(vec![0; 10_000]),
                connection.send_text_chunk("text", true),
                connection.send_binary_chunk(b"data", false),
                connection.send_prepared(&Prepared::text("text")),
                connection.ping(b""),
                connection.pong(b""),
            ];
            assert_eq!(refused, [Err(SendError::Closing); 8], "{role:?}, {name}");
            assert_eq!(connection.close(CloseCode::NORMAL, ""), Ok(()));
            receive(&mut connection, &frame_to(role, 0x89, b"ping"));
            pass(&mut connection, &[1, 2]);
            receive(&mut connection, &close_to(role, 1000, ""));
            assert_eq!(connection.buffered_amount(), 0, "{role:?}, {name}");
            pass(&mut connection, &[100]);
            assert_eq!((connection.buffered_amount(), connection.is_closed()), (0, true), "{role:?}, {name}");
        }
    }
}

/// Failing again changes nothing.
#[test]
fn twice_is_as_good_as_once() {
    for role in ROLES {
        for (name, reach, _) in PHASES {
            let ends = [1, 2].map(|times| {
                let mut connection = connection_with(role, deadlines);
                reach(role, &mut connection);
                for _ in 0..times {
                    connection.write_failed();
                }
                let now = (connection.state(), connection.closure().cloned());
                connection.receive_eof();
                (now, connection.closure().cloned())
            });
            assert_eq!(ends[0], ends[1], "{role:?}, {name}");
        }
    }
}

/// [O-29] Messages, pings and the peer's Close frame are still received, and none of them is answered. That Close frame explains the end.
#[test]
fn the_peer_is_still_heard() {
    for role in ROLES {
        let mut connection = failed(role);
        let bytes = [
            frame_to(role, 0x81, b"text"),
            frame_to(role, 0x89, b"ping"),
            frame_to(role, 0x02, b"in "),
            frame_to(role, 0x80, b"parts"),
            close_to(role, 1008, "slow reader"),
            frame_to(role, 0x81, b"too late"),
        ]
        .concat();
        let close = CloseFrame { code: CloseCode::POLICY_VIOLATION, reason: "slow reader".into() };
        let events = [
            Event::Text("text".into()),
            Event::Ping(b"ping".to_vec().into()),
            Event::Binary(b"in parts".to_vec().into()),
            Event::Close(Some(close.clone())),
        ];
        assert_eq!(receive(&mut connection, &bytes), events);
        assert_eq!(connection.buffered_amount(), 0);
        let closure = connection.closure().unwrap();
        assert_eq!((closure.cause(), closure.begun_by()), (Cause::Closed, Remote));
        assert_eq!((closure.sent(), closure.received()), (None, Some(&close)));
        assert_eq!((closure.is_clean(), closure.is_normal()), (false, false), "the answer never left");
        assert_eq!(connection.is_closed(), role == Role::Server);
        connection.receive_eof();
        assert!(connection.is_closed());
    }
}

/// [O-33] Without a Close frame from the peer the cause is the transport, whatever else ends it.
#[test]
fn otherwise_the_transport_is_the_cause() {
    let ends: [Step; 4] =
        [|_, c| c.receive_eof(), |_, c| c.transport_failed(), |_, c| pass(c, &[10, 15]), |role, c| violation(role, c)];
    for role in ROLES {
        for end in ends {
            let mut connection = failed(role);
            assert_eq!(connection.closure(), None, "the peer may still explain it");
            end(role, &mut connection);
            assert_transport(connection.closure().unwrap());
            assert_eq!(connection.buffered_amount(), 0);
        }
    }
}

/// [O-28] A violation is still an event, and nothing is sent for it.
#[test]
fn a_violation_is_still_reported() {
    for role in ROLES {
        let mut connection = failed(role);
        let events = receive(&mut connection, &frame_to(role, 0x83, b""));
        assert!(matches!(events[..], [Event::Failed(error)] if error.violation() == Violation::ReservedOpcode(3)));
        assert_eq!((connection.buffered_amount(), connection.should_shutdown()), (0, true));
    }
}

/// The time for closing begins with the first tick after the failure, and ends the connection.
#[test]
fn the_close_deadline_ends_it() {
    for role in ROLES {
        let mut connection = connection_with(role, deadlines);
        pass(&mut connection, &[0]);
        connection.write_failed();
        let tick = |c: &mut Connection, ms| c.tick(Timestamp::since_origin(Duration::from_millis(ms)));
        assert_eq!(tick(&mut connection, 10_000), Some(Duration::from_secs(5)));
        assert_eq!(tick(&mut connection, 14_999), Some(Duration::from_millis(1)));
        assert!(!connection.is_closed());
        assert_eq!(tick(&mut connection, 15_000), None);
        assert!(connection.is_closed());
        assert_transport(connection.closure().unwrap());
    }
}

/// What is interrupted is what the peer has left unfinished when its stream ends, not when writing fails.
#[test]
fn interrupted_is_of_the_end() {
    for role in ROLES {
        let frame = frame_to(role, 0x82, b"payload");
        for (later, interrupted) in [(&frame[4..], Interrupted::Nothing), (&frame[4..6], Interrupted::Frame)] {
            let mut connection = connection(role);
            receive(&mut connection, &frame[..4]);
            connection.write_failed();
            receive(&mut connection, later);
            connection.receive_eof();
            assert_eq!(connection.closure().unwrap().interrupted(), interrupted);
        }
    }
}

/// Once our Close frame is written, all that can fail is the writing of pongs: the peer's answer makes it clean.
#[test]
fn after_our_close_is_written() {
    for role in ROLES {
        for answered in [false, true] {
            let mut connection = connection(role);
            close_written(role, &mut connection);
            connection.write_failed();
            if answered {
                peer_closes(role, &mut connection);
            } else {
                connection.receive_eof();
            }
            let closure = connection.closure().unwrap();
            assert_eq!(closure.cause(), if answered { Cause::Closed } else { Cause::Transport });
            assert_eq!((closure.begun_by(), closure.is_clean()), (Local, answered));
            assert_eq!(closure.sent().unwrap().code, CloseCode::GOING_AWAY);
        }
    }
}

/// [O-21] A Close frame of ours that was queued and discarded was not sent: even if the peer closes by itself, that is not clean.
#[test]
fn not_clean_if_our_close_was_discarded() {
    for role in ROLES {
        for written in [0, 1] {
            let mut connection = connection(role);
            connection.close(CloseCode::NORMAL, "").unwrap();
            bytes::Buf::advance(connection.output(), written);
            connection.write_failed();
            peer_closes(role, &mut connection);
            let closure = connection.closure().unwrap();
            assert_eq!((closure.cause(), closure.begun_by()), (Cause::Closed, Local));
            assert!(!closure.is_clean(), "{role:?}, {written} bytes of the Close frame were written: {closure}");
        }
    }
}

/// [O-21] Nor is it clean if the answer to the peer's Close frame was discarded.
#[test]
fn not_clean_if_our_answer_was_discarded() {
    for role in ROLES {
        let mut connection = connection(role);
        peer_closes(role, &mut connection);
        connection.write_failed();
        let closure = connection.closure().unwrap();
        assert_eq!((closure.cause(), closure.begun_by(), closure.sent()), (Cause::Closed, Remote, None));
        assert!(!closure.is_clean() && !closure.is_normal());
    }
}

/// A deadline for the peer that has passed before stays the cause.
#[test]
fn an_earlier_cause_stays() {
    for role in ROLES {
        let mut connection = connection_with(role, deadlines);
        pass(&mut connection, &[0, 60, 60]);
        connection.write_failed();
        connection.receive_eof();
        let closure = connection.closure().unwrap();
        assert_eq!((closure.cause(), closure.begun_by()), (Cause::Deadline(Deadline::Idle), Local));
        assert!(!closure.is_clean());
    }
}

/// What was written before the failure was sent; the rest of a frame that was cut off by it is gone.
#[test]
fn in_the_middle_of_a_frame() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_text("first").unwrap();
        connection.send_binary(vec![7; 100_000]).unwrap();
        bytes::Buf::advance(connection.output(), 10);
        connection.write_failed();
        assert_eq!((connection.buffered_amount(), connection.output().front()), (0, None));
        receive(&mut connection, &[frame_to(role, 0x89, b""), close_to(role, 1000, "")].concat());
        assert_eq!(written(&mut connection), b"");
    }
}

/// The table's counterpart: without the failure, the same steps are answered.
#[test]
fn without_it_all_is_answered() {
    for role in ROLES {
        let mut connection = connection(role);
        receive(&mut connection, &[frame_to(role, 0x89, b""), close_to(role, 1000, "")].concat());
        assert_eq!(written(&mut connection), [frame_from(role, 0x8A, b""), close_from(role, 1000, "")].concat());
        assert!(connection.closure().unwrap().is_normal());
    }
}

/// A Close frame that was written stays sent, also if a pong behind it could not be written; and the closure does not wait for that
/// pong.
#[test]
fn a_pong_behind_the_close_frame() {
    for role in ROLES {
        for answer_first in [false, true] {
            let mut connection = connection(role);
            connection.close(CloseCode::NORMAL, "").unwrap();
            receive(&mut connection, &frame_to(role, 0x89, b"late"));
            // The Close frame leaves, and the pong does not.
            let close = close_from(role, 1000, "");
            assert!(connection.buffered_amount() > close.len());
            bytes::Buf::advance(connection.output(), close.len());
            if answer_first {
                receive(&mut connection, &close_to(role, 1000, ""));
                assert!(connection.closure().is_some_and(Closure::is_clean), "both Close frames are exchanged");
            }
            connection.write_failed();
            receive(&mut connection, &close_to(role, 1000, ""));
            let closure = connection.closure().unwrap();
            assert!(closure.is_normal(), "{closure}");
        }
    }
}

/// No limit that a number can express makes a connection panic.
#[test]
fn limits_at_their_extremes() {
    for limit in [0, u32::MAX as usize - 1, u32::MAX as usize, usize::MAX] {
        for role in ROLES {
            let mut connection = connection_with(role, |config| {
                (config.limits.message, config.limits.frame) = (limit, limit);
            });
            let events = receive(&mut connection, &frame_to(role, 0x81, b"Hello"));
            assert_eq!(matches!(&events[..], [Event::Text(text)] if text == "Hello"), limit > 0);
        }
    }
}
