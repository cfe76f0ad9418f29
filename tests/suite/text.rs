//! Text and UTF-8 (RFC 6455 §5.6, §8.1; RFC 3629).

use crate::{
    common::{ROLES, connection, connection_with, frame_to, receive, receive_cut},
    peer::{
        BINARY, Broken, CONTINUATION, FIN, PING, PONG, TEXT, all_receivers, fragments_to, header_to, joined,
        short_header,
    },
};
use bowline::{Delivery, Event, Violation};

/// One- to four-byte characters at the edges of what RFC 3629 allows, and some that are in use.
const VALID: &str = "\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}\
    한글 테스트 안녕하세요 κόσμε Grüße 😀👩‍👩‍👧‍👦\u{feff}";

/// What no UTF-8 has, and which of its bytes shows that.
const INVALID: [(&[u8], usize); 32] = [
    // continuation bytes with nothing to continue
    (b"\x80", 0),
    (b"\xbf", 0),
    (b"\xc3\xa9\xa9", 2),
    (b"\xf0\x9f\x98\x80\x80", 4),
    // forms that are longer than they need be
    (b"\xc0\x80", 0),
    (b"\xc1\xbf", 0),
    (b"\xe0\x80\x80", 1),
    (b"\xe0\x9f\xbf", 1),
    (b"\xf0\x80\x80\x80", 1),
    (b"\xf0\x8f\xbf\xbf", 1),
    (b"\xf8\x88\x80\x80\x80", 0),
    (b"\xfc\x84\x80\x80\x80\x80", 0),
    // surrogates, alone and in pairs
    (b"\xed\xa0\x80", 1),
    (b"\xed\xaf\xbf", 1),
    (b"\xed\xb0\x80", 1),
    (b"\xed\xbf\xbf", 1),
    (b"\xed\xa0\x80\xed\xb0\x80", 1),
    // beyond U+10FFFF
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf4\xbf\xbf\xbf", 1),
    (b"\xf5\x80\x80\x80", 0),
    (b"\xf7\xbf\xbf\xbf", 0),
    (b"\xfe", 0),
    (b"\xff", 0),
    // characters that are cut off by another, after each of their bytes
    (b"\xc3a", 1),
    (b"\xe2a", 1),
    (b"\xe2\x82a", 2),
    (b"\xf0a", 1),
    (b"\xf0\x9fa", 2),
    (b"\xf0\x9f\x98a", 3),
    (b"\xc3\xc3\xa9", 1),
    (b"\xe2\x82\xe2\x82\xac", 2),
    (b"\xf0\x9f\x98\xf0\x9f\x98\x80", 3),
];

/// What may come before: nothing, each width of characters, and lengths around the blocks that are validated at once.
fn prefixes() -> impl Iterator<Item = String> {
    ["", "a", "é", "한", "😀", "한국어😀é"]
        .into_iter()
        .map(String::from)
        .chain([15, 31, 63, 64, 65].map(|len| "x".repeat(len)))
}

/// [M-01] [M-04] [M-05] [M-06] [M-08] [I-23] [O-27] Each invalid sequence, after each prefix, in the middle of a frame:
/// refused at the byte that shows it.
#[test]
fn invalid_text_is_refused_in_the_middle_of_a_frame() {
    for (sequence, wrong) in INVALID {
        for prefix in prefixes() {
            Broken::assert_everywhere(
                |role| Broken {
                    before: Vec::new(),
                    bad: frame_to(role, TEXT, &[prefix.as_bytes(), sequence, b"zzzzzzz"].concat()),
                    at: short_header(role) + prefix.len() + wrong,
                    violation: Violation::InvalidText,
                },
                |_| {},
            );
        }
    }
}

/// [M-01] [M-04] [M-05] [M-06] [M-08] [M-13] Each invalid sequence in two fragments, cut after each of its bytes, with
/// control frames in between.
#[test]
fn invalid_text_is_refused_across_fragments() {
    for (sequence, wrong) in INVALID {
        for cut in 0..=wrong {
            Broken::assert_everywhere(
                |role| Broken {
                    before: [
                        frame_to(role, TEXT & !FIN, &["한".as_bytes(), &sequence[..cut]].concat()),
                        frame_to(role, PING, b"\xff"),
                        frame_to(role, PONG, "한".as_bytes()),
                    ]
                    .concat(),
                    bad: frame_to(role, 0, &[&sequence[cut..], &[b'z'; 5]].concat()),
                    at: short_header(role) + wrong - cut,
                    violation: Violation::InvalidText,
                },
                |_| {},
            );
        }
    }
}

/// [M-08] A frame of which most never comes is refused all the same.
#[test]
fn invalid_text_is_refused_long_before_its_end() {
    Broken::assert_everywhere(
        |role| {
            let header = header_to(role, TEXT, 8, 1 << 20);
            let start = header.len();
            let payload = &frame_to(role, TEXT, b"fine so far \xff")[short_header(role)..];
            Broken {
                before: Vec::new(),
                bad: [&header, payload].concat(),
                at: start + 12,
                violation: Violation::InvalidText,
            }
        },
        |_| {},
    );
}

/// [M-03] A message that ends inside a character: in its only frame, in its last fragment, and in one that is empty.
#[test]
fn text_that_ends_inside_a_character() {
    for cut in [&b"\xc3"[..], b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98"] {
        for prefix in prefixes() {
            let text = [prefix.as_bytes(), cut].concat();
            Broken::assert_everywhere(
                |role| Broken {
                    before: Vec::new(),
                    bad: frame_to(role, TEXT, &text),
                    at: short_header(role) + text.len() - 1,
                    violation: Violation::InvalidText,
                },
                |_| {},
            );
            Broken::assert_everywhere(
                |role| Broken {
                    before: frame_to(role, TEXT & !FIN, &text[..text.len() - 1]),
                    bad: frame_to(role, CONTINUATION, &text[text.len() - 1..]),
                    at: short_header(role),
                    violation: Violation::InvalidText,
                },
                |_| {},
            );
            Broken::assert_everywhere(
                |role| Broken {
                    before: [frame_to(role, TEXT & !FIN, &text), frame_to(role, 0, b"")].concat(),
                    bad: frame_to(role, CONTINUATION, b""),
                    at: short_header(role) - 1,
                    violation: Violation::InvalidText,
                },
                |_| {},
            );
        }
    }
}

/// [M-01] [M-02] [M-07] [I-23] Korean, emoji, noncharacters, NUL and a byte order mark come out as they are, cut at
/// every byte into two fragments and into reads.
#[test]
fn valid_text_cut_anywhere() {
    let text = format!("\u{feff}{VALID}\u{fffe}\u{ffff}\u{1fffe}\u{fdd0}\u{10fffe}");
    for (role, delivery) in all_receivers() {
        for split in 0..=text.len() {
            let (first, second) = text.as_bytes().split_at(split);
            for cut in [1, 5, usize::MAX] {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                let bytes = fragments_to(role, TEXT, [first, second]);
                let events = joined(receive_cut(&mut connection, &bytes, cut));
                assert_eq!(events, [Event::Text(text.as_str().into())]);
            }
        }
        for cut in 1..200 {
            let mut connection = connection_with(role, |config| config.delivery = delivery);
            let events = joined(receive_cut(&mut connection, &frame_to(role, TEXT, text.as_bytes()), cut));
            assert_eq!(events, [Event::Text(text.as_str().into())]);
        }
    }
}

/// [M-02] [M-13] Control frames between the bytes of a character.
#[test]
fn control_frames_inside_a_character() {
    for (role, delivery) in all_receivers() {
        for cut in [1, usize::MAX] {
            let mut connection = connection_with(role, |config| config.delivery = delivery);
            let mut bytes = frame_to(role, TEXT & !FIN, b"\xf0");
            for byte in "😀".bytes().skip(1) {
                bytes.extend(frame_to(role, PING, b"\x9f"));
                bytes.extend(frame_to(role, 0, &[byte]));
            }
            bytes.extend(frame_to(role, CONTINUATION, "한".as_bytes()));
            let events = joined(receive_cut(&mut connection, &bytes, cut));
            let (last, pings) = events.split_last().unwrap();
            assert_eq!(*last, Event::Text("😀한".into()));
            assert_eq!(pings, [(); 3].map(|()| Event::Ping(b"\x9f".to_vec().into())));
        }
    }
}

/// [M-10] Binary data may be what it likes.
#[test]
fn binary_is_not_held_against_utf8() {
    for (role, delivery) in all_receivers() {
        for (sequence, _) in INVALID {
            for cut in [1, usize::MAX] {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                let bytes = [
                    frame_to(role, BINARY, sequence),
                    fragments_to(role, BINARY, [&sequence[..1], &sequence[1..], b""]),
                ];
                let events = joined(receive_cut(&mut connection, &bytes.concat(), cut));
                assert_eq!(events, [(); 2].map(|()| Event::Binary(sequence.to_vec().into())));
            }
        }
    }
}

/// [M-01] [K-15] After a text that ends well, the next begins afresh, also after pieces of a character.
#[test]
fn the_next_text_begins_afresh() {
    for role in ROLES {
        let mut connection = connection(role);
        for _ in 0..3 {
            let bytes = fragments_to(role, TEXT, [&b"\xed"[..], b"\x95", b"\x9c"]);
            assert_eq!(receive(&mut connection, &bytes), [Event::Text("한".into())]);
        }
        let events = receive(&mut connection, &frame_to(role, TEXT, b"\x95\x9c"));
        assert!(matches!(events[..], [Event::Failed(_)]));
    }
}

/// [I-25] [M-02] With `Delivery::Chunks`, what has come of a text is delivered at once, up to the last whole character.
#[test]
fn chunks_end_between_characters() {
    for role in ROLES {
        let text = "a한😀é!";
        let mut connection = connection_with(role, |config| config.delivery = Delivery::Chunks);
        let mut delivered = String::new();
        let frame = frame_to(role, TEXT, text.as_bytes());
        assert_eq!(receive(&mut connection, &frame[..short_header(role)]), []);
        for (index, byte) in frame.iter().enumerate().skip(short_header(role)) {
            for event in receive(&mut connection, &[*byte]) {
                let Event::TextChunk { text: piece, last } = event else { panic!("{event:?}") };
                assert_eq!(last, index == frame.len() - 1);
                delivered.push_str(&piece);
            }
            let come = index + 1 - short_header(role);
            let whole = (0..=come).rev().find(|end| text.is_char_boundary(*end)).unwrap();
            assert_eq!(delivered, text[..whole]);
        }
        assert_eq!(delivered, text);
    }
}
