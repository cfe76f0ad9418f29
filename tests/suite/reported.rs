//! What public bug reports about other libraries describe, tried by hand on the core. Reports whose behaviour another file pins
//! already are not here.

use crate::{
    common::{ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, receive, written},
    wire::plain,
};
use bowline::{CloseCode, Config, Event, Role, SendError, State, Timestamp};
use std::time::Duration;

const fn seconds(seconds: u64) -> Timestamp {
    Timestamp::since_origin(Duration::from_secs(seconds))
}

/// A count that bounds one message must not add up over a connection that lives long.
#[test]
fn nothing_is_counted_over_messages() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| config.limits.empty_fragments = 2);
        let [first, middle, last] = [0x01, 0x00, 0x80].map(|first| frame_to(role, first, b""));
        let filled = frame_to(role, 0x00, b"x");
        let message = [&first[..], &middle, &filled, &middle, &frame_to(role, 0x89, b""), &middle, &last].concat();
        for _ in 0..20_000 {
            let events = receive(&mut connection, &message);
            assert_eq!(events.last(), Some(&Event::Text("x".into())));
            assert_eq!(events.len(), 2, "and the ping");
            assert_eq!(plain(&written(&mut connection)), [(0x8A, vec![])]);
        }
        for _ in 0..100_000 {
            assert_eq!(receive(&mut connection, &frame_to(role, 0x82, b"")).len(), 1);
        }
        assert_eq!(connection.state(), State::Open);
    }
}

/// A frame that is too large is refused once. It is not parsed again for each read that follows, and nothing of it is kept.
#[test]
fn too_large_is_an_end() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| config.limits.message = 100);
        let large = frame_to(role, 0x82, &[7; 101]);
        let events = receive(&mut connection, &[&large[..], &frame_to(role, 0x81, b"late")].concat());
        assert!(matches!(events[..], [Event::Failed(_)]), "{events:?}");
        for _ in 0..1000 {
            assert_eq!(receive(&mut connection, &large), []);
            assert_eq!(connection.poll_event(), None);
        }
        assert_eq!(written(&mut connection), close_from(role, 1009, ""));
    }
}

/// A gateway passes on how one of its connections has ended to the other. Codes that are no codes of a frame are an error there,
/// and not a frame that the peer refuses; and the connection can still be closed.
#[test]
fn a_code_is_passed_on() {
    let ends = [vec![], close_to(Role::Client, 1012, "back soon"), frame_to(Role::Client, 0x88, b"")];
    for (end, code) in ends.into_iter().zip([1006, 1012, 1005]) {
        let mut upstream = connection(Role::Client);
        receive(&mut upstream, &end);
        written(&mut upstream);
        upstream.receive_eof();
        let closure = upstream.closure().unwrap().clone();
        assert_eq!(closure.code(), code);
        for role in ROLES {
            let mut connection = connection(role);
            let passed = connection.close(closure.code(), closure.reason());
            match code {
                1006 => {
                    assert!(passed.is_err());
                    assert_eq!((connection.state(), connection.buffered_amount()), (State::Open, 0));
                    connection.close(CloseCode::GOING_AWAY, "").unwrap();
                    assert_eq!(written(&mut connection), close_from(role, 1001, ""));
                }
                1012 => assert_eq!(written(&mut connection), close_from(role, 1012, "back soon")),
                _ => assert_eq!(written(&mut connection), frame_from(role, 0x88, b"")),
            }
        }
    }
}

/// A reason made of an error message: 123 bytes fit, however many characters they are. One more changes nothing.
#[test]
fn a_reason_of_wide_characters() {
    for role in ROLES {
        for (fits, too_long) in [("€".repeat(41), "€".repeat(42)), ("é".repeat(61) + "x", "é".repeat(62))] {
            let mut connection = connection(role);
            assert!(connection.close(CloseCode::NORMAL, &too_long).is_err());
            assert_eq!((connection.state(), connection.buffered_amount()), (State::Open, 0));
            connection.send_text("still open").unwrap();
            written(&mut connection);
            connection.close(CloseCode::NORMAL, &fits).unwrap();
            assert_eq!(written(&mut connection), close_from(role, 1000, &fits));
        }
    }
}

/// A message that does not fit is refused as a whole. A smaller one that fits afterwards does not follow half of it.
#[test]
fn no_gap_after_a_refused_message() {
    for role in ROLES {
        for in_chunks in [false, true] {
            let mut connection = connection_with(role, |config| config.limits.output = 1000);
            if in_chunks {
                connection.send_text_chunk("begun, ", false).unwrap();
            }
            let refused = if in_chunks {
                connection.send_text_chunk("x".repeat(1000), false)
            } else {
                connection.send_text("x".repeat(1000))
            };
            assert!(matches!(refused, Err(SendError::Full { .. })));
            if in_chunks { connection.send_text_chunk("ended", true) } else { connection.send_text("small") }.unwrap();
            let events = receive(&mut crate::common::connection(role.peer()), &written(&mut connection));
            assert_eq!(events, [Event::Text(if in_chunks { "begun, ended" } else { "small" }.into())]);
        }
    }
}

/// A machine that was suspended for eight hours. The peer that is still there sends what it has to, and stays; the peer that has
/// gone is noticed within the ping interval and the ping timeout, and not after another eight hours.
#[test]
fn suspended_for_eight_hours() {
    const NIGHT: u64 = 8 * 3600;
    for role in ROLES {
        for (before, is_blocked) in [(10, false), (40, false), (10, true)] {
            for is_there in [true, false] {
                let mut connection = connection_with(role, |config| config.deadlines = Config::default().deadlines);
                let _ = connection.tick(seconds(0));
                if is_blocked {
                    connection.send_binary(vec![7; 100_000]).unwrap();
                }
                let _ = connection.tick(seconds(1));
                let _ = connection.tick(seconds(before));
                if !is_blocked {
                    let ping = plain(&written(&mut connection));
                    assert_eq!(ping.len(), usize::from(before > 30), "a ping is outstanding");
                }
                // The timer fires first, and then the socket is read and written.
                let mut now = before + NIGHT;
                let _ = connection.tick(seconds(now));
                for _ in 0..3 {
                    if is_there {
                        written(&mut connection);
                        receive(&mut connection, &frame_to(role, 0x8A, b""));
                    } else if !is_blocked {
                        written(&mut connection);
                    }
                    let _ = connection.tick(seconds(now));
                    now += 1;
                }
                for _ in 0..12 {
                    if is_there {
                        receive(&mut connection, &frame_to(role, 0x8A, b""));
                    }
                    if is_there || !is_blocked {
                        written(&mut connection);
                    }
                    let _ = connection.tick(seconds(now));
                    let _ = connection.tick(seconds(now));
                    now += 10;
                }
                let state = connection.state();
                assert_eq!(state == State::Open, is_there, "{role:?}, blocked: {is_blocked}, {before}: {state:?}");
            }
        }
    }
}
