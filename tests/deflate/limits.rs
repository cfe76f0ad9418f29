//! Limits on compressed messages (RFC 6455 §10.4, RFC 7692 §8): they count what comes out, and are exact.

use crate::{
    common::{ROLES, close_from, frame_to, receive_cut, written},
    kit::{BINARY, NO_CONTEXT_TAKEOVER, PLAIN, TEXT, agreed_with, binary, deflated, noise, prose, stored, text},
};
use bowline::{Connection, Event, Role, Violation};

const LIMIT: usize = 10_000;

fn limited(role: Role, params: &str, limit: usize) -> Connection {
    agreed_with(role, params, |config| config.limits.message = limit)
}

/// The frames of a message: one, two, or one for each byte of the payload.
fn framings(role: Role, first: u8, payload: &[u8]) -> [Vec<u8>; 3] {
    let (one, two) = payload.split_at(payload.len() / 2);
    let begin = frame_to(role, first & 0x7F, one);
    let mut bytewise = frame_to(role, first & 0x7F, &[]);
    bytewise.extend(payload.iter().flat_map(|byte| frame_to(role, 0, &[*byte])));
    bytewise.extend(frame_to(role, 0x80, &[]));
    [frame_to(role, first, payload), [begin, frame_to(role, 0x80, two)].concat(), bytewise]
}

/// Asserts that what comes is refused as too big, before more than `limit` bytes have come out, with what there is for that.
#[track_caller]
fn assert_too_big(connection: &mut Connection, bytes: &[u8], cut: usize, limit: usize) {
    let role = connection.role();
    let events = receive_cut(connection, bytes, cut);
    let [Event::Failed(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.violation(), Violation::MessageTooBig { limit: limit as u64 });
    assert_eq!(error.close_code().get(), 1009);
    assert_eq!(written(connection), close_from(role, 1009, ""));
}

/// [R-06] [R-05] [T-27] A message of n bytes passes, and one of n + 1 does not: text or binary, in one frame or in many, in
/// one read or byte by byte, with context takeover or without, however well it is compressed.
#[test]
fn exact() {
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            for limit in [0, 1, 4095, 4096, LIMIT] {
                for data in [vec![b'a'; limit + 1], prose(limit + 1).into_bytes()] {
                    assert_exact(role, params, limit, &data);
                }
            }
        }
    }
}

fn assert_exact(role: Role, params: &str, limit: usize, data: &[u8]) {
    for first in [TEXT, BINARY] {
        for compress in [deflated, |data: &[u8]| stored(data, 700)] {
            let (fits, too_big) = (compress(&data[..limit]), compress(data));
            for index in 0..3 {
                // Frames of one byte are as good as reads of one byte.
                for cut in if index == 2 { &[usize::MAX][..] } else { &[1, 50, usize::MAX] } {
                    let cut = *cut;
                    let mut connection = limited(role, params, limit);
                    let expected = match first {
                        TEXT => text(str::from_utf8(&data[..limit]).unwrap()),
                        _ => binary(&data[..limit]),
                    };
                    let bytes = &framings(role, first, &fits)[index];
                    assert_eq!(receive_cut(&mut connection, bytes, cut), [expected]);
                    if params == NO_CONTEXT_TAKEOVER {
                        // [T-27] The count begins anew with each message.
                        assert_eq!(receive_cut(&mut connection, bytes, cut).len(), 1);
                    }
                    assert_too_big(&mut connection, &framings(role, first, &too_big)[index], cut, limit);
                }
            }
        }
    }
}

/// Compressed payload that is longer than what comes out of it counts for nothing: it is the frame's limit that is for
/// what is on the wire.
#[test]
fn longer_on_the_wire() {
    let data = noise(LIMIT);
    let payload = stored(&data, 3);
    assert!(payload.len() > 2 * LIMIT);
    for role in ROLES {
        for framing in framings(role, BINARY, &payload) {
            assert_eq!(receive_cut(&mut limited(role, PLAIN, LIMIT), &framing, 100), [binary(&data)]);
        }
        // Blocks that are empty add nothing, however many there are.
        let nothing = [0, 0, 0, 0xFF, 0xFF].repeat(20_000);
        let payload = [&nothing[..], &deflated(&data)].concat();
        assert_eq!(
            receive_cut(&mut limited(role, PLAIN, LIMIT), &frame_to(role, BINARY, &payload), 999),
            [binary(&data)]
        );

        let with_limit = |limit| agreed_with(role, PLAIN, |config| config.limits.frame = limit);
        let payload = stored(&data, 5000);
        let frame = frame_to(role, BINARY, &payload);
        assert_eq!(receive_cut(&mut with_limit(payload.len()), &frame, usize::MAX), [binary(&data)]);
        let events = receive_cut(&mut with_limit(payload.len() - 1), &frame, usize::MAX);
        let limit = payload.len() as u64 - 1;
        assert!(matches!(events[..], [Event::Failed(error)] if error.violation() == Violation::FrameTooBig { limit }));
    }
}

/// [R-06] [T-27] Bombs: a thousand times as large as they look. They are refused with little of them read, and so is one that is
/// split over fragments, or in a window that was filled before.
#[test]
fn bombs() {
    let huge = 64 * LIMIT;
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            for first in [TEXT, BINARY] {
                let bomb = deflated(&vec![b'a'; huge]);
                assert!(bomb.len() * 900 < huge, "{} bytes", bomb.len());
                for bytes in framings(role, first, &bomb) {
                    for cut in [1, 100, usize::MAX] {
                        let mut connection = limited(role, params, LIMIT);
                        // It is over long before the message is: without its last quarter, it is refused all the same.
                        let some = &bytes[..bytes.len() / 4];
                        assert_too_big(&mut connection, some, cut, LIMIT);
                    }
                }
                let mut connection = limited(role, params, LIMIT);
                let small = frame_to(role, first, &deflated(&vec![b'a'; LIMIT]));
                for _ in 0..3 {
                    assert_eq!(receive_cut(&mut connection, &small, 7).len(), 1);
                }
                assert_too_big(&mut connection, &frame_to(role, first, &bomb), 7, LIMIT);
            }
        }
    }
}

/// A bomb in a bomb is a message like any other: what comes out is what is inside, and is not looked into.
#[test]
fn a_bomb_in_a_bomb() {
    let inner = deflated(&vec![0; 8 * LIMIT]);
    let outer = deflated(&inner.repeat(20));
    for role in ROLES {
        let mut connection = limited(role, PLAIN, LIMIT);
        assert!(outer.len() < inner.len() && inner.len() * 20 <= LIMIT);
        let events = receive_cut(&mut connection, &frame_to(role, BINARY, &outer), usize::MAX);
        assert_eq!(events, [binary(&inner.repeat(20))]);
    }
}

/// What is wrong within the limit is told before the limit, and what comes after it is not looked at.
#[test]
fn whichever_is_first() {
    for role in ROLES {
        for (bad_at, expected) in [
            (LIMIT - 1, Violation::InvalidText),
            (LIMIT, Violation::MessageTooBig { limit: LIMIT as u64 }),
            (LIMIT + 5000, Violation::MessageTooBig { limit: LIMIT as u64 }),
        ] {
            let mut data = prose(2 * LIMIT).into_bytes();
            data[bad_at] = 0xFF;
            for cut in [1, 100, usize::MAX] {
                let mut connection = limited(role, PLAIN, LIMIT);
                let events = receive_cut(&mut connection, &frame_to(role, TEXT, &deflated(&data)), cut);
                assert!(matches!(events[..], [Event::Failed(error)] if error.violation() == expected), "{events:?}");
            }
        }
        // A character that is cut by the limit is not whole, but that is not what is wrong.
        let data = "é".repeat(LIMIT);
        let mut connection = limited(role, PLAIN, LIMIT - 1);
        assert_too_big(&mut connection, &frame_to(role, TEXT, &deflated(data.as_bytes())), 50, LIMIT - 1);
    }
}

/// [K-13] The limit on empty fragments holds in compressed messages, too.
#[test]
fn empty_fragments() {
    for role in ROLES {
        let mut connection = limited(role, PLAIN, LIMIT);
        let bytes = [frame_to(role, 0x41, &[0xF2]), frame_to(role, 0, &[]).repeat(65)].concat();
        let events = receive_cut(&mut connection, &bytes, usize::MAX);
        let limit = 64;
        assert!(
            matches!(events[..], [Event::Failed(error)] if error.violation() == Violation::EmptyFragments { limit })
        );
    }
}
