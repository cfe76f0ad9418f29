//! Messages that are longer than the blocks in which they are unmasked, validated and copied. The oracle is the standard library.

use crate::{
    common::{ROLES, connection, connection_with, frame_to, receive_cut},
    peer::{BINARY, CONTINUATION, FIN, TEXT, joined},
};
use bowline::{Delivery, Event, Violation};

/// Reads of these sizes leave the payload whole, cut it next to the borders of blocks, or make it arrive in many parts.
const READS: [usize; 9] = [1000, 4096, 16_383, 16_384, 16_392, 20_000, 40_961, 65_536, usize::MAX];

const DELIVERIES: [Delivery; 2] = [Delivery::Messages, Delivery::Chunks];

/// [J-04] [K-01] [N-08] Binary messages around the sizes at which the code takes another way, after one another, so that each begins
/// elsewhere in its read.
#[test]
fn binary_messages_cut_anywhere() {
    for role in ROLES {
        let messages = [1000, 16_376, 16_384, 65_522, 65_535, 65_536, 70_000, 200_000]
            .map(|len| (0..len).map(|i: usize| (i % 253) as u8 ^ (i / 253) as u8).collect::<Vec<u8>>());
        let bytes: Vec<u8> = messages.iter().flat_map(|data| frame_to(role, BINARY, data)).collect();
        let expected = messages.map(|data| Event::Binary(data.into()));
        for (cut, delivery) in READS.iter().flat_map(|cut| DELIVERIES.map(|delivery| (*cut, delivery))) {
            let mut connection = connection_with(role, |config| config.delivery = delivery);
            let events = joined(receive_cut(&mut connection, &bytes, cut));
            assert!(events == expected, "reads of {cut} bytes, {delivery:?}");
        }
    }
}

/// [M-01] [M-02] [K-01] [N-08] Text of each width of characters, in one frame and in two.
#[test]
fn texts_cut_anywhere() {
    for role in ROLES {
        for character in ["a", "é", "한", "😀", "a한😀é"] {
            for len in [16_380, 16_400, 66_000] {
                let text = character.repeat(len / character.len());
                let (first, second) = text.as_bytes().split_at(len / 2 + 1);
                let bytes = [
                    frame_to(role, TEXT, text.as_bytes()),
                    frame_to(role, TEXT & !FIN, first),
                    frame_to(role, CONTINUATION | FIN, second),
                ]
                .concat();
                for (cut, delivery) in READS.iter().flat_map(|cut| DELIVERIES.map(|delivery| (*cut, delivery))) {
                    let mut connection = connection_with(role, |config| config.delivery = delivery);
                    let events = joined(receive_cut(&mut connection, &bytes, cut));
                    assert!(
                        events == [Event::Text(text.as_str().into()), Event::Text(text.as_str().into())],
                        "{len} bytes of {character:?}, reads of {cut} bytes, {delivery:?}"
                    );
                }
            }
        }
    }
}

/// [M-01] [M-08] [M-13] Text that is invalid next to a border of the blocks is refused at the same byte for every cut.
#[test]
fn invalid_texts_cut_anywhere() {
    for role in ROLES {
        for (wrong, proof) in [(&b"\xFF"[..], 0), (b"\xE2\x82a", 2), (b"\xC3\xC3", 1), (b"\xF0\x9F\x98a", 3)] {
            for at in [0, 4093, 4094, 4095, 4096, 8191, 16_383, 16_384, 20_478, 20_479, 20_480, 39_990] {
                let mut text = vec![b'a'; 40_000];
                text[at..at + wrong.len()].copy_from_slice(wrong);
                let bytes = frame_to(role, TEXT, &text);
                let position = (bytes.len() - text.len() + at + proof) as u64;
                for cut in READS {
                    let mut connection = connection(role);
                    let events = receive_cut(&mut connection, &bytes, cut);
                    let [Event::Failed(error)] = &events[..] else { panic!("reads of {cut} bytes, {wrong:?} at {at}") };
                    assert_eq!((error.violation(), error.position()), (Violation::InvalidText, position), "{cut}");
                }
            }
        }
    }
}
