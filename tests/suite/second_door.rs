//! `Connection::assembly`: a large binary payload that is read to where it is assembled.

use crate::{
    common::{
        ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, receive, receive_cut, written,
    },
    peer::{
        BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, fragments_to, header_to, receive_nothing, short_header,
    },
};
use bowline::{Cause, CloseCode, Connection, Delivery, During, Event, Role, Violation};
use bytes::BufMut;
use std::io::{self, ErrorKind, Read};

/// A payload in which a byte that is lost, doubled or unmasked with the wrong part of the key shows.
fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 253) as u8 ^ (i / 253) as u8).collect()
}

/// A stream that brings at most `most` bytes at once, and an error instead of its end, if there is one.
struct Stream<'a> {
    bytes: &'a [u8],
    most: usize,
    error: Option<ErrorKind>,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.len().min(self.most).min(buffer.len());
        if let (0, Some(error)) = (self.bytes.len(), self.error) {
            return Err(error.into());
        }
        let (now, later) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

/// Reads `bytes` as a driver with both doors does: through the second whenever it is open, as many bytes as `most`
/// says, and else through the first, `cut` bytes at a time. Also says how many bytes came through the second.
fn drive(connection: &mut Connection, mut bytes: &[u8], cut: usize, most: usize) -> (Vec<Event<'static>>, usize) {
    let (mut events, mut through) = (Vec::new(), 0);
    while !bytes.is_empty() {
        let came = match connection.assembly() {
            Some(mut assembly) => {
                let mut stream = Stream { bytes: &bytes[..bytes.len().min(most)], most: 1000, error: None };
                let came = assembly.read_from(&mut stream).unwrap();
                through += came;
                came
            }
            None => 0,
        };
        bytes = &bytes[came..];
        let piece = if came > 0 { &[] } else { &bytes[..bytes.len().min(cut)] };
        bytes = &bytes[piece.len()..];
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        while let Some(event) = connection.receive(&mut input) {
            events.push(event.into_owned());
        }
    }
    (events, through)
}

/// A connection in the middle of a frame of `len` bytes, of which `come` have come.
fn in_frame(role: Role, len: usize, come: usize) -> (Connection, Vec<u8>) {
    let bytes = frame_to(role, BINARY, &payload(len));
    let (come, rest) = bytes.split_at(bytes.len() - len + come);
    let mut connection = connection(role);
    assert_eq!(receive(&mut connection, come), []);
    (connection, rest.to_vec())
}

/// [I-23] [J-04] [K-02] The same message comes out, through either door or both, however it is cut; most of it through
/// the second.
#[test]
fn both_doors_give_the_same_message() {
    let data = payload(50_000);
    for role in ROLES {
        for parts in [vec![&data[..]], data.chunks(20_001).collect(), vec![&data[..1], &data[1..], &[]]] {
            let bytes = fragments_to(role, BINARY, parts);
            for cut in [1, 13, 4096, 5001, 16_384] {
                for most in [1, 7, 1000, 4099, usize::MAX] {
                    let (events, through) = drive(&mut connection(role), &bytes, cut, most);
                    assert!(matches!(&events[..], [Event::Binary(received)] if **received == *data));
                    assert!(through > 2000, "the second door was hardly open: {through}");
                }
            }
        }
    }
}

/// [I-24] [N-09] Several large messages and small ones after each other.
#[test]
fn messages_follow_each_other() {
    for role in ROLES {
        let data = payload(30_000);
        let bytes = [
            frame_to(role, BINARY, &data),
            frame_to(role, TEXT, b"text"),
            fragments_to(role, BINARY, [&data[..15_000], &data[15_000..]]),
            frame_to(role, BINARY, b""),
            frame_to(role, BINARY, &data),
        ]
        .concat();
        for cut in [100, 9000] {
            let expected = receive(&mut connection(role), &bytes);
            assert_eq!(expected.len(), 5);
            let (events, _) = drive(&mut connection(role), &bytes, cut, usize::MAX);
            assert_eq!(events, expected);
        }
    }
}

/// Where there is no large binary payload on its way, or it cannot be assembled, there is no second door.
#[test]
fn when_it_is_closed() {
    for role in ROLES {
        let large = frame_to(role, BINARY, &payload(50_000));
        let (connection, _) = &mut in_frame(role, 50_000, 20_000);
        assert!(connection.assembly().is_some());

        let mut fresh = crate::common::connection(role);
        assert!(fresh.assembly().is_none(), "nothing has come");
        receive(&mut fresh, &large);
        assert!(fresh.assembly().is_none(), "the message is complete");

        let (mut small, _) = in_frame(role, 100, 50);
        assert!(small.assembly().is_none(), "not worth its while");
        let (mut begun, _) = in_frame(role, 50_000, 100);
        assert!(begun.assembly().is_none(), "hardly anything has come, and memory follows what has");
        let (mut ending, _) = in_frame(role, 50_000, 49_990);
        assert!(ending.assembly().is_none(), "hardly anything is missing");

        let mut text = crate::common::connection(role);
        receive(&mut text, &frame_to(role, TEXT, &vec![b'a'; 50_000])[..20_000]);
        assert!(text.assembly().is_none(), "text is validated as it comes");

        let mut chunks = connection_with(role, |config| config.delivery = Delivery::Chunks);
        receive(&mut chunks, &large[..20_000]);
        assert!(chunks.assembly().is_none(), "chunks are not assembled");

        let mut between = crate::common::connection(role);
        receive(&mut between, &frame_to(role, BINARY & !FIN, &payload(20_000)));
        assert!(between.assembly().is_none(), "a header comes next");
        receive(&mut between, &header_to(role, CONTINUATION, 8, 1 << 20)[..5]);
        assert!(between.assembly().is_none(), "the header is incomplete");
        let mut control = crate::common::connection(role);
        receive(&mut control, &frame_to(role, BINARY & !FIN, &payload(20_000)));
        receive(&mut control, &frame_to(role, PING, &[0; 125])[..50]);
        assert!(control.assembly().is_none(), "a control frame comes first");
    }
}

/// [O-29] [O-40] [L-11] After the last event there is no second door.
#[test]
fn it_stays_closed_after_the_end() {
    for role in ROLES {
        let begun = frame_to(role, BINARY & !FIN, &payload(20_000));
        let large = header_to(role, CONTINUATION, 8, 1 << 20);
        for end in [close_to(role, 1000, ""), vec![0xFF]] {
            let mut connection = connection(role);
            let bytes = [&begun[..], &end, &large, &payload(20_000)].concat();
            assert_eq!(receive_cut(&mut connection, &bytes, 5000).len(), 1);
            assert!(connection.assembly().is_none());
        }
        let (mut ended, _) = in_frame(role, 50_000, 20_000);
        ended.receive_eof();
        assert!(ended.assembly().is_none());
        assert_eq!(ended.closure().unwrap().cause(), Cause::EndOfStream(During::Frame));
        let (mut lost, _) = in_frame(role, 50_000, 20_000);
        lost.transport_failed();
        assert!(lost.assembly().is_none());
        // After our own Close frame, messages are still received.
        let (mut closing, rest) = in_frame(role, 50_000, 20_000);
        closing.close(CloseCode::NORMAL, "").unwrap();
        assert!(closing.assembly().is_some());
        let (events, _) = drive(&mut closing, &rest, 100, usize::MAX);
        assert!(matches!(&events[..], [Event::Binary(received)] if **received == *payload(50_000)));
    }
}

/// The space ends with the frame at the latest, and is never more than what has come: memory follows it.
#[test]
fn it_takes_no_more_than_is_missing() {
    for role in ROLES {
        for (len, come) in [(50_000, 8000), (50_000, 20_000), (50_000, 45_000), (1 << 20, 5000)] {
            let (mut connection, rest) = in_frame(role, len, come);
            let room = connection.assembly().unwrap().limited().remaining_mut();
            assert!(room > 0 && room <= (len - come).min(come * 2), "{room}");
            let more = [&rest[..], &frame_to(role, PING, b"next")].concat();
            let mut stream = Stream { bytes: &more, most: usize::MAX, error: None };
            let mut assembly = connection.assembly().unwrap();
            assert_eq!(assembly.read_from(&mut stream).unwrap(), room);
            assert_eq!(stream.bytes.len(), more.len() - room, "bytes were taken and lost");
            assert_eq!(assembly.read_from(&mut stream).unwrap(), 0, "it is full");
            assert_eq!(assembly.limited().remaining_mut(), 0);
            let (events, _) = drive(&mut connection, &more[room..], 5000, usize::MAX);
            assert!(matches!(&events[..], [Event::Binary(data), Event::Ping(_)] if **data == *payload(len)));
            assert_eq!(written(&mut connection), frame_from(role, PONG, b"next"));
        }
    }
}

/// [O-33] What came before an error of the reader is kept, and so it is if the stream ends in between.
#[test]
fn errors_keep_what_came() {
    for role in ROLES {
        for error in [ErrorKind::TimedOut, ErrorKind::WouldBlock] {
            for most in [1, 10, 1000] {
                let (mut connection, rest) = in_frame(role, 50_000, 20_000);
                let (now, later) = rest.split_at(777);
                let mut stream = Stream { bytes: now, most, error: Some(error) };
                let outcome = connection.assembly().unwrap().read_from(&mut stream);
                assert_eq!(outcome.unwrap_err().kind(), error);
                let mut nothing = Stream { bytes: &[], most, error: Some(error) };
                assert!(connection.assembly().unwrap().read_from(&mut nothing).is_err());
                let (events, _) = drive(&mut connection, later, 5000, usize::MAX);
                assert!(matches!(&events[..], [Event::Binary(data)] if **data == *payload(50_000)));
            }
        }
        let (mut connection, rest) = in_frame(role, 50_000, 20_000);
        let mut stream = Stream { bytes: &rest[..10], most: 3, error: None };
        assert_eq!(connection.assembly().unwrap().read_from(&mut stream).unwrap(), 10);
        assert_eq!(connection.assembly().unwrap().read_from(&mut stream).unwrap(), 0);
        connection.receive_eof();
        assert_eq!(connection.closure().unwrap().cause(), Cause::EndOfStream(During::Frame));
        assert_eq!(receive(&mut connection, &rest[10..]), []);
    }
}

/// [I-23] The doors may change at any byte, also without a `receive` in between, and with one that brings nothing.
#[test]
fn the_doors_may_alternate() {
    for role in ROLES {
        let data = payload(60_000);
        let bytes = frame_to(role, BINARY, &data);
        for (through, around) in [(1, 1), (3, 2), (1000, 1), (1, 1000)] {
            let mut connection = connection(role);
            let (start, mut rest) = bytes.split_at(20_000);
            assert_eq!(receive(&mut connection, start), []);
            let mut events = Vec::new();
            while events.is_empty() {
                assert!(!rest.is_empty(), "all has come, and there is no event");
                for _ in 0..2 {
                    if let Some(mut assembly) = connection.assembly() {
                        let space = assembly.limited();
                        let count = through.min(space.remaining_mut());
                        space.put_slice(&rest[..count]);
                        rest = &rest[count..];
                    }
                }
                let (now, later) = rest.split_at(around.min(rest.len()));
                events.extend(receive(&mut connection, now));
                events.extend(receive_nothing(&mut connection));
                rest = later;
            }
            assert_eq!(rest, b"");
            assert!(matches!(&events[..], [Event::Binary(received)] if **received == *data));
        }
    }
}

/// [K-06] [L-04] Control frames come between two fragments that both came through the second door.
#[test]
fn control_frames_in_between() {
    for role in ROLES {
        let data = payload(60_000);
        let bytes = [
            frame_to(role, BINARY & !FIN, &data[..30_000]),
            frame_to(role, PING, b"ping"),
            frame_to(role, CONTINUATION, &data[30_000..]),
            frame_to(role, CLOSE, b""),
        ]
        .concat();
        for cut in [1, 100, 10_000] {
            let mut connection = connection(role);
            let (events, through) = drive(&mut connection, &bytes, cut, 3333);
            let [Event::Ping(ping), Event::Binary(received), Event::Close(None)] = &events[..] else {
                panic!("{} events", events.len())
            };
            assert!(**ping == *b"ping" && **received == *data && through > 10_000);
            let replies = [frame_from(role, PONG, b"ping"), frame_from(role, CLOSE, b"")].concat();
            assert_eq!(written(&mut connection), replies);
        }
    }
}

/// [O-30] A violation after it is found at the right byte: what came through the second door counts.
#[test]
fn positions_count_on() {
    for role in ROLES {
        let bytes = frame_to(role, BINARY & !FIN, &payload(50_000));
        for cut in [10, 5000] {
            let mut connection = connection(role);
            let bad = [&bytes[..], &frame_to(role, TEXT, b"no")].concat();
            let (events, through) = drive(&mut connection, &bad, cut, 2000);
            let [Event::Failed(error)] = events[..] else { panic!("not refused") };
            assert_eq!(error.position(), bytes.len() as u64);
            assert!(matches!(error.violation(), Violation::MessageInMessage(_)) && through > 10_000);
            assert_eq!(written(&mut connection), close_from(role, 1002, ""));
        }
    }
}

/// The limit on messages counts what came through the second door.
#[test]
fn limits_count_on() {
    for role in ROLES {
        for (extra, passes) in [(0, true), (1, false)] {
            let mut connection = connection_with(role, |config| config.limits.message = 50_100);
            let data = payload(50_100 + extra);
            let (events, through) =
                drive(&mut connection, &fragments_to(role, BINARY, [&data[..50_000], &data[50_000..]]), 5000, 2000);
            match &events[..] {
                [Event::Binary(received)] if passes => assert!(**received == *data),
                [Event::Failed(error)] if !passes => {
                    assert_eq!(error.violation(), Violation::MessageTooBig { limit: 50_100 });
                    let header = fragments_to(role, BINARY, [&data[..50_000], &[]]).len() - short_header(role);
                    assert_eq!(error.position(), header as u64 + 1);
                }
                other => panic!("{} events", other.len()),
            }
            assert!(through > 10_000);
        }
    }
}
