//! Messages that go out compressed (RFC 7692 §6.1, §7.2.1).

use crate::{
    common::{ROLES, frame_from, frame_to, receive, written},
    kit::{
        NO_CONTEXT_TAKEOVER, PLAIN, Unminiz, agreed, agreed_with, ask, noise, options, outgoing, pair, prose, serve,
        shared,
    },
    oracle::{Block, Oracle},
};
use bowline::{CloseCode, Connection, Event, Message, Outgoing, Prepared, Role, SendError, Text};
use bowline_test::Frame;

/// What `connection` sends for a message: its only frame.
fn sent(connection: &mut Connection, message: &str) -> Frame {
    connection.send_text(message).unwrap();
    only(connection)
}

/// The same for a message that may be compressed, or not.
fn sent_as(connection: &mut Connection, message: &str, compress: bool) -> Frame {
    connection.send(outgoing(message, compress)).unwrap();
    only(connection)
}

fn only(connection: &mut Connection) -> Frame {
    let mut frames = Frame::decode_all(&written(connection));
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

/// [T-09] [T-16] [T-06] What is sent inflates, by two other decoders, to the message; its last block is an empty stored one whose
/// tail is missing, and no block is marked as final. The opcode is that of the message.
#[test]
fn what_is_sent_inflates() {
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed(role, params);
            let (mut oracle, mut miniz) = (Oracle::new(15), Unminiz::new());
            for (round, len) in [20, 64, 125, 126, 1000, 4095, 4096, 4097, 65_536, 100_000].into_iter().enumerate() {
                let message = prose(len);
                let text = round % 2 == 0;
                if text { connection.send_text(&*message) } else { connection.send_binary(message.as_bytes()) }
                    .unwrap();
                let frame = only(&mut connection);
                if frame.first & 0x40 == 0 {
                    assert!(len < 64, "{len} bytes are sent as they are");
                    assert_eq!(frame.payload, message.as_bytes());
                    continue;
                }
                assert_eq!(frame.first, if text { 0xC1 } else { 0xC2 });
                assert_eq!(frame.key.is_some(), role == Role::Client);
                assert!(frame.payload.len() < len);
                if params == NO_CONTEXT_TAKEOVER {
                    // [T-12] [T-13] Each message begins with an empty window.
                    (oracle, miniz) = (Oracle::new(15), Unminiz::new());
                }
                assert_eq!(oracle.message(&frame.payload).unwrap(), message.as_bytes());
                assert_eq!(miniz.message(&frame.payload), message.as_bytes());
                assert_eq!(oracle.blocks.last(), Some(&(Block::Stored, false)));
                assert!(!frame.payload.ends_with(&[0, 0, 0xFF, 0xFF]));
                assert!(oracle.blocks.iter().all(|(_, last)| !last));
            }
        }
    }
}

/// [T-09] [T-16] So it is with every level and every memory level.
#[test]
fn all_levels() {
    let message = prose(30_000);
    for level in 0..=10 {
        for memory_level in [0, 1, 2, 5, 8, 9, 10] {
            let options = options(|options| (options.level, options.memory_level) = (level, memory_level));
            let (mut server, _) = serve(Some(options), &[PLAIN]);
            let mut oracle = Oracle::new(15);
            for _ in 0..2 {
                let frame = sent(&mut server, &message);
                if level == 0 {
                    // Stored blocks are longer than what is in them.
                    assert_eq!((frame.first, frame.payload), (0x81, message.clone().into_bytes()));
                } else {
                    assert_eq!(frame.first, 0xC1);
                    assert_eq!(oracle.message(&frame.payload).unwrap(), message.as_bytes());
                }
            }
            assert!(oracle.blocks.iter().all(|(_, last)| !last));
        }
    }
}

/// [T-12] [T-13] [S-22] [S-28] Without context takeover a message is the same whatever came before it; with context takeover it refers to it.
#[test]
fn takeover() {
    let message = prose(2000);
    for role in ROLES {
        let mut connection = agreed(role, NO_CONTEXT_TAKEOVER);
        let first = sent(&mut connection, &message);
        for other in ["", "short", &prose(5000), &message] {
            sent(&mut connection, other);
            assert_eq!(sent(&mut connection, &message), first);
        }
        assert_eq!(Oracle::new(15).message(&first.payload).unwrap(), message.as_bytes());

        let mut connection = agreed(role, PLAIN);
        assert_eq!(sent(&mut connection, &message), first);
        let second = sent(&mut connection, &message);
        assert!(second.payload.len() < first.payload.len() / 2, "{} bytes", second.payload.len());
        assert!(Oracle::new(15).message(&second.payload).is_err());
    }
}

/// [T-12] [T-13] The two directions are agreed on by themselves, and an endpoint may keep nothing although it could.
#[test]
fn takeover_in_one_direction() {
    let message = prose(2000);
    for role in ROLES {
        let (own, other) = match role {
            Role::Server => ("server_no_context_takeover", "client_no_context_takeover"),
            Role::Client => ("client_no_context_takeover", "server_no_context_takeover"),
        };
        let mut connection = agreed(role, &format!("{PLAIN}; {own}"));
        assert_eq!(sent(&mut connection, &message), sent(&mut connection, &message));
        let mut connection = agreed(role, &format!("{PLAIN}; {other}"));
        assert_ne!(sent(&mut connection, &message), sent(&mut connection, &message));
    }
    let thrifty = options(|options| options.context_takeover = false);
    // A server need not say that it does not use its window.
    let mut client = ask(Some(thrifty), &[PLAIN]).unwrap();
    assert_eq!(sent(&mut client, &message), sent(&mut client, &message));
}

/// [T-28] [T-20] [T-02] Messages below the threshold, those that are not to be compressed and those that cannot be are sent as they
/// are, between others, and those after them inflate all the same.
#[test]
fn as_they_are() {
    let long = prose(1000);
    let random: String = noise(5000).iter().map(|byte| char::from(32 + byte % 95)).collect();
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed_with(role, params, |config| {
                config.deflate = Some(options(|options| options.threshold = 100));
            });
            let mut oracle = Oracle::new(15);
            for round in 0..6 {
                let frame = sent(&mut connection, &long);
                assert_eq!(frame.first, 0xC1);
                if params == NO_CONTEXT_TAKEOVER {
                    oracle.restart();
                }
                assert_eq!(oracle.message(&frame.payload).unwrap(), long.as_bytes());
                let (message, on) = match round % 3 {
                    0 => (&long[..99], true),
                    1 => (&*long, false),
                    _ => (&*random, true),
                };
                let frame = sent_as(&mut connection, message, on);
                let is_plain = frame.first == 0x81;
                assert!(is_plain || message == random);
                let data = if is_plain { frame.payload } else { oracle.message(&frame.payload).unwrap() };
                assert_eq!(data, message.as_bytes());
            }
        }
    }
}

/// [T-28] The threshold is exact, and an empty message is never compressed.
#[test]
fn the_threshold() {
    for threshold in [0, 1, 64, 1000, usize::MAX] {
        let (mut server, _) = serve(Some(options(|options| options.threshold = threshold)), &[PLAIN]);
        for len in [0, 1, 63, 64, 65, 999, 1000, 1001] {
            let message = "a".repeat(len);
            let frame = sent(&mut server, &message);
            // A few bytes cannot become fewer.
            let expected = len >= threshold && len > 8;
            assert_eq!(frame.first & 0x40 != 0, expected, "{len} bytes, threshold {threshold}");
        }
    }
}

/// [T-28] What compression would make longer is sent as it is, of whatever length, and the next message inflates without it.
#[test]
fn what_cannot_be_compressed() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let mut oracle = Oracle::new(15);
        let (mut random, mut used) = (noise(80_000), 0);
        for len in [1, 2, 10, 100, 5000, 70_000] {
            // None of it is there twice, or the second time could refer to the first.
            random.drain(..used);
            let data = random[..len].to_vec();
            used = len;
            connection.send_binary(data.clone()).unwrap();
            let frame = only(&mut connection);
            assert_eq!(frame.first, 0x82, "{len} bytes");
            assert!(frame.payload == data);
            // Compressed, it would be short if the one before were in the window.
            connection.send_binary([&data[..], &prose(400).into_bytes()].concat()).unwrap();
            let frame = only(&mut connection);
            if frame.first == 0xC2 {
                oracle.message(&frame.payload).unwrap();
            }
            let message = prose(3000);
            let frame = sent(&mut connection, &message);
            assert_eq!(oracle.message(&frame.payload).unwrap(), message.as_bytes());
        }
    }
}

/// [T-03] [T-01] Control frames go as they are, without RSV1, at any time.
#[test]
fn control_frames() {
    let body = [b'a'; 125];
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        sent(&mut connection, &prose(1000));
        connection.ping(&body).unwrap();
        connection.pong(&body).unwrap();
        receive(&mut connection, &frame_to(role, 0x89, &body));
        connection.send_text_chunk(&*prose(1000), false).unwrap();
        connection.ping(&body).unwrap();
        let reason = "a".repeat(123);
        connection.close(CloseCode::NORMAL, &reason).unwrap();
        let frames = Frame::decode_all(&written(&mut connection));
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [0x89, 0x8A, 0x8A, 0x41, 0x89, 0x88]);
        for index in [0, 1, 2, 4] {
            assert_eq!(frames[index].payload, body);
        }
        assert_eq!(frames[5].payload[2..], *reason.as_bytes());
    }
}

/// [T-18] What does not fit under the limit on the output is refused before it is compressed: what is sent later inflates.
#[test]
fn no_room() {
    for role in ROLES {
        let mut connection = agreed_with(role, PLAIN, |config| config.limits.output = 6000);
        let mut oracle = Oracle::new(15);
        let message = prose(5000);
        for _ in 0..3 {
            let frame = sent(&mut connection, &message);
            assert_eq!(oracle.message(&frame.payload).unwrap(), message.as_bytes());
            connection.send_binary(noise(4000)).unwrap();
            let queued = connection.buffered_amount();
            assert!(matches!(connection.send_text(&*message), Err(SendError::Full { limit: 6000, .. })));
            assert!(matches!(connection.send_text_chunk(&*message, true), Err(SendError::Full { .. })));
            assert_eq!(connection.buffered_amount(), queued);
            written(&mut connection);
        }
    }
}

/// [T-18] Nor does any other refused call change what is sent later.
#[test]
fn refused_calls() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let mut oracle = Oracle::new(15);
        let message = prose(1000);
        connection.send_text_chunk(&*message, false).unwrap();
        assert_eq!(connection.send_text(&*message), Err(SendError::InMessage));
        assert_eq!(connection.send_binary_chunk(noise(500), true), Err(SendError::ChunkKind));
        assert_eq!(connection.send_prepared(&Prepared::text(&message)), Err(SendError::InMessage));
        connection.send_text_chunk(&*message, true).unwrap();
        let payload: Vec<u8> =
            Frame::decode_all(&written(&mut connection)).into_iter().flat_map(|frame| frame.payload).collect();
        assert_eq!(oracle.message(&payload).unwrap(), [message.as_bytes(), message.as_bytes()].concat());
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(connection.send_text(&*message), Err(SendError::Closing));
        assert_eq!(written(&mut connection), crate::common::close_from(role, 1000, ""));
    }
}

/// [T-01] [S-08] Where nothing was agreed nothing is compressed, and the frames are those of a connection without the extension.
#[test]
fn nothing_agreed() {
    let message = prose(1000);
    let mut server = serve(Some(crate::kit::eager()), &[]).0;
    server.send_text(&*message).unwrap();
    server.send_text_chunk(&*message, false).unwrap();
    server.send_text_chunk(&*message, true).unwrap();
    let expected = [0x81, 0x01, 0x80].map(|first| frame_from(Role::Server, first, message.as_bytes())).concat();
    assert_eq!(written(&mut server), expected);
}

/// [T-28] A message that is sent uncompressed has no RSV1, whole or in chunks, of either kind and prepared; the next one is compressed
/// again, with the window as it was.
#[test]
fn uncompressed_for_one_message() {
    let long = prose(2000);
    let (text, binary) = (|| Message::text(&*long), || Message::binary(long.clone()));
    let chunk = |data: &str, last| Message::TextChunk { text: Text::from(data).into_owned(), last };
    let first_bytes = |connection: &mut Connection| {
        Frame::decode_all(&written(connection)).iter().map(|frame| frame.first).collect::<Vec<_>>()
    };
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed(role, params);
            for _ in 0..3 {
                for (message, first) in [(text(), 0x81), (binary(), 0x82)] {
                    connection.send(message.clone().uncompressed()).unwrap();
                    assert_eq!(first_bytes(&mut connection), [first]);
                    connection.send(message).unwrap();
                    assert_eq!(first_bytes(&mut connection), [first | 0x40]);
                }
                connection.send(chunk(&long, false).uncompressed()).unwrap();
                connection.send(chunk(&long, false)).unwrap();
                connection.send_text_chunk(&*long, true).unwrap();
                assert_eq!(first_bytes(&mut connection), [0x01, 0x00, 0x80]);
                connection.send(chunk(&long, false)).unwrap();
                connection.send(chunk(&long, true).uncompressed()).unwrap();
                assert_eq!(first_bytes(&mut connection), [0x41, 0x80]);

                let prepared = Prepared::text(&long);
                connection.send_prepared(&prepared.clone().uncompressed()).unwrap();
                connection.send_prepared(&prepared).unwrap();
                assert_eq!(first_bytes(&mut connection), [0x81, 0xC1]);
            }
        }
    }
}

/// [T-28] The peer receives all of them as they were sent, compressed or not, in any order.
#[test]
fn uncompressed_among_compressed() {
    let options = options(|options| options.threshold = 0);
    let [mut client, mut server] = pair(&shared(options.clone()), &shared(options));
    for index in 0..40 {
        let text = prose(100 * index);
        for from in [&mut client, &mut server] {
            from.send(outgoing(&*text, index % 3 != 0)).unwrap();
            from.send(Message::TextChunk { text: Text::from(&*text).into_owned(), last: false }.uncompressed())
                .unwrap();
            from.send(Message::TextChunk { text: Text::from_static("end"), last: true }).unwrap();
        }
        for (from, to) in [(0, 1), (1, 0)] {
            let ends = [&mut client, &mut server];
            let bytes = written(ends[from]);
            let events = receive(ends[to], &bytes);
            let expected = [text.clone(), text.clone() + "end"].map(|text| Event::Text(text.into()));
            assert_eq!(events, expected);
        }
    }
}

/// What can be asked of a message that is to be sent.
#[test]
fn outgoing_messages() {
    let message = Message::text("secret");
    let (usual, plain) = (Outgoing::from(message.clone()), message.clone().uncompressed());
    assert!(usual.compress() && !plain.compress() && usual != plain);
    assert_eq!((usual.message(), plain.message()), (&message, &message));
    assert_eq!((usual.into_message(), plain.clone().into_message()), (message.clone(), message));
    assert!(Outgoing::from("text").message().is_text() && Outgoing::from(vec![1]).message().is_binary());
    // Without compression it makes no difference.
    let (mut server, _) = serve(None, &[]);
    server.send(plain).unwrap();
    assert_eq!(only(&mut server).first, 0x81);
}
