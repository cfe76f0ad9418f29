//! The closing handshake (RFC 6455 §5.5.1, §7.1).

use crate::{
    common::{ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, pair, receive, written},
    wire::plain,
};
use bowline::{CloseCode, CloseFrame, Connection, Event, Role, SendError, State, Timestamp};
use bytes::Buf;
use std::time::Duration;

fn close_event(code: u16, reason: &'static str) -> Event<'static> {
    Event::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
}

/// State, `is_closed` and `should_shutdown` at once.
fn stands(connection: &Connection) -> (State, bool, bool) {
    (connection.state(), connection.is_closed(), connection.should_shutdown())
}

const OPEN: (State, bool, bool) = (State::Open, false, false);
const WAITS: (State, bool, bool) = (State::Closing, false, false);
const SHUTS: (State, bool, bool) = (State::Closing, false, true);
const CLOSED: (State, bool, bool) = (State::Closed, true, true);

/// [O-08] [O-09] [O-12] [O-13] [O-14] [O-18] [O-19] [O-20] Either side begins. The server closes TCP as soon as the
/// exchange is written, the client waits for that.
#[test]
fn from_both_sides() {
    for beginner in ROLES {
        let mut pair = pair();
        let (begins, _) = pair.ends(beginner);
        assert_eq!(stands(&begins.connection), OPEN);
        begins.connection.close(CloseCode::GOING_AWAY, "done").unwrap();
        assert_eq!(stands(&begins.connection), WAITS);
        pair.write(beginner);
        assert_eq!(stands(&pair.ends(beginner).0.connection), WAITS);
        pair.read(beginner.peer());
        let (_, answers) = pair.ends(beginner);
        assert_eq!(answers.events, [close_event(1001, "done")]);
        assert_eq!(stands(&answers.connection), WAITS, "the answer is not yet written");
        pair.write(beginner.peer());
        let (_, answers) = pair.ends(beginner);
        assert_eq!(stands(&answers.connection), if beginner == Role::Client { CLOSED } else { WAITS });
        pair.read(beginner);
        let (begins, _) = pair.ends(beginner);
        assert_eq!(begins.events, [close_event(1001, "")]);
        assert_eq!(stands(&begins.connection), if beginner == Role::Client { WAITS } else { CLOSED });
        pair.run();
        assert!(pair.client.connection.is_closed() && pair.server.connection.is_closed());
    }
}

/// [O-12] [O-13] The server's Close frame has left before the server closes, byte by byte.
#[test]
fn not_closed_before_the_last_byte() {
    let mut server = connection(Role::Server);
    receive(&mut server, &close_to(Role::Server, 1000, ""));
    while server.buffered_amount() > 0 {
        assert_eq!(stands(&server), WAITS);
        server.output().advance(1);
    }
    assert_eq!(stands(&server), CLOSED);
}

/// [O-15] [O-11] [O-23] Both begin at once: each Close frame is the answer to the other, and no other is sent.
#[test]
fn both_at_once() {
    let mut pair = pair();
    pair.client.connection.close(CloseCode::NORMAL, "client").unwrap();
    pair.server.connection.close(CloseCode::GOING_AWAY, "server").unwrap();
    pair.run();
    assert_eq!(pair.client.events, [close_event(1001, "server")]);
    assert_eq!(pair.server.events, [close_event(1000, "client")]);
    assert_eq!(ROLES.map(|role| pair.wire().in_flight(role)), [0, 0]);
    for (end, code) in [(&pair.client, 1001), (&pair.server, 1000)] {
        assert_eq!(stands(&end.connection).0, State::Closed);
        let closure = end.connection.closure().unwrap();
        assert_eq!((closure.code().get(), closure.is_clean()), (code, true));
    }
}

/// [O-42] [O-07] What the peer sends after our Close frame and before its own is delivered.
#[test]
fn data_after_our_close() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.close(CloseCode::NORMAL, "").unwrap();
        let late = [frame_to(role, 0x81, b"late"), frame_to(role, 0x02, b"la"), frame_to(role, 0x80, b"ter")].concat();
        let events = [Event::Text("late".into()), Event::Binary(b"later".to_vec().into())];
        assert_eq!(receive(&mut connection, &late), events);
        assert_eq!(connection.send_text("too late"), Err(SendError::Closing));
    }
}

/// [L-12] [L-10] A ping after our Close frame is answered, as that forbids data frames only; we send no ping
/// of our own.
#[test]
fn ping_after_our_close() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.close(CloseCode::NORMAL, "").unwrap();
        let mut bytes = written(&mut connection);
        receive(&mut connection, &frame_to(role, 0x89, b"still there?"));
        assert_eq!(connection.ping(b""), Err(SendError::Closing));
        assert_eq!(connection.pong(b""), Err(SendError::Closing));
        bytes.extend(written(&mut connection));
        assert_eq!(bytes, [close_from(role, 1000, ""), frame_from(role, 0x8A, b"still there?")].concat());
    }
}

/// [O-40] [L-11] [O-24] After the peer's Close frame nothing is looked at: not data, not pings, not
/// violations, not a second Close frame, in the same read or in later ones.
#[test]
fn after_the_peers_close() {
    for role in ROLES {
        for ours_first in [false, true] {
            for cut in [usize::MAX, 1] {
                let mut connection = connection(role);
                if ours_first {
                    connection.close(CloseCode::NORMAL, "").unwrap();
                }
                let bytes = [
                    close_to(role, 1001, "first"),
                    frame_to(role, 0x81, b"data"),
                    frame_to(role, 0x89, b"ping"),
                    close_to(role, 1003, "second"),
                    vec![0xFF; 100],
                ];
                let events = crate::common::receive_cut(&mut connection, &bytes.concat(), cut);
                assert_eq!(events, [close_event(1001, "first")]);
                assert_eq!(receive(&mut connection, &bytes.concat()), []);
                assert_eq!(plain(&written(&mut connection)).len(), 1);
                let closure = connection.closure().unwrap();
                assert_eq!((closure.code().get(), closure.reason()), (1001, "first"));
            }
        }
    }
}

/// [O-26] [O-27] [O-29] [O-30] [O-32] A violation: what came before is delivered, the Close frame says which
/// kind it was, and then this side ends the stream and reads on only to throw away.
#[test]
fn a_violation() {
    let table: [(u8, &[u8], u16); 4] =
        [(0x83, b"", 1002), (0x81, b"\xFF", 1007), (0x82, &[0; 65], 1009), (0x88, b"\x03", 1002)];
    for role in ROLES {
        for (first, payload, code) in table {
            let mut connection = connection_with(role, |config| config.limits.message = 64);
            let bytes = [frame_to(role, 0x81, b"before"), frame_to(role, first, payload), close_to(role, 1000, "")];
            let events = receive(&mut connection, &bytes.concat());
            let [Event::Text(before), Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
            assert_eq!((&**before, error.close_code().get()), ("before", code));
            assert_eq!(stands(&connection), WAITS);
            assert_eq!(receive(&mut connection, &frame_to(role, 0x89, b"")), []);
            assert_eq!(written(&mut connection), close_from(role, code, ""));
            assert_eq!(stands(&connection), SHUTS);
            assert_eq!(receive(&mut connection, &close_to(role, 1000, "")), []);
            assert_eq!(connection.buffered_amount(), 0);
            connection.receive_eof();
            assert_eq!(stands(&connection), CLOSED);
        }
    }
}

/// [O-28] [O-11] [O-44] A violation after our Close frame has no second one; nor has anything else.
#[test]
fn never_a_second_close() {
    let events: [fn(Role, &mut Connection); 6] = [
        |_, c| c.close(CloseCode::GOING_AWAY, "again").unwrap(),
        |role, c| drop(receive(c, &frame_to(role, 0x83, b""))),
        |role, c| drop(receive(c, &close_to(role, 1001, ""))),
        |_, c| c.receive_eof(),
        |_, c| {
            for second in [0, 100, 100] {
                let _ = c.tick(Timestamp::since_origin(Duration::from_secs(second)));
            }
        },
        |_, c| c.transport_failed(),
    ];
    let deadlines = |config: &mut bowline::Config| {
        config.deadlines.idle = Some(Duration::from_secs(10));
        config.deadlines.ping = Some(Duration::from_secs(1000));
    };
    for role in ROLES {
        for (i, first) in events.iter().enumerate() {
            for (j, second) in events.iter().enumerate() {
                let mut connection = connection_with(role, deadlines);
                first(role, &mut connection);
                let mut bytes = written(&mut connection);
                second(role, &mut connection);
                bytes.extend(written(&mut connection));
                let closes = usize::from(i < 3 || i == 4);
                assert_eq!(plain(&bytes).len(), closes, "{role:?}: {i}, then {j}");
            }
        }
    }
}

/// [O-44] `close` on a connection that is closing or closed succeeds and does nothing.
#[test]
fn closing_what_is_closed() {
    let over: [fn(Role, &mut Connection); 5] = [
        |_, c| c.close(CloseCode::NORMAL, "").unwrap(),
        |role, c| drop(receive(c, &close_to(role, 1000, ""))),
        |role, c| drop(receive(c, &frame_to(role, 0x83, b""))),
        |_, c| c.receive_eof(),
        |_, c| c.transport_failed(),
    ];
    for role in ROLES {
        for over in over {
            let mut connection = connection(role);
            over(role, &mut connection);
            let (queued, stood, closure) =
                (connection.buffered_amount(), stands(&connection), connection.closure().cloned());
            assert_eq!(connection.close(CloseCode::GOING_AWAY, "again"), Ok(()));
            assert_eq!((connection.buffered_amount(), stands(&connection)), (queued, stood));
            assert_eq!(connection.closure(), closure.as_ref());
        }
    }
}

/// [O-41] A Close frame between the peer's fragments is in order: it is answered, and the half of a message is
/// dropped.
#[test]
fn in_the_middle_of_a_message() {
    for role in ROLES {
        for beginner in [false, true] {
            let mut connection = connection(role);
            if beginner {
                connection.close(CloseCode::NORMAL, "").unwrap();
            }
            let bytes = [frame_to(role, 0x01, b"half"), close_to(role, 1000, "")].concat();
            assert_eq!(receive(&mut connection, &bytes), [close_event(1000, "")]);
            assert_eq!(written(&mut connection), close_from(role, 1000, ""));
            assert!(connection.closure().unwrap().is_clean());
        }
    }
}

/// [O-07] [O-18] The Close frame goes after all that was queued before it, large or small.
#[test]
fn after_what_is_queued() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_binary(vec![0; 10_000]).unwrap();
        connection.send_text("last").unwrap();
        connection.close(CloseCode::NORMAL, "").unwrap();
        let firsts: Vec<_> = plain(&written(&mut connection)).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x82, 0x81, 0x88]);
    }
}

/// The end of the peer's stream leaves what is queued to be written; a failed transport and the close
/// deadline drop it.
#[test]
fn what_becomes_of_the_output() {
    for role in ROLES {
        let mut ended = connection(role);
        ended.send_text("reply").unwrap();
        ended.receive_eof();
        assert_eq!(stands(&ended), WAITS);
        assert_eq!(written(&mut ended), frame_from(role, 0x81, b"reply"));
        assert_eq!(stands(&ended), CLOSED);

        let mut failed = connection(role);
        failed.send_binary(vec![0; 10_000]).unwrap();
        failed.transport_failed();
        assert_eq!((failed.buffered_amount(), stands(&failed)), (0, CLOSED));

        let mut late = connection(role);
        late.send_binary(vec![0; 10_000]).unwrap();
        late.close(CloseCode::NORMAL, "").unwrap();
        let _ = late.tick(Timestamp::default());
        let _ = late.tick(Timestamp::since_origin(Duration::from_secs(5)));
        assert_eq!((late.buffered_amount(), stands(&late)), (0, CLOSED));
    }
}
