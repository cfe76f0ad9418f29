//! Keepalive, deadlines and the return of memory, on a clock that the tests turn by hand.

use crate::{
    common::{
        ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, pair_with, receive, written,
    },
    wire::plain,
};
use bowline::{Cause, CloseCode, Config, Connection, Deadline, Event, Prepared, Role, State, Timestamp};
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The space of the output is given back a second after it was last used: until then, that is what a tick waits for.
const KEPT_SPACE: Option<Duration> = Some(seconds(1));

type Step = fn(Role, &mut Connection);

/// A tick at so many milliseconds.
fn tick(connection: &mut Connection, milliseconds: u64) -> Option<Duration> {
    connection.tick(Timestamp::since_origin(Duration::from_millis(milliseconds)))
}

fn keepalive(config: &mut Config) {
    config.deadlines.ping = Some(seconds(30));
    config.deadlines.pong = Some(seconds(20));
}

/// [L-10] After 30 s without a byte, to the millisecond, one ping is sent.
#[test]
fn a_ping_at_the_interval() {
    for role in ROLES {
        let mut connection = connection_with(role, keepalive);
        assert_eq!(tick(&mut connection, 1000), Some(seconds(30)));
        assert_eq!(tick(&mut connection, 30_999), Some(Duration::from_millis(1)));
        assert_eq!(connection.buffered_amount(), 0);
        assert_eq!(tick(&mut connection, 31_000), KEPT_SPACE);
        assert_eq!(written(&mut connection), frame_from(role, 0x89, b""));
        let _ = tick(&mut connection, 45_000);
        assert_eq!(connection.buffered_amount(), 0, "one ping is enough");
    }
}

/// A wait is exact, whatever the time is: timers are stored in even nanoseconds.
#[test]
fn waits_are_exact() {
    for nanos in 0..4 {
        let mut connection = connection_with(Role::Server, keepalive);
        let wait = connection.tick(Timestamp::since_origin(Duration::from_nanos(1_000_000_000 + nanos)));
        assert_eq!(wait, Some(seconds(30)));
    }
}

/// Any byte is a sign of life, also a part of a header or of a payload; what this side sends is none.
#[test]
fn any_byte_puts_the_ping_off() {
    for role in ROLES {
        let frame = frame_to(role, 0x82, b"payload");
        for byte in 0..frame.len() {
            let mut connection = connection_with(role, keepalive);
            receive(&mut connection, &frame[..byte]);
            let _ = tick(&mut connection, 0);
            receive(&mut connection, &frame[byte..=byte]);
            connection.send_text("not a sign of life").unwrap();
            written(&mut connection);
            let _ = tick(&mut connection, 20_000);
            let _ = tick(&mut connection, 49_999);
            assert_eq!(connection.buffered_amount(), 0, "byte {byte}");
            let _ = tick(&mut connection, 50_000);
            assert_eq!(plain(&written(&mut connection)), [(0x89, vec![])]);
        }
    }
}

/// [O-27] The deadline for the answer fires at the second tick that finds it passed; bytes between the two save it.
#[test]
fn the_pong_deadline_has_a_second_tick() {
    for role in ROLES {
        for saved in [false, true] {
            let mut connection = connection_with(role, keepalive);
            let _ = tick(&mut connection, 0);
            let _ = tick(&mut connection, 30_000);
            written(&mut connection);
            assert_eq!(tick(&mut connection, 49_999), Some(Duration::from_millis(1)));
            assert_eq!(tick(&mut connection, 90_000), Some(Duration::from_millis(1)));
            assert_eq!((connection.state(), connection.buffered_amount()), (State::Open, 0));
            if saved {
                receive(&mut connection, &frame_to(role, 0x81, b"")[..1]);
            }
            let wait = tick(&mut connection, 90_000);
            if saved {
                assert_eq!((connection.state(), wait), (State::Open, Some(seconds(30))));
            } else {
                assert_eq!((connection.state(), wait), (State::Closing, KEPT_SPACE));
                assert_eq!(written(&mut connection), close_from(role, 1011, "no answer to a ping"));
            }
        }
    }
}

/// Without a deadline for the answer there is another ping after each interval; without an interval there is none.
#[test]
fn keepalive_by_halves() {
    for role in ROLES {
        let mut patient = connection_with(role, |config| config.deadlines.ping = Some(seconds(30)));
        for i in 0..5 {
            assert_eq!(tick(&mut patient, i * 30_000), if i == 0 { Some(seconds(30)) } else { KEPT_SPACE });
            assert_eq!(plain(&written(&mut patient)).len(), usize::from(i > 0));
        }
        let mut silent = connection_with(role, |config| config.deadlines.pong = Some(seconds(20)));
        for i in 0..5 {
            assert_eq!(tick(&mut silent, i * 1_000_000), None);
            assert_eq!(silent.buffered_amount(), 0);
        }
    }
}

/// The pings that a connection sends by itself count against the limit on the output, so that they do not pile up
/// while nobody reads.
#[test]
fn pings_do_not_pile_up() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| {
            config.deadlines.ping = Some(seconds(30));
            config.limits.output = 100;
        });
        for i in 0..100 {
            let _ = tick(&mut connection, i * 30_000);
            assert!(connection.buffered_amount() <= 100);
        }
        assert_eq!(connection.state(), State::Open);
        assert!(!written(&mut connection).is_empty());
        let _ = tick(&mut connection, 100 * 30_000);
        assert_eq!(connection.buffered_amount(), 0, "that the peer reads again is a sign of life");
        let _ = tick(&mut connection, 101 * 30_000);
        assert_eq!(plain(&written(&mut connection)), [(0x89, vec![])]);
    }
}

/// [L-10] A ping that became due while the connection ended is not sent: nothing follows a Close frame or the end.
#[test]
fn no_ping_after_the_end() {
    let ends: [Step; 5] = [
        |_, c| c.close(CloseCode::NORMAL, "").unwrap(),
        |role, c| drop(receive(c, &close_to(role, 1000, ""))),
        |role, c| drop(receive(c, &frame_to(role, 0x83, b""))),
        |_, c| c.receive_eof(),
        |_, c| c.transport_failed(),
    ];
    for role in ROLES {
        for end in ends {
            let mut connection = connection_with(role, keepalive);
            let _ = tick(&mut connection, 0);
            end(role, &mut connection);
            written(&mut connection);
            let state = connection.state();
            let _ = tick(&mut connection, 30_000);
            assert_eq!((connection.buffered_amount(), connection.state()), (0, state), "{role:?}");
        }
    }
}

/// Messages in either direction, whole or in parts, put the idle deadline off; control frames do not.
#[test]
fn the_idle_deadline() {
    let table: [(bool, Step); 12] = [
        (true, |_, c| c.send_text("").unwrap()),
        (true, |_, c| c.send_binary(b"").unwrap()),
        (true, |_, c| c.send_binary_chunk(b"", false).unwrap()),
        (true, |_, c| c.send_prepared(&Prepared::text("")).unwrap()),
        (true, |role, c| drop(receive(c, &frame_to(role, 0x81, b"")))),
        (true, |role, c| drop(receive(c, &frame_to(role, 0x02, b"a")))),
        (true, |role, c| drop(receive(c, &frame_to(role, 0x02, b"ab")[..if role == Role::Client { 3 } else { 7 }]))),
        (false, |role, c| drop(receive(c, &frame_to(role, 0x89, b"ping")))),
        (false, |role, c| drop(receive(c, &frame_to(role, 0x8A, b"pong")))),
        (false, |_, c| c.ping(b"").unwrap()),
        (false, |_, c| c.pong(b"").unwrap()),
        (false, |_, c| assert!(c.ping(&[0; 126]).is_err())),
    ];
    for role in ROLES {
        for (i, (puts_off, happens)) in table.into_iter().enumerate() {
            let mut connection = connection_with(role, |config| config.deadlines.idle = Some(seconds(60)));
            let _ = tick(&mut connection, 0);
            happens(role, &mut connection);
            written(&mut connection);
            let _ = tick(&mut connection, 50_000);
            let _ = tick(&mut connection, 60_000);
            assert_eq!(connection.state(), State::Open, "the first tick only finds it passed");
            let _ = tick(&mut connection, 60_000);
            assert_eq!(connection.state() == State::Open, puts_off, "row {i}");
            if puts_off {
                let _ = tick(&mut connection, 110_000);
                let _ = tick(&mut connection, 110_000);
            }
            assert_eq!(written(&mut connection), close_from(role, 1001, "idle for too long"), "row {i}");
        }
    }
}

/// [O-14] [O-43] However the closing has begun, 5 s later it is over, whatever the peer sends meanwhile; what
/// is not written by then is dropped.
#[test]
fn the_close_deadline_always_ends_it() {
    let begin: [Step; 5] = [
        |_, c| c.close(CloseCode::NORMAL, "").unwrap(),
        |role, c| drop(receive(c, &close_to(role, 1000, ""))),
        |role, c| drop(receive(c, &frame_to(role, 0x83, b""))),
        |_, c| {
            c.send_text("unwritten").unwrap();
            c.receive_eof();
        },
        |role, c| {
            c.close(CloseCode::NORMAL, "").unwrap();
            receive(c, &frame_to(role, 0x83, b""));
            c.receive_eof();
        },
    ];
    for role in ROLES {
        for begin in begin {
            let mut connection = connection_with(role, keepalive);
            let _ = tick(&mut connection, 0);
            begin(role, &mut connection);
            for i in 0..50 {
                let wait = tick(&mut connection, 10_000 + i * 100).unwrap();
                assert!(wait <= Duration::from_millis(5000 - i * 100));
                assert!(!connection.is_closed());
                receive(&mut connection, &frame_to(role, 0x82, b"still talking"));
                receive(&mut connection, &frame_to(role, 0x89, b""));
            }
            assert_eq!(tick(&mut connection, 15_000), None);
            assert!(connection.is_closed());
            assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Closed));
            assert!(connection.closure().is_some());
            assert_eq!(tick(&mut connection, 100_000), None);
        }
    }
}

/// [O-43] [O-23] Without an answer to our Close frame the code is 1006, and the cause is the deadline.
#[test]
fn an_unanswered_close() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.close(CloseCode::NORMAL, "").unwrap();
        let _ = tick(&mut connection, 0);
        written(&mut connection);
        let _ = tick(&mut connection, 4_999);
        assert_eq!(connection.closure(), None);
        let _ = tick(&mut connection, 5_000);
        let closure = connection.closure().unwrap();
        assert_eq!((closure.code(), closure.cause()), (CloseCode::ABNORMAL, Cause::Deadline(Deadline::Close)));
    }
}

/// Without deadlines there is nothing to wait for, and no time at which to do anything.
#[test]
fn no_deadlines() {
    for role in ROLES {
        let mut connection = connection(role);
        for time in [0, 1, u64::MAX / 2, 5] {
            assert_eq!(tick(&mut connection, time), None);
            assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Open));
        }
    }
}

/// The space of the output is given back a second after it was last used: that is what an idle connection waits for.
#[test]
fn space_is_given_back() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_text("text").unwrap();
        assert_eq!(tick(&mut connection, 0), KEPT_SPACE, "also a driver that writes after the tick comes back for it");
        assert_eq!(tick(&mut connection, 1_000), KEPT_SPACE, "what is queued is not given back");
        written(&mut connection);
        assert_eq!(tick(&mut connection, 1_600), Some(Duration::from_millis(400)));
        connection.send_text("text").unwrap();
        written(&mut connection);
        assert_eq!(tick(&mut connection, 1_700), KEPT_SPACE);
        assert_eq!(tick(&mut connection, 2_700), None);
        assert_eq!(tick(&mut connection, 2_800), None);
        connection.send_text("again").unwrap();
        assert_eq!(written(&mut connection), frame_from(role, 0x81, b"again"));
    }
}

/// [L-04] Two idle ends keep each other alive: each ping is answered, and neither side closes.
#[test]
fn two_idle_ends() {
    for cut in [usize::MAX, 1] {
        let mut pair = pair_with(keepalive);
        for role in ROLES {
            pair.faults_from(role).max_read = cut;
        }
        pair.run();
        for _ in 0..100 {
            let wait = pair.next_due().unwrap().saturating_sub(pair.now());
            assert!(wait <= seconds(30));
            pair.advance(wait);
        }
        for end in [&pair.client, &pair.server] {
            assert_eq!(end.connection.state(), State::Open);
            assert!(end.events.iter().all(|event| matches!(event, Event::Ping(_) | Event::Pong(_))));
        }
        let count = |end: &bowline_test::End, pong| {
            end.events.iter().filter(|event| matches!(event, Event::Pong(_)) == pong).count()
        };
        assert!(count(&pair.client, true) + count(&pair.server, true) >= 40);
        assert_eq!(count(&pair.client, true), count(&pair.server, false));
        assert_eq!(count(&pair.server, true), count(&pair.client, false));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Time may jump, stand still and run backwards, and deadlines may be anything: no panic, and a wait is never
    /// zero.
    #[test]
    fn any_time(
        times in vec(prop_oneof![0..100_u64, Just(u64::MAX), any::<u64>()], 1..20),
        deadlines in vec(prop_oneof![Just(None), (0..100_u64).prop_map(Some), Just(Some(u64::MAX))], 4),
        close in prop_oneof![0..100_u64, Just(u64::MAX)],
        what in vec(0..4_u8, 20),
    ) {
        let long = |seconds: u64| if seconds == u64::MAX { Duration::MAX } else { Duration::from_secs(seconds) };
        let mut connection = connection_with(Role::Server, |config| {
            let [ping, pong, idle, handshake] = [0, 1, 2, 3].map(|i| deadlines[i].map(long));
            config.deadlines.ping = ping;
            config.deadlines.pong = pong;
            config.deadlines.idle = idle;
            config.deadlines.handshake = handshake;
            config.deadlines.close = long(close);
        });
        for (time, what) in times.into_iter().zip(what) {
            match what {
                0 => drop(connection.send_text("text")),
                1 => drop(receive(&mut connection, &frame_to(Role::Server, 0x89, b""))),
                2 => drop(written(&mut connection)),
                _ => {}
            }
            let wait = connection.tick(Timestamp::since_origin(long(time)));
            prop_assert_ne!(wait, Some(Duration::ZERO));
            prop_assert!(!connection.is_closed() || wait.is_none());
        }
    }
}
