//! Messages in pieces, in both directions: `Delivery::Chunks` and `send_…_chunk`.

use crate::{
    common::{ROLES, close_from, frame_to, receive_cut, written},
    kit::{
        BINARY, Miniz, NO_CONTEXT_TAKEOVER, PLAIN, TEXT, Unminiz, agreed, agreed_with, deflated, noise, outgoing,
        prose, stored,
    },
    oracle::{Block, Oracle},
};
use bowline::{Connection, Delivery, Event, Input, Message, Role, Violation};
use bowline_test::Frame;

fn in_chunks(role: Role, params: &str) -> Connection {
    agreed_with(role, params, |config| {
        config.delivery = Delivery::Chunks;
        // They do not count here.
        (config.limits.message, config.limits.frame) = (10, 10);
    })
}

/// The content of the chunks, and how many there were; the last is the last event, and no other says so.
#[track_caller]
fn content(events: Vec<Event<'static>>) -> (Vec<u8>, usize) {
    let (mut content, mut count) = (Vec::new(), 0);
    let mut is_over = false;
    for event in events {
        assert!(!is_over, "{event:?} after the last");
        let (data, last) = match event {
            Event::TextChunk { text, last } => (text.into_string().into_bytes(), last),
            Event::BinaryChunk { data, last } => (data.into_vec(), last),
            Event::Ping(_) => continue,
            other => panic!("{other:?}"),
        };
        assert!(last || !data.is_empty(), "a chunk that brings nothing");
        content.extend(data);
        count += 1;
        is_over = last;
    }
    assert!(is_over);
    (content, count)
}

/// How long a chunk is at the most, and, unless it is the last one of its input, at the least.
const MOST: usize = 16 * 1024;
const LEAST: usize = 2 * 1024;

/// [T-08] [T-18] However the bytes are cut, and into whatever fragments, with pings between them: the chunks add up to the message.
#[test]
fn the_same_however_it_is_cut() {
    let message = "é한🎈 ".repeat(4000).into_bytes();
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for payload in [deflated(&message), stored(&message, 5000)] {
                let (one, two) = payload.split_at(payload.len() / 3);
                let ping = frame_to(role, 0x89, b"ping");
                let fragments = [frame_to(role, first & 0x7F, one), ping, frame_to(role, 0x80, two)].concat();
                for bytes in [frame_to(role, first, &payload), fragments] {
                    for cut in [1, 2, 100, 5000, usize::MAX] {
                        let mut connection = in_chunks(role, PLAIN);
                        let (received, count) = content(receive_cut(&mut connection, &bytes, cut));
                        assert!(received == message, "cut after {cut}");
                        assert!(count >= message.len() / MOST);
                        // The connection goes on.
                        let next = receive_cut(&mut connection, &frame_to(role, TEXT, &deflated(b"next")), 1);
                        assert_eq!(content(next).0, b"next");
                    }
                }
            }
        }
    }
}

/// [T-27] What a few bytes come to comes out chunk by chunk, of 16 KiB at the most, with an empty input as well, until `receive` says
/// that there is no more; and then the message is over.
#[test]
fn drained_with_an_empty_input() {
    let len = 5_000_000;
    for role in ROLES {
        for first in [TEXT, BINARY] {
            let mut bytes = frame_to(role, first, &deflated(&vec![b'a'; len]));
            assert!(bytes.len() < len / 900);
            let mut connection = in_chunks(role, PLAIN);
            let (mut received, mut calls, mut is_over) = (0, 0, false);
            let mut input = Input::from(&mut bytes[..]);
            while let Some(event) = connection.receive(&mut input) {
                let (data, last) = match event {
                    Event::TextChunk { text, last } => (text.into_string().into_bytes(), last),
                    Event::BinaryChunk { data, last } => (data.into_vec(), last),
                    other => panic!("{other:?}"),
                };
                assert!(data.len() <= MOST && data.iter().all(|byte| *byte == b'a'));
                (received, calls) = (received + data.len(), calls + 1);
                assert!(!is_over);
                is_over = last;
            }
            assert!(is_over && input.is_empty());
            assert_eq!(received, len);
            assert!((len / MOST..len / LEAST + 3).contains(&calls), "{calls} chunks");
        }
    }
}

/// [T-27] The same where the last byte of the input has come long before the last chunk of it.
#[test]
fn drained_later() {
    for role in ROLES {
        let bytes = frame_to(role, BINARY, &deflated(&vec![0; 1_000_000]));
        let mut connection = in_chunks(role, PLAIN);
        let mut received = 0;
        for byte in bytes {
            let mut byte = [byte];
            let mut input = Input::from(&mut byte);
            while let Some(event) = connection.receive(&mut input) {
                let Event::BinaryChunk { data, .. } = event else { panic!("{event:?}") };
                received += data.len();
                // From now on with nothing.
                input = Input::default();
            }
        }
        assert_eq!(received, 1_000_000);
    }
}

/// [T-08] [T-27] A message that ends at the end of a chunk, or about there: what the last byte of it still means comes out, and then
/// the message is over.
#[test]
fn lengths_about_a_chunk() {
    // The last are long enough, compressed, for chunks of the longest kind.
    let lengths = (LEAST - 6..LEAST + 600).chain(2 * LEAST - 6..2 * LEAST + 300);
    let lengths: Vec<usize> = lengths.chain((40 * MOST - 6..40 * MOST + 270).step_by(13)).collect();
    for role in ROLES {
        for &len in &lengths {
            let data = vec![b'a'; len];
            let bytes = frame_to(role, BINARY, &deflated(&data));
            let cuts = if len < MOST { &[1, usize::MAX][..] } else { &[usize::MAX] };
            for &cut in cuts {
                assert!(content(receive_cut(&mut in_chunks(role, PLAIN), &bytes, cut)).0 == data, "{len} bytes");
                let mut whole = agreed(role, PLAIN);
                for _ in 0..2 {
                    assert!(receive_cut(&mut whole, &bytes, cut) == [crate::kit::binary(&data)], "{len} bytes");
                }
            }
        }
    }
}

/// [T-23] [T-24] An empty message is one chunk, the last.
#[test]
fn empty_messages() {
    for role in ROLES {
        for payload in [&[][..], &[0]] {
            let mut connection = in_chunks(role, NO_CONTEXT_TAKEOVER);
            for first in [TEXT, BINARY] {
                let events = receive_cut(&mut connection, &frame_to(role, first, payload), usize::MAX);
                assert_eq!(content(events), (vec![], 1));
            }
            let bytes = [frame_to(role, 0x41, &[]), frame_to(role, 0x80, payload)].concat();
            assert_eq!(content(receive_cut(&mut connection, &bytes, 1)), (vec![], 1));
        }
    }
}

/// [M-09] [T-25] Text that is not UTF-8 and data that are bad fail the connection as they do with whole messages.
#[test]
fn bad_messages() {
    let mut bad_text = prose(20_000).into_bytes();
    bad_text[15_000] = 0xFF;
    let mut bad_data = stored(&noise(20_000), 5000);
    bad_data[3 * 5005 + 3] ^= 1;
    for role in ROLES {
        for (payload, violation) in
            [(deflated(&bad_text), Violation::InvalidText), (bad_data.clone(), Violation::InvalidDeflate)]
        {
            let first = if violation == Violation::InvalidText { TEXT } else { BINARY };
            for cut in [1, 1000, usize::MAX] {
                let mut connection = in_chunks(role, PLAIN);
                let bytes = [frame_to(role, TEXT, &[]), frame_to(role, first, &payload)].concat();
                let mut events = receive_cut(&mut connection, &bytes, cut);
                let Some(Event::Failed(error)) = events.pop() else { panic!("{events:?}") };
                let start = frame_to(role, TEXT, &[]).len() as u64;
                assert_eq!((error.violation(), error.position()), (violation, start));
                assert_eq!(written(&mut connection), close_from(role, 1007, ""));
            }
        }
    }
}

/// [T-03] [T-09] [T-10] [T-06] Messages sent in chunks: RSV1 on the first frame only, the tail on all but the last, and together they
/// inflate to the message. Empty chunks may be anywhere.
#[test]
fn sent_in_chunks() {
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed(role, params);
            let (mut oracle, mut miniz) = (Oracle::new(15), Unminiz::new());
            for sizes in [&[1000, 1, 70_000][..], &[0, 300, 0, 0, 4, 0], &[2, 0], &[0, 0], &[0], &[5000]] {
                let chunks: Vec<_> = sizes.iter().map(|size| prose(*size)).collect();
                for (index, chunk) in chunks.iter().enumerate() {
                    connection.send_text_chunk(&**chunk, index + 1 == chunks.len()).unwrap();
                }
                let frames = Frame::decode_all(&written(&mut connection));
                assert_eq!(frames.len(), sizes.len());
                let mut payload = Vec::new();
                for (index, frame) in frames.iter().enumerate() {
                    let is_last = index + 1 == sizes.len();
                    let fin = if is_last { 0x80 } else { 0 };
                    assert_eq!(frame.first, fin | if index == 0 { 0x41 } else { 0 });
                    if !is_last && sizes[index] > 0 {
                        assert!(frame.payload.ends_with(&[0, 0, 0xFF, 0xFF]));
                    }
                    payload.extend(&frame.payload);
                }
                if params == NO_CONTEXT_TAKEOVER {
                    oracle.restart();
                    miniz = Unminiz::new();
                }
                let message = chunks.concat().into_bytes();
                assert_eq!(oracle.message(&payload).unwrap(), message);
                assert_eq!(miniz.message(&payload), message);
                assert_eq!(oracle.blocks.last(), Some(&(Block::Stored, false)));
            }
        }
    }
}

/// [T-28] [T-20] A message goes on as its first chunk began, whatever is asked for its later chunks, and short chunks are compressed
/// as well: the length of the message is not known yet.
#[test]
fn as_the_first_chunk_began() {
    for role in ROLES {
        let mut connection = agreed_with(role, PLAIN, |config| {
            if let Some(options) = &mut config.deflate {
                options.threshold = 1000;
            }
        });
        for (on, first) in [(true, 0x42), (false, 0x02), (true, 0x42)] {
            for (data, last, compress) in [("a", false, on), ("b", false, !on), ("c", true, true)] {
                let chunk = Message::BinaryChunk { data: data.into(), last };
                connection.send(outgoing(chunk, compress)).unwrap();
            }
            let frames = Frame::decode_all(&written(&mut connection));
            assert_eq!(frames.iter().map(|frame| frame.first).collect::<Vec<_>>(), [first, 0x00, 0x80]);
            assert_eq!(frames[1].payload == b"b", !on);
        }
    }
}

/// What cannot be compressed takes a little more room in chunks, less than is asked for before: a queue with that much room takes
/// each of them, at every level.
#[test]
fn chunks_of_noise() {
    for role in ROLES {
        for (level, memory_level, window_bits) in [(0, 1, 9), (1, 1, 9), (1, 8, 15), (2, 1, 9), (6, 1, 9), (9, 9, 15)] {
            for len in [1, 10, 63, 64, 65, 1000, 5000, 100_000] {
                let mut connection = agreed_with(role, PLAIN, |config| {
                    if let Some(options) = &mut config.deflate {
                        (options.level, options.memory_level) = (level, memory_level);
                        options.window_bits = window_bits;
                    }
                    config.limits.output = len + len / 8 + 64 + 14;
                });
                // Bytes above 143 have the longest of the fixed codes.
                let data: Vec<u8> = noise(len).iter().map(|byte| byte | 0x90).collect();
                let mut payload = Vec::new();
                for last in [false, false, true] {
                    connection.send_binary_chunk(&data[..], last).unwrap();
                    payload.extend(Frame::decode_all(&written(&mut connection)).remove(0).payload);
                }
                assert_eq!(Oracle::new(15).message(&payload).unwrap(), data.repeat(3));
            }
        }
    }
}

/// [T-18] Received chunk by chunk, the window is kept as with whole messages.
#[test]
fn takeover_in_chunks() {
    for role in ROLES {
        let (mut connection, mut miniz) = (in_chunks(role, PLAIN), Miniz::new(6));
        for round in 0..5 {
            let message = prose(9000 + round).into_bytes();
            let payload = miniz.message(&message);
            let events = receive_cut(&mut connection, &frame_to(role, TEXT, &payload), 10);
            assert_eq!(content(events).0, message);
        }
    }
}

/// [T-27] Chunks that need no further bytes are there to be polled, as well as received with an empty input.
#[test]
fn drained_by_polling() {
    for role in ROLES {
        let mut bytes = frame_to(role, BINARY, &deflated(&vec![0; 1_000_000]));
        let mut connection = in_chunks(role, PLAIN);
        let (mut input, mut received) = (Input::from(&mut bytes), 0);
        let mut next = connection.receive(&mut input);
        while let Some(event) = next {
            let Event::BinaryChunk { data, .. } = event else { panic!("{event:?}") };
            received += data.len();
            next = if input.is_empty() { connection.poll_event() } else { connection.receive(&mut input) };
        }
        assert_eq!(received, 1_000_000);
    }
}
