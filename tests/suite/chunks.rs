//! Messages that are sent in chunks (RFC 6455 §5.4).

use crate::{
    common::{ROLES, close_from, close_to, connection, frame_from, frame_to, receive, written},
    wire::{as_the_peer_reads_it, plain},
};
use bowline::{CloseCode, Event, SendError};

/// [K-09] [K-16] [K-05] [N-03] [N-04] The first frame has the kind, the last has FIN, those between have neither, and
/// empty ones may stand anywhere.
#[test]
fn first_middle_and_last() {
    for role in ROLES {
        for sizes in [&[3, 5, 2][..], &[0, 3, 0, 0, 4], &[2, 0], &[0, 0], &[0], &[1000, 1, 70_000]] {
            let chunk = |i: usize| vec![b'a' + i as u8; sizes[i]];
            let whole = (0..sizes.len()).map(chunk).collect::<Vec<_>>().concat();
            let (mut text, mut binary) = (connection(role), connection(role));
            for i in 0..sizes.len() {
                let last = i + 1 == sizes.len();
                text.send_text_chunk(String::from_utf8(chunk(i)).unwrap(), last).unwrap();
                binary.send_binary_chunk(chunk(i), last).unwrap();
            }
            for (opcode, connection) in [(1, &mut text), (2, &mut binary)] {
                let bytes = written(connection);
                let expected: Vec<_> = (0..sizes.len())
                    .map(|i| {
                        let fin = if i + 1 == sizes.len() { 0x80 } else { 0 };
                        (fin | if i == 0 { opcode } else { 0 }, chunk(i))
                    })
                    .collect();
                assert_eq!(plain(&bytes), expected, "{role:?} {sizes:?}");
                let message = match opcode {
                    1 => Event::Text(String::from_utf8(whole.clone()).unwrap().into()),
                    _ => Event::Binary(whole.clone().into()),
                };
                assert_eq!(as_the_peer_reads_it(role, &bytes), [message]);
            }
        }
    }
}

/// [K-15] After the last chunk everything is possible again, and the next chunk begins a message of its own kind.
#[test]
fn the_next_message_begins_anew() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_text_chunk("a", false).unwrap();
        connection.send_text_chunk("b", true).unwrap();
        connection.send_binary_chunk(b"c", false).unwrap();
        connection.send_binary_chunk(b"d", true).unwrap();
        connection.send_text("e").unwrap();
        connection.send_text_chunk("f", true).unwrap();
        connection.send_binary_chunk(b"g", true).unwrap();
        let firsts: Vec<_> = plain(&written(&mut connection)).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x01, 0x80, 0x02, 0x80, 0x81, 0x81, 0x82]);
    }
}

/// [K-11] [L-03] [L-06] [L-08] [L-10] Pings, pongs and the answers to pings go between the frames of a message, whole.
#[test]
fn control_frames_in_between() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_text_chunk("a", false).unwrap();
        connection.ping(&[b'p'; 125]).unwrap();
        connection.send_text_chunk("b", false).unwrap();
        connection.pong(&[b'o'; 125]).unwrap();
        let mut bytes = written(&mut connection);
        receive(&mut connection, &frame_to(role, 0x89, b"asked"));
        connection.send_text_chunk("c", true).unwrap();
        bytes.extend(written(&mut connection));
        let expected = [
            frame_from(role, 0x01, b"a"),
            frame_from(role, 0x89, &[b'p'; 125]),
            frame_from(role, 0x00, b"b"),
            frame_from(role, 0x8A, &[b'o'; 125]),
            frame_from(role, 0x8A, b"asked"),
            frame_from(role, 0x80, b"c"),
        ];
        assert_eq!(bytes, expected.concat());
        let mut events = as_the_peer_reads_it(role, &bytes);
        assert_eq!(events.pop(), Some(Event::Text("abc".into())));
        assert!(events.iter().all(|event| matches!(event, Event::Ping(_) | Event::Pong(_))));
    }
}

/// [N-02] [K-11] [O-07] [O-10] A Close frame, ours or the answer to the peer's, does not wait for the rest of
/// a message, and the rest is not sent.
#[test]
fn close_in_between() {
    for role in ROLES {
        for answer in [false, true] {
            let mut connection = connection(role);
            connection.send_text_chunk("a", false).unwrap();
            if answer {
                receive(&mut connection, &close_to(role, 1000, ""));
            } else {
                connection.close(CloseCode::NORMAL, "").unwrap();
            }
            assert_eq!(connection.send_text_chunk("b", true), Err(SendError::Closing));
            assert_eq!(written(&mut connection), [frame_from(role, 0x01, b"a"), close_from(role, 1000, "")].concat());
        }
    }
}
