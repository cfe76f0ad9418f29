//! Messages in fragments (RFC 6455 §5.4).

use crate::{
    common::{ROLES, connection, connection_with, frame_from, frame_to, receive, receive_cut, written},
    peer::{BINARY, Broken, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, all_receivers, fragments_to, joined},
};
use bowline::{Event, Violation, frame::Opcode};

/// All ways to cut `data` into pieces that are not empty.
fn partitions(data: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    (0..1_u32 << (data.len() - 1)).map(|cuts| {
        let (mut parts, mut start) = (Vec::new(), 0);
        for end in 1..=data.len() {
            if end == data.len() || cuts & (1 << (end - 1)) != 0 {
                parts.push(&data[start..end]);
                start = end;
            }
        }
        parts
    })
}

/// [K-01] [K-02] [K-05] [K-08] [K-12] [N-07] [N-08] [M-02] A message in every possible set of fragments is the
/// same message.
#[test]
fn fragments_make_no_difference() {
    let text = "aé한😀";
    for (role, delivery) in all_receivers() {
        for parts in partitions(text.as_bytes()) {
            for cut in [1, 4, usize::MAX] {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                let bytes = fragments_to(role, TEXT, parts.iter().copied());
                let events = joined(receive_cut(&mut connection, &bytes, cut));
                assert_eq!(events, [Event::Text(text.into())], "{parts:?}");
                let bytes = fragments_to(role, BINARY, parts.iter().copied());
                let events = joined(receive_cut(&mut connection, &bytes, cut));
                assert_eq!(events, [Event::Binary(text.as_bytes().to_vec().into())], "{parts:?}");
            }
        }
    }
}

/// [K-09] [N-08] [N-10] Empty fragments at the front, in between, at the end, and nothing else.
#[test]
fn empty_fragments_are_fragments() {
    let cases: [&[&[u8]]; 7] = [
        &[b"", b"message"],
        &[b"mess", b"", b"age"],
        &[b"mess", b"age", b""],
        &[b"", b"", b"mess", b"", b"", b"age", b"", b""],
        &[b"message"],
        &[b"", b""],
        &[b"", b"", b""],
    ];
    for (role, delivery) in all_receivers() {
        for parts in cases {
            for cut in [1, usize::MAX] {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                let bytes = [
                    fragments_to(role, TEXT, parts.iter().copied()),
                    fragments_to(role, BINARY, parts.iter().copied()),
                ]
                .concat();
                let data = parts.concat();
                let text = String::from_utf8(data.clone()).unwrap();
                let expected = [Event::Text(text.into()), Event::Binary(data.into())];
                assert_eq!(joined(receive_cut(&mut connection, &bytes, cut)), expected, "{parts:?}");
            }
        }
    }
}

/// [N-08] There is no event before the last fragment is complete.
#[test]
fn a_message_comes_with_its_last_byte() {
    for role in ROLES {
        let bytes = fragments_to(role, TEXT, [&b"one "[..], b"", b"message"]);
        let (last, others) = bytes.split_last().unwrap();
        let mut connection = connection(role);
        assert_eq!(receive_cut(&mut connection, others, 5), []);
        assert_eq!(receive(&mut connection, &[*last]), [Event::Text("one message".into())]);
    }
}

/// [K-03] [K-15] [I-12] A continuation of nothing: at the start, after a whole message, after a message in fragments,
/// and after control frames.
#[test]
fn nothing_to_continue() {
    for before in 0..4 {
        for fin in [0, FIN] {
            Broken::assert_everywhere(
                |role| Broken {
                    before: match before {
                        0 => Vec::new(),
                        1 => frame_to(role, TEXT, b"whole"),
                        2 => fragments_to(role, BINARY, [&b"in"[..], b"two"]),
                        _ => [frame_to(role, PING, b"ping"), frame_to(role, PONG, b"pong")].concat(),
                    },
                    bad: frame_to(role, fin, b"continued"),
                    at: 0,
                    violation: Violation::NothingToContinue,
                },
                |_| {},
            );
        }
    }
}

/// [K-04] [I-12] A message in a message, of either kind, whole or in fragments, at its second fragment or later, after
/// control frames or not.
#[test]
fn a_message_in_a_message() {
    for begun in [TEXT & !FIN, BINARY & !FIN] {
        for (first, opcode) in [(TEXT, Opcode::Text), (BINARY, Opcode::Binary)] {
            for (fin, with) in [(0, 0), (FIN, 0), (0, 1), (FIN, 1), (FIN, 2)] {
                Broken::assert_everywhere(
                    |role| Broken {
                        before: [
                            frame_to(role, begun, b"begun"),
                            match with {
                                0 => Vec::new(),
                                1 => frame_to(role, PING, b"ping"),
                                _ => frame_to(role, 0, b"continued"),
                            },
                        ]
                        .concat(),
                        bad: frame_to(role, first & !FIN | fin, b"another"),
                        at: 0,
                        violation: Violation::MessageInMessage(opcode),
                    },
                    |_| {},
                );
            }
        }
    }
}

/// [K-07] [I-12] A control frame without FIN, in a message and outside, with a payload and without.
#[test]
fn fragmented_control_frames() {
    for (first, opcode) in [(CLOSE, Opcode::Close), (PING, Opcode::Ping), (PONG, Opcode::Pong)] {
        for in_message in [false, true] {
            for payload in [&b""[..], b"\x03\xe8"] {
                Broken::assert_everywhere(
                    |role| Broken {
                        before: if in_message { frame_to(role, TEXT & !FIN, b"begun") } else { Vec::new() },
                        bad: frame_to(role, first & !FIN, payload),
                        at: 0,
                        violation: Violation::FragmentedControl(opcode),
                    },
                    |_| {},
                );
            }
        }
    }
}

/// [K-06] [L-04] [L-09] Control frames between fragments: their events and the pong come at once, and the
/// message goes on.
#[test]
fn control_frames_between_fragments() {
    for role in ROLES {
        for cut in [1, usize::MAX] {
            let mut connection = connection(role);
            assert_eq!(receive_cut(&mut connection, &frame_to(role, TEXT & !FIN, b"mes"), cut), []);
            for round in 0..3 {
                let ping = frame_to(role, PING, &[round]);
                assert_eq!(receive_cut(&mut connection, &ping, cut), [Event::Ping(vec![round].into())]);
                assert_eq!(written(&mut connection), frame_from(role, PONG, &[round]));
                let unsolicited = frame_to(role, PONG, &[round, round]);
                assert_eq!(receive_cut(&mut connection, &unsolicited, cut), [Event::Pong(vec![round, round].into())]);
                assert_eq!(receive_cut(&mut connection, &frame_to(role, 0, b"sa"), cut), []);
            }
            let last = frame_to(role, CONTINUATION, b"ge");
            assert_eq!(receive_cut(&mut connection, &last, cut), [Event::Text("messasasage".into())]);
            assert_eq!(connection.buffered_amount(), 0);
        }
    }
}

/// [K-15] [N-09] [K-05] Nothing of a message is left for the next one, of whatever kind, in one frame or in several.
#[test]
fn a_message_leaves_nothing_behind() {
    for (role, delivery) in all_receivers() {
        let mut connection = connection_with(role, |config| config.delivery = delivery);
        let kinds = [(TEXT, b"text"), (BINARY, b"\xff\xfe\xfd\xfc")];
        for (first, first_data) in kinds {
            for (second, second_data) in kinds {
                for (split, next_split) in [(1, 4), (4, 1), (2, 2), (4, 4), (0, 3)] {
                    let bytes = [
                        fragments_to(role, first, [&first_data[..split], &first_data[split..]]),
                        fragments_to(role, second, [&second_data[..next_split], &second_data[next_split..]]),
                    ]
                    .concat();
                    let expected = [(first, first_data), (second, second_data)].map(|(kind, data)| match kind {
                        TEXT => Event::Text("text".into()),
                        _ => Event::Binary(data.to_vec().into()),
                    });
                    assert_eq!(joined(receive_cut(&mut connection, &bytes, 3)), expected);
                }
            }
        }
        assert_eq!(connection.buffered_amount(), 0);
    }
}

/// [K-02] [K-06] [K-12] [K-13] Fragments of all lengths, with something in between, are the same message in one read as byte by
/// byte, and break the same rules at the same places.
#[test]
fn fragments_in_one_read_as_byte_by_byte() {
    let payload = |len: usize| (0..len).map(|i| (i * 7 % 251) as u8).collect::<Vec<u8>>();
    for role in ROLES {
        for begin in [0x01, 0x02] {
            for len in [0, 1, 125, 126, 127, 513, 2000] {
                let text_or_bytes = if begin == 0x01 { vec![b'a'; len] } else { payload(len) };
                let middles: [&[(u8, Vec<u8>)]; 9] = [
                    &[],
                    &[(0x89, b"ping".to_vec())],
                    &[(0x00, Vec::new()), (0x00, Vec::new())],
                    &[(0x40, text_or_bytes.clone())],
                    &[(0x82, text_or_bytes.clone())],
                    &[(0x88, Vec::new())],
                    &[(0x00, vec![b'a'; 3000]), (0x00, vec![b'a'; 3000])],
                    &[0, 0, 1, 0, 0].map(|len| (0x00, vec![b'a'; len])),
                    &[2900, 2900, 2900, 1290, 100].map(|len| (0x00, vec![b'a'; len])),
                ];
                for middle in middles {
                    let first = [(begin, text_or_bytes.clone()), (0x00, text_or_bytes.clone())];
                    let last = [(0x00, text_or_bytes.clone()), (0x80, b"end".to_vec())];
                    let frames = first.iter().chain(middle).chain(&last);
                    let bytes: Vec<u8> = frames.flat_map(|(first, payload)| frame_to(role, *first, payload)).collect();
                    let with = |cut| {
                        let mut connection = connection_with(role, |config| {
                            config.limits.message = 10_000;
                            config.limits.frame = 2999 + usize::from(begin == 0x01);
                            config.limits.empty_fragments = 3;
                        });
                        (receive_cut(&mut connection, &bytes, cut), format!("{:?}", connection.closure()))
                    };
                    assert_eq!(with(usize::MAX), with(1), "{role:?} {begin} {len} {middle:?}");
                }
            }
        }
    }
}

/// [K-01] [K-05] [K-12] Short fragments in a row, and what can end such a row: pings, empty and long fragments, limits, and frames that
/// break a rule. In one read, in several, and byte by byte, the events, the errors and the answers are the same.
#[test]
fn short_fragments_in_a_row() {
    const LENGTHS: [usize; 7] = [64, 1, 125, 126, 0, 300, 7];
    let total: usize = LENGTHS.iter().sum::<usize>() * 20;
    for role in ROLES {
        for wrong in [None, Some(0x40), Some(0x01), Some(0x02), Some(0x03), Some(0x7F)] {
            let mut bytes = frame_to(role, BINARY & !FIN, b"first");
            for (i, len) in LENGTHS.iter().cycle().take(140).enumerate() {
                let first = wrong.filter(|_| i == 70).unwrap_or(CONTINUATION & !FIN);
                bytes.extend(frame_to(role, first, &vec![i as u8; *len]));
                if i % 10 == 9 {
                    bytes.extend(frame_to(role, PING, &[i as u8]));
                }
            }
            bytes.extend(frame_to(role, CONTINUATION, b"last"));
            let limits = [
                (usize::MAX, usize::MAX),
                (total + 9, 300),
                (total + 8, 300),
                (700, 300),
                (total + 9, 299),
                (total, 64),
            ];
            for (message, frame) in limits {
                let run = |cut| {
                    let mut connection =
                        connection_with(role, |config| (config.limits.message, config.limits.frame) = (message, frame));
                    (receive_cut(&mut connection, &bytes, cut), written(&mut connection))
                };
                let (events, answers) = run(1);
                assert_eq!(
                    events.iter().any(|event| matches!(event, Event::Binary(_))),
                    wrong.is_none() && message > total + 8 && frame >= 300
                );
                for cut in [usize::MAX, 10_000, 997, 70] {
                    assert_eq!(run(cut), (events.clone(), answers.clone()), "{wrong:?} {message} {frame} {cut}");
                }
            }
        }
    }
}
