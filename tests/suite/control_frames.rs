//! Ping, pong and close as they are received (RFC 6455 §5.5, §7.4).

use crate::{
    common::{ROLES, close_from, close_to, connection, frame_from, frame_to, receive, receive_cut, written},
    peer::{BINARY, Broken, CLOSE, FIN, PING, PONG, TEXT, header_to, short_header},
};
use bowline::{Cause, CloseCode, CloseFrame, Connection, Endpoint, Event, State, Violation, frame::Opcode};

/// [L-04] [L-05] [J-06] Every length of a ping, cut into reads of every kind: the pong has the same data.
#[test]
fn a_pong_has_the_data_of_its_ping() {
    for role in ROLES {
        let mut connection = connection(role);
        for len in 0..=125_u8 {
            let data: Vec<u8> = (0..len).map(|i| i.wrapping_mul(37) ^ 0xA5).collect();
            for cut in [1, 2, 3, 64, usize::MAX] {
                let events = receive_cut(&mut connection, &frame_to(role, PING, &data), cut);
                assert_eq!(events, [Event::Ping(data.clone().into())]);
                assert_eq!(written(&mut connection), frame_from(role, PONG, &data), "{len} bytes, cut after {cut}");
            }
        }
    }
}

/// [L-04] The pong is there as soon as the ping is, not before and not after.
#[test]
fn a_ping_is_answered_at_its_last_byte() {
    for role in ROLES {
        let mut connection = connection(role);
        let ping = frame_to(role, PING, b"now");
        let (last, others) = ping.split_last().unwrap();
        assert_eq!(receive_cut(&mut connection, others, 1), []);
        assert_eq!(connection.buffered_amount(), 0);
        assert_eq!(receive(&mut connection, &[*last]), [Event::Ping(b"now".to_vec().into())]);
        assert_eq!(written(&mut connection), frame_from(role, PONG, b"now"));
    }
}

/// [L-04] [L-07] Ten pings in one read: ten pongs, in order.
#[test]
fn ten_pings_ten_pongs() {
    for role in ROLES {
        let mut connection = connection(role);
        let pings: Vec<u8> = (0..10).flat_map(|i| frame_to(role, PING, &[i; 10])).collect();
        assert_eq!(receive(&mut connection, &pings).len(), 10);
        let replies: Vec<u8> = (0..10).flat_map(|i| frame_from(role, PONG, &[i; 10])).collect();
        assert_eq!(written(&mut connection), replies);
    }
}

/// [L-09] Pongs that nobody asked for, of every length, are events and no more.
#[test]
fn unsolicited_pongs() {
    for role in ROLES {
        let mut connection = connection(role);
        for len in 0..=125 {
            for cut in [1, 60, usize::MAX] {
                let data = vec![0xFF; len];
                let events = receive_cut(&mut connection, &frame_to(role, PONG, &data), cut);
                assert_eq!(events, [Event::Pong(data.into())]);
            }
        }
        assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Open));
    }
}

/// [L-01] [I-12] More than 125 bytes, in either of the longer forms and whatever the length there, in a message and
/// outside: refused at the second byte.
#[test]
fn long_control_frames() {
    for (first, opcode) in [(CLOSE, Opcode::Close), (PING, Opcode::Ping), (PONG, Opcode::Pong)] {
        for (width, len) in [(2, 126), (2, 0), (2, 125), (2, 65_535), (8, 0), (8, 65_536), (8, u64::MAX)] {
            for in_message in [false, true] {
                Broken::assert_everywhere(
                    |role| Broken {
                        before: if in_message { frame_to(role, BINARY & !FIN, b"begun") } else { Vec::new() },
                        bad: header_to(role, first, width, len),
                        at: 1,
                        violation: Violation::ControlTooLong(opcode),
                    },
                    |_| {},
                );
            }
        }
    }
}

/// [L-12] [O-42] After our Close frame, until the peer's: pings are answered, and messages still delivered.
#[test]
fn a_ping_after_our_close() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(written(&mut connection), close_from(role, 1000, ""));
        let bytes = [frame_to(role, PING, b"there?"), frame_to(role, TEXT, b"last words")].concat();
        let expected = [Event::Ping(b"there?".to_vec().into()), Event::Text("last words".into())];
        assert_eq!(receive(&mut connection, &bytes), expected);
        assert_eq!(written(&mut connection), frame_from(role, PONG, b"there?"));
    }
}

/// [L-11] [O-24] [O-40] After the peer's Close frame nothing is looked at, in the same read or a later one: pings,
/// messages, another Close frame, nonsense.
#[test]
fn what_follows_a_close_is_discarded() {
    for role in ROLES {
        for after in [frame_to(role, PING, b"?"), frame_to(role, TEXT, b"?"), close_to(role, 3000, ""), vec![0xFF; 9]] {
            for cut in [1, usize::MAX] {
                let mut connection = connection(role);
                let bytes = [close_to(role, 1001, ""), after.clone()].concat();
                let expected = [Event::Close(Some(CloseFrame { code: CloseCode::GOING_AWAY, reason: "".into() }))];
                assert_eq!(receive_cut(&mut connection, &bytes, cut), expected);
                assert_eq!(written(&mut connection), close_from(role, 1001, ""));
                let closure = connection.closure().unwrap();
                assert_eq!((closure.code(), closure.cause()), (CloseCode::GOING_AWAY, Cause::Closed));
            }
        }
    }
}

/// [O-02] [P-01] [P-24] [O-09] A Close frame without a body: 1005 is what the application sees, and nothing that is
/// sent.
#[test]
fn a_close_without_a_body() {
    for role in ROLES {
        for cut in [1, usize::MAX] {
            let mut connection = connection(role);
            assert_eq!(receive_cut(&mut connection, &frame_to(role, CLOSE, b""), cut), [Event::Close(None)]);
            assert_eq!(written(&mut connection), frame_from(role, CLOSE, b""));
            let closure = connection.closure().unwrap();
            assert_eq!(
                (closure.code(), closure.reason(), closure.begun_by()),
                (CloseCode::NO_STATUS, "", Endpoint::Remote)
            );
        }
    }
}

/// [O-03] [I-12] Half a close code is refused at the byte that declares it.
#[test]
fn a_close_body_of_one_byte() {
    Broken::assert_everywhere(
        |role| Broken {
            before: Vec::new(),
            bad: frame_to(role, CLOSE, b"\x03"),
            at: 1,
            violation: Violation::HalfCloseCode,
        },
        |_| {},
    );
}

/// Whether a peer may send this code, as RFC 6455 §7.4 and the registry that it set up say.
fn is_in_order(code: u16) -> bool {
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(&code)
        || (3000..5000).contains(&code)
}

/// [P-02] [P-03] [P-04] [P-05] [P-06] [P-07] [P-08] [P-09] [P-10] [P-11] [P-12] [P-14] [P-15] [P-16] [P-17] [P-18]
/// [X-05] [P-19] [P-20] [P-21] [P-22] [P-23] [O-01] [O-08] Every code there is: accepted and echoed, or refused
/// with 1002.
#[test]
fn every_close_code() {
    for role in ROLES {
        for code in 0..=u16::MAX {
            let mut connection = connection(role);
            let events = receive(&mut connection, &close_to(role, code, "because"));
            let close = CloseCode::new(code);
            if is_in_order(code) {
                assert_eq!(events, [Event::Close(Some(CloseFrame { code: close, reason: "because".into() }))]);
                assert_eq!(written(&mut connection), close_from(role, code, ""), "{code}");
                let closure = connection.closure().unwrap();
                assert_eq!((closure.code(), closure.reason(), closure.is_clean()), (close, "because", true));
            } else {
                let [Event::Failed(error)] = events[..] else { panic!("{code}: {events:?}") };
                assert_eq!(error.violation(), Violation::InvalidCloseCode(close));
                assert_eq!(written(&mut connection), close_from(role, 1002, ""), "{code}");
                assert_eq!(connection.closure().unwrap().code(), CloseCode::ABNORMAL);
            }
        }
    }
}

/// [P-13] A client takes 1010 from a server as it is, although only clients should send it.
#[test]
fn mandatory_extension_from_either_side() {
    for role in ROLES {
        let events = receive(&mut connection(role), &close_to(role, 1010, ""));
        assert_eq!(events, [Event::Close(Some(CloseFrame { code: CloseCode::EXTENSION_REQUIRED, reason: "".into() }))]);
    }
}

/// [P-02] [P-07] [P-08] [P-09] [P-18] [P-19] [P-20] [P-23] [I-23] A code that must not be sent is refused at its second
/// byte, with a reason or without.
#[test]
fn a_bad_close_code_is_refused_before_the_reason() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, u16::MAX] {
        for reason in ["", "because", "한국어"] {
            Broken::assert_everywhere(
                |role| Broken {
                    before: frame_to(role, PING, b""),
                    bad: close_to(role, code, reason),
                    at: short_header(role) + 1,
                    violation: Violation::InvalidCloseCode(CloseCode::new(code)),
                },
                |_| {},
            );
        }
    }
}

/// [M-12] [O-05] [O-27] A reason that is not UTF-8 is refused at the byte that shows it; one that ends inside a
/// character, at its last byte.
#[test]
fn a_bad_close_reason() {
    let cases: [(&[u8], usize); 9] = [
        (b"\xff", 0),
        (b"fine\x80", 4),
        (b"\xc0\x80", 0),
        (b"\xed\xa0\x80", 1),
        (b"\xf4\x90\x80\x80", 1),
        (b"\xed\x95\x9c\xe2\x82z", 5),
        (b"\xc3", 0),
        (b"fine\xe2\x82", 5),
        (b"\xf0\x9f\x98", 2),
    ];
    for (reason, wrong) in cases {
        for tail in [&b""[..], b" and more"] {
            if std::str::from_utf8(reason).is_err_and(|error| error.error_len().is_none()) && !tail.is_empty() {
                continue;
            }
            Broken::assert_everywhere(
                |role| Broken {
                    before: Vec::new(),
                    bad: frame_to(role, CLOSE, &[b"\x03\xe8", reason, tail].concat()),
                    at: short_header(role) + 2 + wrong,
                    violation: Violation::InvalidCloseReason,
                },
                |_| {},
            );
        }
    }
}

/// [O-01] [O-04] [I-23] A Close frame with the longest reason, cut into reads of every size.
#[test]
fn the_longest_reason_cut_anywhere() {
    let reason = "이유".repeat(20) + "abc";
    assert_eq!(reason.len(), 123);
    for role in ROLES {
        for cut in 1..=131 {
            let mut connection = connection(role);
            let expected = [Event::Close(Some(CloseFrame { code: 4999.into(), reason: reason.as_str().into() }))];
            assert_eq!(receive_cut(&mut connection, &close_to(role, 4999, &reason), cut), expected);
            assert_eq!(written(&mut connection), close_from(role, 4999, ""));
            assert_eq!(connection.closure().unwrap().reason(), reason);
        }
    }
}

/// [O-29] After the end of the stream, or the loss of the transport, nothing is received and nothing is queued,
/// and the first cause stays.
#[test]
fn what_follows_the_end_of_the_stream_is_discarded() {
    for role in ROLES {
        for end in [Connection::receive_eof, Connection::transport_failed] {
            for begun in [vec![], frame_to(role, TEXT & !FIN, b"begun"), frame_to(role, PING, b"half")[..4].to_vec()] {
                let mut connection = connection(role);
                assert_eq!(receive(&mut connection, &begun), []);
                end(&mut connection);
                let closure = connection.closure().cloned().unwrap();
                for bytes in [frame_to(role, PING, b"?"), close_to(role, 1000, ""), vec![0xFF; 9]] {
                    assert_eq!(receive(&mut connection, &bytes), []);
                }
                assert_eq!((connection.closure(), connection.buffered_amount()), (Some(&closure), 0));
            }
        }
    }
}

/// [O-41] A Close frame in the middle of a message ends the connection cleanly; the message is never delivered.
#[test]
fn a_close_in_the_middle_of_a_message() {
    for role in ROLES {
        for first in [TEXT & !FIN, BINARY & !FIN] {
            for cut in [1, usize::MAX] {
                let mut connection = connection(role);
                let bytes = [frame_to(role, first, b"half"), close_to(role, 1000, ""), frame_to(role, 0x80, b"?")];
                let events = receive_cut(&mut connection, &bytes.concat(), cut);
                let expected = CloseFrame { code: CloseCode::NORMAL, reason: "".into() };
                assert_eq!(events, [Event::Close(Some(expected))]);
                assert_eq!(written(&mut connection), close_from(role, 1000, ""));
                assert!(connection.closure().unwrap().is_clean());
            }
        }
    }
}
