//! Frame headers (RFC 6455 §5.1, §5.2) and what is not one. Each violation is held against `Broken::assert_refused`: at
//! the byte that proves it and not before, whatever the cut, with the right Close frame.

use crate::{
    common::{KEY, ROLES, connection, connection_with, frame_to, receive, receive_cut, written},
    peer::{
        BINARY, Broken, CLOSE, CONTINUATION, FIN, FRAMES, PING, PONG, TEXT, all_receivers, header_to, joined, masked,
    },
};
use bowline::{
    CloseCode, CloseFrame, Delivery, Event, Role, Violation,
    frame::{Header, MAX_HEADER_LEN, Opcode},
};

/// The streams in which a frame can begin: at the start, and in a message of either kind.
const BEGINNINGS: [Option<u8>; 3] = [None, Some(TEXT & !FIN), Some(BINARY & !FIN)];

/// A message that is begun, or nothing.
fn begun(role: Role, first: Option<u8>) -> Vec<u8> {
    first.map_or(Vec::new(), |first| frame_to(role, first, b"begun"))
}

/// [I-07] [I-08] [I-09] [I-12] [O-27] [O-29] Every combination of reserved bits, on every opcode, in a
/// message and outside.
#[test]
fn reserved_bits_are_refused_at_the_first_byte() {
    for beginning in BEGINNINGS {
        for frame in FRAMES {
            for bits in 1..=7 {
                Broken::assert_everywhere(
                    |role| Broken {
                        before: begun(role, beginning),
                        bad: frame_to(role, frame | bits << 4, b"\x03\xe8"),
                        at: 0,
                        violation: Violation::ReservedBits(bits),
                    },
                    |_| {},
                );
            }
        }
    }
}

/// [I-10] [I-11] [I-12] Every reserved opcode, with FIN and without, in a message and outside.
#[test]
fn reserved_opcodes_are_refused_at_the_first_byte() {
    for beginning in BEGINNINGS {
        for opcode in (0x3..=0x7).chain(0xB..=0xF) {
            for fin in [0, FIN] {
                Broken::assert_everywhere(
                    |role| Broken {
                        before: begun(role, beginning),
                        bad: frame_to(role, fin | opcode, b"payload"),
                        at: 0,
                        violation: Violation::ReservedOpcode(opcode),
                    },
                    |_| {},
                );
            }
        }
    }
}

/// [I-03] [I-04] [I-12] A frame that is masked for a client, or not for a server, in every opcode and length form;
/// empty ones too.
#[test]
fn the_wrong_mask_is_refused_at_the_second_byte() {
    for (frame, len) in FRAMES.into_iter().flat_map(|frame| [0, 5, 125, 300, 70_000].map(|len| (frame, len))) {
        if frame & 0x08 != 0 && len > 125 {
            continue;
        }
        Broken::assert_everywhere(
            |role| Broken {
                before: if frame == CONTINUATION { begun(role, Some(TEXT & !FIN)) } else { Vec::new() },
                bad: frame_to(role.peer(), frame, &vec![b'a'; len]),
                at: 1,
                violation: if role == Role::Server { Violation::NotMasked } else { Violation::Masked },
            },
            |_| {},
        );
    }
}

/// [I-13] [I-14] [I-15] [I-21] [J-06] [J-08] The lengths at which the forms change, in the shortest form, byte
/// by byte and at once.
#[test]
fn lengths_at_the_boundaries() {
    for (role, delivery) in all_receivers() {
        for len in [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537] {
            let data: Vec<u8> = (0..len).map(|i: usize| (i % 251) as u8).collect();
            for cut in [if len < 300 { 1 } else { 1009 }, usize::MAX] {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                let events = joined(receive_cut(&mut connection, &frame_to(role, BINARY, &data), cut));
                assert_eq!(events, [Event::Binary(data.clone().into())], "{len} bytes");
            }
        }
    }
}

/// [I-17] [I-12] Every value that fits in 7 bits, in 16.
#[test]
fn a_needless_16_bit_length_is_refused_at_its_second_byte() {
    for value in 0..=125 {
        for (beginning, frame) in [(None, TEXT), (None, BINARY & !FIN), (Some(TEXT & !FIN), CONTINUATION)] {
            Broken::assert_everywhere(
                |role| Broken {
                    before: begun(role, beginning),
                    bad: header_to(role, frame, 2, value),
                    at: 3,
                    violation: Violation::LengthNotMinimal,
                },
                |_| {},
            );
        }
    }
}

/// [I-18] [I-12] Values that fit in 16 bits, in 64: six zero bytes show it.
#[test]
fn a_needless_64_bit_length_is_refused_at_its_sixth_byte() {
    for value in [0, 1, 125, 126, 255, 256, 65_534, 65_535] {
        Broken::assert_everywhere(
            |role| Broken {
                before: Vec::new(),
                bad: header_to(role, BINARY, 8, value),
                at: 7,
                violation: Violation::LengthNotMinimal,
            },
            |_| {},
        );
    }
}

/// [I-19] [I-12] The top bit of a 64-bit length, whatever the limits.
#[test]
fn the_top_bit_of_a_length_is_refused_at_its_byte() {
    for value in [1 << 63, (1 << 63) + 1, (1 << 63) | (1 << 32), u64::MAX - 1, u64::MAX] {
        for limit in [1024, usize::MAX] {
            Broken::assert_everywhere(
                |role| Broken {
                    before: Vec::new(),
                    bad: header_to(role, TEXT, 8, value),
                    at: 2,
                    violation: Violation::LengthTopBit,
                },
                |config| (config.limits.frame, config.limits.message) = (limit, limit),
            );
        }
    }
}

/// [I-20] [R-01] [I-12] Huge lengths are refused at the byte that takes them over the limit of 16 MiB, in the first
/// frame of a message and in a later one.
#[test]
fn huge_lengths_are_refused_as_they_come() {
    let limit = 16 << 20;
    let cases = [(limit + 1, 9), (1 << 31, 6), (u32::MAX.into(), 6), (1 << 32, 5), (1 << 40, 4), (i64::MAX as u64, 2)];
    for (len, at) in cases {
        for (beginning, frame) in [(None, BINARY), (Some(TEXT & !FIN), CONTINUATION)] {
            if len == limit + 1 && frame == CONTINUATION {
                continue; // the message is over its limit before the frame is
            }
            for role in ROLES {
                Broken {
                    before: begun(role, beginning),
                    bad: header_to(role, frame, 8, len),
                    at,
                    violation: Violation::FrameTooBig { limit },
                }
                .assert_refused(|| connection(role));
            }
        }
    }
}

/// [I-20] Without limits they are as good as any: the payload is taken as it comes, and the frame does not end.
#[test]
fn huge_lengths_within_the_limits_do_not_overflow() {
    for (role, delivery) in all_receivers() {
        for len in [1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, i64::MAX as u64] {
            for earlier in [&[][..], &[b'a'; 300]] {
                let mut connection = connection_with(role, |config| {
                    config.delivery = delivery;
                    (config.limits.frame, config.limits.message) = (usize::MAX, usize::MAX);
                });
                let bytes = [
                    frame_to(role, TEXT & !FIN, earlier),
                    header_to(role, CONTINUATION, 8, len),
                    // Were the length cut to 32 bits, some of this would be frames.
                    crate::common::naive_mask(&[b'a'; 1000], if role == Role::Server { KEY } else { [0; 4] }),
                ];
                let events = receive_cut(&mut connection, &bytes.concat(), 701);
                let pieces: usize = events
                    .iter()
                    .map(|event| match event {
                        Event::TextChunk { text, last: false } => text.len(),
                        other => panic!("{other:?}"),
                    })
                    .sum();
                assert_eq!(pieces, if delivery == Delivery::Chunks { earlier.len() + 1000 } else { 0 });
                assert_eq!((connection.closure(), connection.buffered_amount()), (None, 0), "{len}");
            }
        }
    }
}

/// [I-22] [N-10] Frames of every kind without a payload.
#[test]
fn empty_frames() {
    for role in ROLES {
        for (first, event) in [
            (TEXT, Event::Text("".into())),
            (BINARY, Event::Binary(vec![].into())),
            (PING, Event::Ping(vec![].into())),
            (PONG, Event::Pong(vec![].into())),
            (CLOSE, Event::Close(None)),
        ] {
            for cut in [1, usize::MAX] {
                let events = receive_cut(&mut connection(role), &frame_to(role, first, &[]), cut);
                assert_eq!(events, [event_like(&event)]);
            }
        }
        let bytes = [frame_to(role, TEXT & !FIN, &[]), frame_to(role, CONTINUATION, &[])].concat();
        assert_eq!(receive_cut(&mut connection(role), &bytes, 1), [Event::Text("".into())]);
    }
}

fn event_like(event: &Event<'static>) -> Event<'static> {
    match event {
        Event::Text(text) => Event::Text(text.clone()),
        Event::Binary(data) => Event::Binary(data.to_vec().into()),
        Event::Ping(data) => Event::Ping(data.to_vec().into()),
        Event::Pong(data) => Event::Pong(data.to_vec().into()),
        _ => Event::Close(None),
    }
}

/// [I-24] [N-06] [N-09] [I-26] Several frames in one read: all their events, in order, and all their replies.
#[test]
fn several_frames_in_one_read() {
    for role in ROLES {
        let frames = [
            frame_to(role, TEXT, b"one"),
            frame_to(role, PING, b"two"),
            frame_to(role, BINARY & !FIN, b"th"),
            frame_to(role, PONG, b"three"),
            frame_to(role, CONTINUATION, b"ree"),
            frame_to(role, TEXT, b""),
            frame_to(role, CLOSE, b"\x03\xe8done"),
        ];
        let mut connection = connection(role);
        let expected = [
            Event::Text("one".into()),
            Event::Ping(b"two".to_vec().into()),
            Event::Pong(b"three".to_vec().into()),
            Event::Binary(b"three".to_vec().into()),
            Event::Text("".into()),
            Event::Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: "done".into() })),
        ];
        assert_eq!(receive(&mut connection, &frames.concat()), expected);
        let replies = [frame_to(role.peer(), PONG, b"two"), frame_to(role.peer(), CLOSE, b"\x03\xe8")];
        assert_eq!(written(&mut connection), replies.concat());
    }
}

/// [O-30] What was complete before a violation is delivered, also from the same read.
#[test]
fn events_before_a_violation_are_delivered() {
    Broken::assert_everywhere(
        |role| Broken {
            before: [frame_to(role, TEXT, b"good"), frame_to(role, PING, b"good"), frame_to(role, BINARY, b"")]
                .concat(),
            bad: frame_to(role, 0x83, b"bad"),
            at: 0,
            violation: Violation::ReservedOpcode(3),
        },
        |_| {},
    );
    for role in ROLES {
        let bytes = [frame_to(role, TEXT, b"good"), frame_to(role, 0x83, b"bad")].concat();
        assert_eq!(receive(&mut connection(role), &bytes).first(), Some(&Event::Text("good".into())));
    }
}

/// [J-04] [J-08] [J-12] Each frame has a key of its own, which starts again at its payload and goes on across reads;
/// zero is a key.
#[test]
fn each_frame_is_unmasked_with_its_own_key() {
    let bytes = [
        masked(TEXT & !FIN, [1, 2, 3, 4], b"seven b"),
        masked(PING, [0x10, 0x20, 0x30, 0x40], b"three"),
        masked(0, [0; 4], b"ytes, n"),
        masked(CONTINUATION, [0xFF, 0, 0xAA, 0x55], b"ot eight"),
        masked(BINARY, [0, 0, 0, 1], &[9; 9]),
    ]
    .concat();
    for cut in 1..=bytes.len() {
        let expected = [
            Event::Ping(b"three".to_vec().into()),
            Event::Text("seven bytes, not eight".into()),
            Event::Binary(vec![9; 9].into()),
        ];
        assert_eq!(receive_cut(&mut connection(Role::Server), &bytes, cut), expected, "cut after {cut}");
    }
}

/// [I-13] [I-14] [I-15] [I-16] The codec alone: each form begins where the one before it ends, and takes as many bytes
/// as it should.
#[test]
fn the_codec_takes_the_shortest_form() {
    for (payload_len, len) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (i64::MAX as u64, 10)] {
        for key in [None, Some(KEY)] {
            let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key, payload_len };
            let mut bytes = [0; MAX_HEADER_LEN];
            let expected = len + if key.is_some() { 4 } else { 0 };
            assert_eq!((header.encoded_len(), header.encode(&mut bytes)), (expected, expected));
            let role = if key.is_some() { Role::Server } else { Role::Client };
            assert_eq!(bytes[..expected], header_to(role, BINARY, [0, 2, 8][len / 4], payload_len));
        }
    }
}

/// [I-23] What follows a cut is not taken for a frame of its own, however much it looks like one: the rest of a header, and
/// the rest of a ping.
#[test]
fn the_rest_of_a_cut_frame_looks_like_a_frame() {
    for role in ROLES {
        for text in [false, true] {
            // The first byte and the second, and then a whole frame: 0x81 or 0x82, a length, and all that belongs to it.
            let lookalike = frame_to(role, if text { 0x81 } else { 0x82 }, b"Hello");
            let mut frames = vec![(frame_to(role, 0x89, &unmask(role, &[&lookalike[..], b"12"].concat())), vec![])];
            if role == Role::Server {
                let key: [u8; 4] = lookalike[..4].try_into().unwrap();
                let mut frame = vec![0x82, 0x94];
                frame.extend(key);
                frame.extend(&lookalike[4..]);
                frame.resize(26, 0x55);
                frames.push((frame, vec![2]));
            } else {
                let mut frame = vec![0x82, 126];
                frame.extend(&lookalike);
                frame.resize(4 + (usize::from(lookalike[0]) << 8 | usize::from(lookalike[1])), 0x55);
                frames.push((frame, vec![2]));
            }
            for (frame, cuts) in frames {
                let whole = receive(&mut connection(role), &frame);
                assert_eq!(whole.len(), 1);
                for cut in if cuts.is_empty() { (1..frame.len()).collect() } else { cuts } {
                    let mut connection = connection(role);
                    let mut events = receive(&mut connection, &frame[..cut]);
                    events.extend(receive(&mut connection, &frame[cut..]));
                    assert_eq!(events, whole, "{role:?}: cut after {cut} of {}", frame.len());
                }
            }
        }
    }
}

/// A payload that is on the wire as `bytes`, if the frame is made by `frame_to`.
fn unmask(role: Role, bytes: &[u8]) -> Vec<u8> {
    match role {
        Role::Server => crate::common::naive_mask(bytes, KEY),
        Role::Client => bytes.to_vec(),
    }
}
