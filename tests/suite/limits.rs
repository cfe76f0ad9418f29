//! What a peer can make an endpoint hold (RFC 6455 §10.4): each limit passes `n` and refuses `n + 1`.

use crate::{
    common::{ROLES, connection, connection_with, frame_to, receive, receive_cut},
    peer::{BINARY, Broken, CONTINUATION, FIN, PING, PONG, TEXT, all_receivers, fragments_to, header_to, joined},
};
use bowline::{Config, Delivery, Event, Role, Violation};

/// The byte of the header of a frame of `len` bytes that takes it over `limit`: the first up to which the length, with
/// zeros for what has not come, is greater.
fn proof(role: Role, len: u64, limit: u64) -> usize {
    let width = match len {
        0..=125 => return 1,
        126..=0xFFFF => 2,
        _ => 8,
    };
    let header = header_to(role, BINARY, width, len);
    let is_over = |come: usize| {
        let known = header[2..2 + come].iter().fold(0, |known, byte| known << 8 | u64::from(*byte));
        known << (8 * (width - come)) > limit
    };
    2 + (1..=width).find(|come| is_over(*come)).unwrap() - 1
}

/// The lengths of the messages; there must be nothing else.
fn lengths(events: &[Event<'_>]) -> Vec<usize> {
    let len = |event: &Event<'_>| match event {
        Event::Text(text) => text.len(),
        Event::Binary(data) => data.len(),
        other => panic!("not a message: {other:?}"),
    };
    events.iter().map(len).collect()
}

/// [R-01] [R-05] [I-12] The limit on frames, at each length form: `n` passes, `n + 1` is refused in the header.
#[test]
fn frame_limit() {
    for limit in [0, 1, 124, 125, 126, 127, 128, 255, 256, 511, 1000, 65_534, 65_535, 65_536, 70_000] {
        for role in ROLES {
            for first in [TEXT, BINARY] {
                let make = || connection_with(role, |config| config.limits.frame = limit);
                let data = vec![b'a'; limit];
                for cut in [if limit < 300 { 1 } else { 997 }, usize::MAX] {
                    let bytes = [frame_to(role, first, &data), fragments_to(role, first, [&data[..], &data])].concat();
                    let events = receive_cut(&mut make(), &bytes, cut);
                    assert_eq!(lengths(&events), [limit, 2 * limit], "cut after {cut}");
                }
                let len = limit as u64 + 1;
                let violation = Violation::FrameTooBig { limit: limit as u64 };
                let bad = frame_to(role, first, &vec![b'a'; limit + 1]);
                Broken { before: Vec::new(), bad, at: proof(role, len, limit as u64), violation }.assert_refused(make);
                let bad = frame_to(role, CONTINUATION, &vec![b'a'; limit + 1]);
                let before = frame_to(role, first & !FIN, b"");
                Broken { before, bad, at: proof(role, len, limit as u64), violation }.assert_refused(make);
            }
        }
    }
}

/// [R-02] [R-05] [I-12] The limit on messages, over one, two and three fragments: the header that crosses it is
/// refused.
#[test]
fn message_limit() {
    for limit in [0, 1, 125, 126, 300, 65_536] {
        for role in ROLES {
            for first in [TEXT, BINARY] {
                for parts in [&[][..], &[0], &[1], &[limit / 2], &[limit], &[limit / 3, limit / 3]] {
                    let earlier: usize = parts.iter().sum();
                    let Some(left) = limit.checked_sub(earlier) else { continue };
                    let make = || connection_with(role, |config| config.limits.message = limit);
                    let data = vec![b'a'; limit + 1];
                    let message = |last: usize| {
                        let parts: Vec<&[u8]> = parts.iter().chain([&last]).map(|len| &data[..*len]).collect();
                        fragments_to(role, first, parts)
                    };
                    // Twice: the count begins again with each message.
                    let events = receive(&mut make(), &message(left).repeat(2));
                    assert_eq!(lengths(&events), [limit, limit], "{parts:?}");
                    let bad = frame_to(role, 0, &data[..=left]);
                    let mut before = message(left + 1);
                    before.truncate(before.len() - bad.len());
                    let mut bad = bad;
                    if parts.is_empty() {
                        bad[0] |= first & !FIN;
                    }
                    let violation = Violation::MessageTooBig { limit: limit as u64 };
                    let at = proof(role, left as u64 + 1, left as u64);
                    Broken { before, bad, at, violation }.assert_refused(make);
                }
            }
        }
    }
}

/// Control frames in the middle of a message do not count, and are not held against the limits.
#[test]
fn control_frames_do_not_count() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| (config.limits.frame, config.limits.message) = (2, 4));
        let bytes = [
            frame_to(role, TEXT & !FIN, b"ab"),
            frame_to(role, PING, &[0; 125]),
            frame_to(role, PONG, &[0; 125]),
            frame_to(role, CONTINUATION, b"cd"),
        ];
        assert_eq!(receive(&mut connection, &bytes.concat()).last(), Some(&Event::Text("abcd".into())));
    }
}

/// The limits are finite if nothing is said, and a message of 16 MiB passes.
#[test]
fn default_limits() {
    let limits = Config::new(|| [0; 4]).limits;
    assert_eq!((limits.message, limits.frame, limits.empty_fragments), (16 << 20, 16 << 20, 64));
    for role in ROLES {
        let data = vec![b'a'; 16 << 20];
        let events = receive(&mut connection(role), &frame_to(role, BINARY, &data));
        assert!(matches!(&events[..], [Event::Binary(received)] if **received == data[..]));
        let bad = header_to(role, CONTINUATION, 0, 1);
        let before = frame_to(role, BINARY & !FIN, &data);
        let mut connection = connection(role);
        receive(&mut connection, &before);
        let events = receive(&mut connection, &bad);
        let [Event::Failed(error)] = events[..] else { panic!("{events:?}") };
        assert_eq!(error.violation(), Violation::MessageTooBig { limit: 16 << 20 });
    }
}

/// [K-13] Empty fragments in a row, the first frame among them: `n` pass, and the next is refused at its
/// second byte. Control frames in between do not break the row, in either delivery.
#[test]
fn empty_fragments() {
    for limit in [0, 1, 2, 64] {
        for first_is_empty in [true, false] {
            for with_pings in [true, false] {
                let row = |role, count: usize| {
                    let mut bytes = Vec::new();
                    if !first_is_empty {
                        bytes.extend(frame_to(role, TEXT & !FIN, b"text"));
                    }
                    for i in 0..count {
                        bytes.extend(frame_to(role, if first_is_empty && i == 0 { TEXT & !FIN } else { 0 }, b""));
                        if with_pings {
                            bytes.extend(frame_to(role, PING, b""));
                        }
                    }
                    bytes
                };
                Broken::assert_everywhere(
                    |role| Broken {
                        before: row(role, limit),
                        bad: frame_to(role, if first_is_empty && limit == 0 { TEXT & !FIN } else { 0 }, b""),
                        at: 1,
                        violation: Violation::EmptyFragments { limit },
                    },
                    |config| config.limits.empty_fragments = limit,
                );
            }
        }
    }
}

/// [K-13] [K-09] A fragment that is not empty begins a new row, and so does a new message; the last frame of a message
/// may always be empty.
#[test]
fn empty_fragments_are_counted_in_a_row() {
    for (role, delivery) in all_receivers() {
        for cut in [1, usize::MAX] {
            let mut connection = connection_with(role, |config| {
                (config.limits.empty_fragments, config.delivery) = (3, delivery);
            });
            let empty: &[u8] = b"";
            let parts = [empty, empty, empty, b"a", empty, empty, empty, b"b", empty, empty, empty, empty];
            let bytes = fragments_to(role, TEXT, parts).repeat(3);
            let events = joined(receive_cut(&mut connection, &bytes, cut));
            assert_eq!(events, [(); 3].map(|()| Event::Text("ab".into())));
        }
    }
}

/// [K-13] The number of fragments is not limited, as legal peers send tens of thousands.
#[test]
fn many_fragments_pass() {
    for role in ROLES {
        for (first, count) in [(TEXT, 65_536), (BINARY, 100_000)] {
            let bytes = fragments_to(role, first, vec![&b"a"[..]; count]);
            let expected = "a".repeat(count);
            let events = receive_cut(&mut connection(role), &bytes, 4096);
            assert_eq!(events.len(), 1);
            match &events[0] {
                Event::Text(text) => assert!(**text == *expected),
                Event::Binary(data) => assert!(**data == *expected.as_bytes()),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// With `Delivery::Chunks` messages and frames may have any size.
#[test]
fn chunks_have_no_limit_on_size() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| {
            config.delivery = Delivery::Chunks;
            (config.limits.frame, config.limits.message) = (10, 10);
        });
        let long = vec![b'a'; 70_000];
        let bytes = [frame_to(role, TEXT, &long), fragments_to(role, BINARY, [&long[..], &long, b"", &long])].concat();
        let events = joined(receive_cut(&mut connection, &bytes, 1000));
        assert_eq!(lengths(&events), [70_000, 210_000]);
    }
}

/// Limits that change while the connection is open: for the next message, and for the one that is arriving.
#[test]
fn limits_that_change() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| (config.limits.message, config.limits.frame) = (4, 4));
        let change = |connection: &mut bowline::Connection, limit: usize| {
            let mut limits = connection.config().limits;
            (limits.message, limits.frame) = (limit, limit);
            connection.set_limits(limits);
        };
        assert_eq!(lengths(&receive(&mut connection, &frame_to(role, BINARY, b"1234"))), [4]);
        change(&mut connection, 6);
        assert_eq!(lengths(&receive(&mut connection, &frame_to(role, BINARY, b"123456"))), [6]);

        // A message of which four bytes have arrived may grow to the new limit, and no further.
        assert!(receive(&mut connection, &frame_to(role, BINARY & !FIN, b"1234")).is_empty());
        change(&mut connection, 8);
        assert!(receive(&mut connection, &frame_to(role, CONTINUATION & !FIN, b"5678")).is_empty());
        change(&mut connection, 2);
        let events = receive(&mut connection, &frame_to(role, CONTINUATION, b"9"));
        let [Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(error.violation(), Violation::MessageTooBig { limit: 2 });
    }
}

/// A lower limit applies to the fast path, too.
#[test]
fn a_limit_that_is_lowered() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut limits = connection.config().limits;
        limits.message = 3;
        connection.set_limits(limits);
        let events = receive(&mut connection, &frame_to(role, TEXT, b"four"));
        let [Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(error.violation(), Violation::MessageTooBig { limit: 3 });
    }
}
