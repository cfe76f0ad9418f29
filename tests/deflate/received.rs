//! Compressed messages that come in (RFC 7692 §6.2, §7.2.2, §7.2.3).

use crate::{
    common::{ROLES, close_from, frame_to, receive, receive_cut, written},
    kit::{
        BINARY, Miniz, NO_CONTEXT_TAKEOVER, PLAIN, TEXT, agreed, assert_received, binary, deflated, noise, prose,
        stored, text,
    },
    oracle::{Bad, Block, Oracle},
    raw::Raw,
};
use bowline::{Connection, Event, Role, Violation};

/// "Hello", compressed (§7.2.3.1).
const HELLO: &[u8] = &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
/// "Hello" after "Hello" (§7.2.3.2).
const HELLO_AGAIN: &[u8] = &[0xF2, 0x00, 0x11, 0x00, 0x00];
/// "Hello" in a block marked as final (§7.2.3.4).
const FINAL_HELLO: &[u8] = &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00];

/// Asserts that the last of `frames` is refused, at the first byte of the message that it belongs to, which is the `message`th
/// frame, however the bytes are cut.
#[track_caller]
fn assert_refused(role: Role, params: &str, frames: &[Vec<u8>], message: usize, violation: Violation) {
    let position = frames[..message].concat().len() as u64;
    for cut in [1, 2, 3, 7, usize::MAX] {
        let mut connection = agreed(role, params);
        let (last, before) = frames.split_last().unwrap();
        let events = receive_cut(&mut connection, &before.concat(), cut);
        assert!(!events.iter().any(|event| matches!(event, Event::Failed(_))), "too early: {events:?}");
        written(&mut connection);
        let events = receive_cut(&mut connection, last, cut);
        let [Event::Failed(error)] = &events[..] else { panic!("cut after {cut}: {events:?}") };
        assert_eq!((error.violation(), error.position()), (violation, position), "cut after {cut}");
        let code = violation.close_code().get();
        assert_eq!(written(&mut connection), close_from(role, code, ""));
        assert_eq!(receive(&mut connection, &frame_to(role, TEXT, HELLO)), []);
    }
}

#[track_caller]
fn assert_bad(params: &str, payloads: &[&[u8]]) {
    for role in ROLES {
        let frames: Vec<_> = payloads.iter().map(|payload| frame_to(role, BINARY, payload)).collect();
        assert_refused(role, params, &frames, frames.len() - 1, Violation::InvalidDeflate);
    }
}

/// [W-09] [T-17] "A Message Compressed Using One Compressed DEFLATE Block", in one frame.
#[test]
fn hello() {
    let mut client = agreed(Role::Client, PLAIN);
    assert_eq!(receive(&mut client, b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"), [text("Hello")]);
    assert_received(&mut agreed(Role::Server, PLAIN), TEXT, HELLO, text("Hello"));
    assert_received(&mut agreed(Role::Server, PLAIN), BINARY, HELLO, binary(b"Hello"));
}

/// [W-10] [T-08] The same in two frames.
#[test]
fn hello_in_two_frames() {
    let mut client = agreed(Role::Client, PLAIN);
    assert_eq!(receive(&mut client, b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"), [text("Hello")]);
}

/// [W-11] [T-18] [T-26] "Sharing LZ77 Sliding Window": the second "Hello" refers to the first, and is bad data where there is no
/// first.
#[test]
fn hello_again() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        assert_received(&mut connection, TEXT, HELLO, text("Hello"));
        for _ in 0..3 {
            assert_received(&mut connection, TEXT, HELLO_AGAIN, text("Hello"));
        }
    }
    assert_bad(PLAIN, &[HELLO_AGAIN]);
    assert_bad(NO_CONTEXT_TAKEOVER, &[HELLO, HELLO_AGAIN]);
}

/// [W-12] [T-22] "Using a DEFLATE Block with No Compression".
#[test]
fn hello_stored() {
    let mut client = agreed(Role::Client, PLAIN);
    let bytes = b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
    assert_eq!(receive(&mut client, bytes), [text("Hello")]);
}

/// [W-13] [T-21] "Using a DEFLATE Block with "BFINAL" Set to 1": the message decodes and so do those after it, with context takeover
/// and without, also where nothing at all follows the block.
#[test]
fn hello_final() {
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed(role, params);
            for _ in 0..2 {
                assert_received(&mut connection, TEXT, FINAL_HELLO, text("Hello"));
                assert_received(&mut connection, TEXT, HELLO, text("Hello"));
                assert_received(&mut connection, TEXT, &FINAL_HELLO[..7], text("Hello"));
                assert_received(&mut connection, TEXT, HELLO, text("Hello"));
            }
            let twice = [&FINAL_HELLO[..7], FINAL_HELLO].concat();
            assert_received(&mut connection, BINARY, &twice, binary(b"HelloHello"));
            let mixed = [&FINAL_HELLO[..7], HELLO].concat();
            assert_received(&mut connection, BINARY, &mixed, binary(b"HelloHello"));
            for cut in 1..FINAL_HELLO.len() {
                let frame = frame_to(role, TEXT, FINAL_HELLO);
                assert_eq!(receive_cut(&mut connection, &frame, cut), [text("Hello")]);
            }
        }
    }
}

/// [T-21] [T-26] A final block ends a stream: what follows it finds an empty window, in the same message and in the next.
#[test]
fn nothing_before_a_final_block() {
    assert_bad(PLAIN, &[FINAL_HELLO, HELLO_AGAIN]);
    assert_bad(PLAIN, &[&FINAL_HELLO[..7], HELLO_AGAIN]);
    assert_bad(PLAIN, &[&[&FINAL_HELLO[..7], HELLO_AGAIN].concat()]);
}

/// [W-14] [T-22] "Two DEFLATE Blocks in One Message".
#[test]
fn hello_in_two_blocks() {
    let payload = [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00];
    for role in ROLES {
        assert_received(&mut agreed(role, PLAIN), TEXT, &payload, text("Hello"));
    }
}

/// [W-15] [T-23] "Generating an Empty Fragment": alone it is an empty message, after other fragments it adds nothing.
#[test]
fn nothing_compressed() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        assert_received(&mut connection, TEXT, &[0], text(""));
        assert_received(&mut connection, BINARY, &[0], binary(b""));
        // The fragment before it has its tail.
        let with_tail = [HELLO, &[0, 0, 0xFF, 0xFF]].concat();
        let bytes = [frame_to(role, 0x41, &with_tail), frame_to(role, 0x80, &[0])].concat();
        assert_eq!(receive(&mut connection, &bytes), [text("Hello")]);
        assert_received(&mut connection, TEXT, HELLO_AGAIN, text("Hello"));
    }
}

/// [T-24] A compressed message without a byte of payload is empty, in one frame or in several; the window stays.
#[test]
fn nothing_at_all() {
    for role in ROLES {
        for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
            let mut connection = agreed(role, params);
            assert_received(&mut connection, TEXT, &[], text(""));
            assert_received(&mut connection, BINARY, &[], binary(b""));
            let fragments = [frame_to(role, 0x42, &[]), frame_to(role, 0x00, &[]), frame_to(role, 0x80, &[])].concat();
            assert_eq!(receive(&mut connection, &fragments), [binary(b"")]);
            assert_received(&mut connection, TEXT, HELLO, text("Hello"));
            assert_received(&mut connection, TEXT, &[], text(""));
            let next = if params == PLAIN { HELLO_AGAIN } else { HELLO };
            assert_received(&mut connection, TEXT, next, text("Hello"));
        }
    }
}

/// [T-22] Blocks of all types in one message, and what came before is in the window of each.
#[test]
fn all_types_of_blocks() {
    let part = prose(3000);
    let dynamic = deflated(part.as_bytes());
    let tail = [0, 0, 0xFF, 0xFF];
    let fixed = Raw::fixed(false).literals(b"fixed").three_from(3000).end().payload();
    let payload = [&dynamic[..], &tail, &fixed, &tail, &stored(&noise(70_000), 65_535)].concat();
    let mut oracle = Oracle::new(15);
    let message = oracle.message(&payload).unwrap();
    for block in [Block::Stored, Block::Fixed, Block::Dynamic] {
        assert!(oracle.blocks.contains(&(block, false)));
    }
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        for cut in [1, 100, usize::MAX] {
            let bytes = frame_to(role, BINARY, &payload);
            assert_eq!(receive_cut(&mut connection, &bytes, cut), [binary(&message)]);
        }
    }
}

/// [T-08] [T-01] The frames of a message may end anywhere, also in the middle of a code, there may be empty ones among them, and
/// control frames between them, which are not compressed.
#[test]
fn fragments_anywhere() {
    let message = prose(300);
    let payload = deflated(message.as_bytes());
    for role in ROLES {
        let ping = frame_to(role, 0x89, HELLO);
        let mut connection = agreed(role, NO_CONTEXT_TAKEOVER);
        for at in 0..=payload.len() {
            let bytes = [frame_to(role, 0x41, &payload[..at]), ping.clone(), frame_to(role, 0x80, &payload[at..])];
            let events = receive(&mut connection, &bytes.concat());
            assert_eq!(events, [Event::Ping(HELLO.to_vec().into()), text(&message)], "cut after {at}");
            assert_eq!(written(&mut connection), crate::common::frame_from(role, 0x8A, HELLO));
        }
        let mut bytes = frame_to(role, 0x41, &[]);
        for byte in &payload {
            bytes.extend([frame_to(role, 0x00, &[*byte]), frame_to(role, 0x00, &[])].concat());
        }
        bytes.extend(frame_to(role, 0x80, &[]));
        assert_eq!(receive(&mut connection, &bytes), [text(&message)]);
    }
}

/// [T-02] [T-20] [T-18] Compressed and plain messages in turn: RSV1 tells which is which, and the plain ones are not in the
/// window. The kind of the message is in the opcode, as ever.
#[test]
fn compressed_and_plain_in_turn() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let mut miniz = Miniz::new(6);
        for round in 0..5 {
            let message = prose(500 + round);
            let payload = miniz.message(message.as_bytes());
            assert!(round == 0 || payload.len() < 40);
            assert_received(&mut connection, TEXT, &payload, text(&message));
            assert_received(&mut connection, 0x82, HELLO, binary(HELLO));
            assert_received(&mut connection, 0x81, b"plain", text("plain"));
            let fragments = [frame_to(role, 0x01, b"pl"), frame_to(role, 0x80, b"ain")].concat();
            assert_eq!(receive(&mut connection, &fragments), [text("plain")]);
        }
    }
}

/// [T-18] [T-19] The window is kept over messages, and reaches 32,768 bytes back; without context takeover it does not.
#[test]
fn the_furthest_match() {
    let data = noise(32_768);
    let far = Raw::fixed(false).three_from(32_768).end().payload();
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        assert_received(&mut connection, BINARY, &stored(&data, 1000), binary(&data));
        assert_received(&mut connection, BINARY, &far, binary(&data[..3]));
        assert_received(&mut connection, BINARY, &far, binary(&data[3..6]));
    }
    let beyond = Raw::fixed(false).three_from(32_768).end().payload();
    assert_bad(PLAIN, &[&stored(&data[1..], 1000), &beyond]);
    assert_bad(NO_CONTEXT_TAKEOVER, &[&stored(&data, 1000), &far]);
}

/// [T-26] What is further back than there is anything is refused: also where an earlier message, or another connection, has
/// left something in that place.
#[test]
fn too_far_back() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        assert_received(&mut connection, BINARY, HELLO, binary(b"Hello"));
        let all_of_it = Raw::fixed(false).three_from(5).end().payload();
        assert_received(&mut connection, BINARY, &all_of_it, binary(b"Hel"));
    }
    assert_bad(PLAIN, &[HELLO, &Raw::fixed(false).three_from(6).end().payload()]);
    let some = Raw::fixed(false).literals(b"ab").three_from(3).end().payload();
    assert_eq!(Oracle::new(15).message(&some), Err(Bad::TooFar));
    assert_bad(PLAIN, &[&some]);
    for back in [1, 5, 100, 32_768] {
        let first = Raw::fixed(false).three_from(back).end().payload();
        assert_bad(PLAIN, &[&first]);
        assert_bad(NO_CONTEXT_TAKEOVER, &[&stored(&noise(40_000), 5000), HELLO, &first]);
    }
}

/// [T-25] What is not DEFLATE is refused, with 1007.
#[test]
fn corrupt_data() {
    let mut bad_codes = deflated(prose(2000).as_bytes());
    assert_eq!(bad_codes[0] & 6, 4, "a dynamic block");
    bad_codes[1..12].fill(0xFF);
    for bad in [
        // A block of the type that does not exist, last or not.
        &[0x06][..],
        &[0x07],
        // A stored block whose length is not what its complement says.
        &[0x00, 0x05, 0x00, 0xFA, 0xFE, b'H', b'e', b'l', b'l', b'o', 0x00],
        // Codes of literals and of distances that do not exist.
        &Raw::fixed(false).literals(b"Hello").end().bytes().iter().map(|_| 0xFE).collect::<Vec<_>>(),
        &bad_codes,
    ] {
        assert_bad(PLAIN, &[bad]);
        assert_bad(NO_CONTEXT_TAKEOVER, &[HELLO, HELLO, bad]);
    }
}

/// [T-25] [T-17] A message that does not end where its blocks do, whatever is missing; and one that still has the tail.
#[test]
fn not_at_the_end_of_a_block() {
    let hello_in_stored = stored(b"Hello", 5);
    for whole in [HELLO, &hello_in_stored, &deflated(prose(500).as_bytes())] {
        assert_received(
            &mut agreed(Role::Client, PLAIN),
            BINARY,
            whole,
            binary(&Oracle::new(15).message(whole).unwrap()),
        );
        for len in 1..whole.len() {
            if whole[..len] == [0] {
                continue; // which is an empty message
            }
            assert_bad(PLAIN, &[&whole[..len]]);
        }
        assert_bad(PLAIN, &[&[whole, &[0, 0, 0xFF, 0xFF]].concat()]);
        assert_bad(PLAIN, &[HELLO, &[whole, &[0]].concat()]);
    }
    // A block without the empty one after it, which has no place in the last byte, or has two bits.
    for count in [4, 6] {
        assert_bad(PLAIN, &[&Raw::fixed(false).literals(&vec![0xFF; count]).end().bytes()]);
    }
}

/// [T-04] RSV1 on a later fragment, of a compressed message or of a plain one.
#[test]
fn rsv1_on_a_continuation() {
    for role in ROLES {
        for (first, payload) in [(0x41, HELLO), (0x01, b"Hello")] {
            for bad in [0x40, 0xC0] {
                let start = frame_to(role, first, payload);
                assert_reserved(role, &start, &frame_to(role, bad, HELLO), 4);
            }
        }
    }
}

/// [T-05] [T-01] RSV1 on a control frame, also between the fragments of a compressed message.
#[test]
fn rsv1_on_control_frames() {
    for role in ROLES {
        for start in [vec![], frame_to(role, 0x41, &HELLO[..3])] {
            for opcode in [0x88, 0x89, 0x8A] {
                assert_reserved(role, &start, &frame_to(role, 0x40 | opcode, b""), 4);
            }
        }
    }
}

/// [T-02] [I-07] RSV2 and RSV3 mean nothing, with RSV1 or without.
#[test]
fn other_reserved_bits() {
    for role in ROLES {
        for bits in [1, 2, 3, 5, 6, 7] {
            for opcode in [0x81, 0x82] {
                assert_reserved(role, &[], &frame_to(role, bits << 4 | opcode, HELLO), bits);
            }
        }
    }
}

#[track_caller]
fn assert_reserved(role: Role, before: &[u8], bad: &[u8], bits: u8) {
    let mut connection = agreed(role, PLAIN);
    assert_eq!(receive(&mut connection, before), []);
    // Its first byte is enough.
    let events = receive(&mut connection, &bad[..1]);
    let [Event::Failed(error)] = &events[..] else { panic!("{bad:?}: {events:?}") };
    assert_eq!((error.violation(), error.position()), (Violation::ReservedBits(bits), before.len() as u64));
    assert_eq!(written(&mut connection), close_from(role, 1002, ""));
}

/// [T-07] [M-09] It is the decompressed text that must be UTF-8: the compressed bytes are not, and characters may be cut by
/// blocks, fragments and chunks.
#[test]
fn text_of_many_bytes() {
    assert!(str::from_utf8(std::hint::black_box(HELLO)).is_err());
    for role in ROLES {
        for shift in 0..4 {
            let message = format!("{}{}", "x".repeat(shift), "é한🎈".repeat(3000));
            let mut connection = agreed(role, NO_CONTEXT_TAKEOVER);
            for payload in [deflated(message.as_bytes()), stored(message.as_bytes(), 1)] {
                for cut in [1, 5, 1000, usize::MAX] {
                    let bytes = frame_to(role, TEXT, &payload);
                    assert_eq!(receive_cut(&mut connection, &bytes, cut), [text(&message)]);
                }
                let (one, two) = payload.split_at(payload.len() / 2);
                let bytes = [frame_to(role, 0x41, one), frame_to(role, 0x80, two)].concat();
                assert_eq!(receive(&mut connection, &bytes), [text(&message)]);
            }
        }
    }
}

/// [T-07] [M-09] Text that is not UTF-8 is refused as soon as the byte comes out that shows it, long before the message is
/// over; and so is one that ends inside a character.
#[test]
fn text_that_is_none() {
    for role in ROLES {
        let mut bad = prose(10_000).into_bytes();
        bad[9000] = 0xFF;
        for payload in [deflated(&bad), stored(&bad, 500)] {
            let before = frame_to(role, TEXT, HELLO);
            let frames = [before.clone(), frame_to(role, TEXT, &payload)];
            assert_refused(role, NO_CONTEXT_TAKEOVER, &frames, 1, Violation::InvalidText);
        }
        // The frame has more than what is needed, and neither its rest nor its message is waited for.
        let frame = frame_to(role, 0x41, &stored(&bad, 500));
        let mut connection = agreed(role, NO_CONTEXT_TAKEOVER);
        let header = frame.len() - stored(&bad, 500).len();
        let shown_by = header + 5 * (9000 / 500 + 1) + 9000;
        assert_eq!(receive(&mut connection, &frame[..shown_by]), []);
        assert!(matches!(receive(&mut connection, &frame[shown_by..=shown_by])[..], [Event::Failed(_)]));

        let cut_off = deflated(&"한".as_bytes()[..2]);
        assert_refused(role, PLAIN, &[frame_to(role, TEXT, &cut_off)], 0, Violation::InvalidText);
        let frames = [frame_to(role, 0x41, &cut_off), frame_to(role, 0x80, &[])];
        let with_cut_off_first = [frames.concat()];
        assert_refused(role, PLAIN, &with_cut_off_first, 0, Violation::InvalidText);
        // The same bytes are fine as binary.
        assert_received(&mut agreed(role, PLAIN), BINARY, &cut_off, binary(&"한".as_bytes()[..2]));
    }
}

/// [T-17] [T-25] The tail that is put back is an empty block, and no part of one that lacks its end: what would make more of it
/// is refused, also where it ends with it.
#[test]
fn the_tail_is_no_data() {
    let payload = Raw::into_the_tail().bytes();
    assert_bad(PLAIN, &[&payload]);
    // With the same bytes in the message, it is in order.
    let whole = [&payload, &[0, 0, 0xFF, 0xFF, 0][..]].concat();
    for role in ROLES {
        assert_received(&mut agreed(role, PLAIN), BINARY, &whole, binary(&[1]));
    }
}

/// [T-25] What is wrong in a later fragment is shown at the message's first byte, whatever came between.
#[test]
fn the_position_is_that_of_the_message() {
    for role in ROLES {
        let frames = [
            frame_to(role, TEXT, HELLO),
            frame_to(role, 0x89, b"ping"),
            frame_to(role, 0x42, &HELLO[..4]),
            frame_to(role, 0x89, b"ping"),
            frame_to(role, 0x80, &[0xFF; 9]),
        ];
        assert_refused(role, PLAIN, &frames, 2, Violation::InvalidDeflate);
    }
}

/// A compressed payload goes through the decompressor: there is no direct read for it, but again for plain messages.
#[test]
fn no_direct_read() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let data = noise(100_000);
        for first in [BINARY, 0x82] {
            let payload = if first == BINARY { stored(&data, 60_000) } else { data.clone() };
            let bytes = frame_to(role, first, &payload);
            let (some, rest) = bytes.split_at(50_000);
            assert_eq!(receive(&mut connection, some), []);
            assert_eq!(connection.direct_read(|_| ()).is_some(), first == 0x82);
            assert_eq!(receive(&mut connection, rest), [binary(&data)]);
        }
    }
}

/// [Q-01] [S-08] Compression is what the opening handshake agreed on, and nothing else: without one there is none.
#[test]
fn without_a_handshake() {
    let mut config = crate::common::config();
    config.deflate = Some(crate::kit::eager());
    for role in ROLES {
        let mut connection = Connection::new(role, config.clone());
        assert_eq!(connection.deflate(), None);
        let events = receive(&mut connection, &frame_to(role, TEXT, HELLO));
        assert!(matches!(events[..], [Event::Failed(error)] if error.violation() == Violation::ReservedBits(4)));
    }
}
