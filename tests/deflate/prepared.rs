//! Messages for many connections (`Prepared`), compressed once.

use crate::{
    common::{ROLES, receive, written},
    kit::{NO_CONTEXT_TAKEOVER, PLAIN, agreed, noise, options, pair, prose, serve, shared, text},
    oracle::Oracle,
};
use bowline::{Connection, Prepared, Role};
use bowline_test::Frame;

fn only(connection: &mut Connection) -> Frame {
    let mut frames = Frame::decode_all(&written(connection));
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

/// [T-09] [T-06] [T-03] A prepared message goes out compressed where that was agreed, and as it is elsewhere, with the same bytes
/// for all of a kind.
#[test]
fn to_all() {
    let message = prose(3000);
    for (prepared, opcode) in [(Prepared::text(&message), 1), (Prepared::binary(&message), 2)] {
        for role in ROLES {
            let mut compressed = Vec::new();
            for params in [PLAIN, NO_CONTEXT_TAKEOVER] {
                let mut connection = agreed(role, params);
                for _ in 0..2 {
                    connection.send_prepared(&prepared).unwrap();
                    let frame = only(&mut connection);
                    assert_eq!((frame.first, frame.key.is_some()), (0xC0 | opcode, role == Role::Client));
                    assert_eq!(Oracle::new(15).message(&frame.payload).unwrap(), message.as_bytes());
                    compressed.push(frame.payload);
                }
            }
            assert!(compressed.iter().all(|payload| *payload == compressed[0]));
            let mut plain = crate::common::connection(role);
            plain.send_prepared(&prepared).unwrap();
            let frame = only(&mut plain);
            assert_eq!((frame.first, frame.payload), (0x80 | opcode, message.clone().into_bytes()));
        }
    }
}

/// [T-15] [T-14] Each window gets a form of its own, whichever was asked for first.
#[test]
fn by_window() {
    let part = noise(700);
    let message = [&part[..], &part, &part].concat();
    for order in [[9, 10, 15, 9, 10, 15], [15, 10, 9, 15, 10, 9]] {
        let prepared = Prepared::binary(&message);
        for bits in order {
            let offer = format!("{PLAIN}; server_max_window_bits={bits}");
            let (mut server, _) = serve(Some(options(|options| options.level = 6)), &[&offer]);
            server.send_prepared(&prepared).unwrap();
            let frame = only(&mut server);
            // With a window of 512 bytes there is nothing to refer to.
            assert_eq!(frame.first, if bits == 9 { 0x82 } else { 0xC2 });
            if bits > 9 {
                assert_eq!(Oracle::new(bits).message(&frame.payload).unwrap(), message);
            }
        }
    }
}

/// [T-18] [T-12] [T-13] The messages around it inflate: it goes through the peer's window, but not through the compressor's.
#[test]
fn among_others() {
    let message = prose(3000);
    for takeover in [true, false] {
        let config = shared(options(|options| options.context_takeover = takeover));
        let mut ends = pair(&config, &config);
        for sender in [0, 1] {
            let prepared = Prepared::text(&message);
            for round in 0..12 {
                let own = prose(1000 + 700 * round);
                let expected = match round % 4 {
                    0 => {
                        ends[sender].send_prepared(&prepared).unwrap();
                        &message
                    }
                    1 => {
                        ends[sender].send_text_chunk(&*own, false).unwrap();
                        ends[sender].send_text_chunk("", true).unwrap();
                        &own
                    }
                    _ => {
                        ends[sender].send_text(&*own).unwrap();
                        &own
                    }
                };
                let bytes = written(&mut ends[sender]);
                assert!(bytes.len() < expected.len());
                assert_eq!(receive(&mut ends[1 - sender], &bytes), [text(expected)]);
            }
        }
    }
}

/// [T-28] Below the threshold, without compression by choice, and where it makes nothing shorter, it goes as it is.
#[test]
fn as_it_is() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let random = noise(1000);
        connection.send_prepared(&Prepared::binary(&random)).unwrap();
        let frame = only(&mut connection);
        assert_eq!((frame.first, frame.payload), (0x82, random));
        connection.send_prepared(&Prepared::text("")).unwrap();
        assert_eq!(only(&mut connection).first, 0x81);
        connection.send_prepared(&Prepared::text(prose(1000)).uncompressed()).unwrap();
        assert_eq!(only(&mut connection).first, 0x81);
    }
    let (mut server, _) = serve(Some(options(|options| options.threshold = 1001)), &[PLAIN]);
    for (len, first) in [(1000, 0x81), (1001, 0xC1)] {
        server.send_prepared(&Prepared::text(prose(len))).unwrap();
        assert_eq!(only(&mut server).first, first);
    }
}
