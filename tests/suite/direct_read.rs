//! `Connection::direct_read`: a large binary payload that is read straight into the message being assembled.

use crate::{
    common::{
        ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to, receive, receive_cut, written,
    },
    peer::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, fragments_to, header_to, poll_events, short_header},
};
use bowline::{
    Cause, CloseCode, Config, Connection, Delivery, DirectRead, Event, Interrupted, Role, State, Timestamp, Violation,
};
use bytes::BufMut;
use std::{
    io::{self, ErrorKind, Read},
    time::Duration,
};

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

/// Reads `bytes` as a driver does: directly whenever that is possible, as many bytes as `most` says, and else into a buffer,
/// `cut` bytes at a time. Also returns how many bytes were read directly.
fn drive(connection: &mut Connection, mut bytes: &[u8], cut: usize, most: usize) -> (Vec<Event<'static>>, usize) {
    let (mut events, mut direct) = (Vec::new(), 0);
    while !bytes.is_empty() {
        let mut stream = Stream { bytes: &bytes[..bytes.len().min(most)], most: 1000, error: None };
        let read = connection.direct_read(|space| space.read_from(&mut stream).unwrap()).unwrap_or(0);
        direct += read;
        bytes = &bytes[read..];
        events.extend(poll_events(connection));
        if read == 0 {
            let (read, rest) = bytes.split_at(bytes.len().min(cut));
            events.extend(receive(connection, read));
            bytes = rest;
        }
    }
    (events, direct)
}

/// A connection in the middle of a frame of `len` bytes, of which `received` are received; and the bytes that are missing.
fn in_frame(role: Role, len: usize, received: usize) -> (Connection, Vec<u8>) {
    let bytes = frame_to(role, BINARY, &payload(len));
    let (received, rest) = bytes.split_at(bytes.len() - len + received);
    let mut connection = connection(role);
    assert_eq!(receive(&mut connection, received), []);
    (connection, rest.to_vec())
}

/// The size of the capacity that a direct read has now.
fn capacity(connection: &mut Connection) -> usize {
    connection.direct_read(|space| space.as_buf_mut().remaining_mut()).unwrap_or(0)
}

/// Appends what fits of `bytes`, at most `most`, and returns the rest.
fn put<'a>(space: &mut DirectRead<'_>, bytes: &'a [u8], most: usize) -> &'a [u8] {
    let space = space.as_buf_mut();
    let (now, later) = bytes.split_at(most.min(bytes.len()).min(space.remaining_mut()));
    space.put_slice(now);
    later
}

/// Whether the only event is this binary message.
fn is_message(events: &[Event<'_>], data: &[u8]) -> bool {
    matches!(events, [Event::Binary(received)] if **received == *data)
}

/// [I-23] [J-04] [K-02] The same message is received, by direct reads, through a buffer, or both, however it is cut; most of it
/// is read directly.
#[test]
fn direct_reads_give_the_same_message() {
    let data = payload(50_000);
    for role in ROLES {
        for parts in [vec![&data[..]], data.chunks(20_001).collect(), vec![&data[..1], &data[1..], &[]]] {
            let bytes = fragments_to(role, BINARY, parts);
            for cut in [1, 13, 4096, 5001, 16_384] {
                for most in [1, 7, 1000, 4099, usize::MAX] {
                    let (events, direct) = drive(&mut connection(role), &bytes, cut, most);
                    assert!(is_message(&events, &data));
                    assert!(direct > 2000, "hardly anything was read directly: {direct}");
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

/// Where no large binary payload is arriving, or it is not assembled, there is no direct read.
#[test]
fn when_there_is_none() {
    for role in ROLES {
        let large = frame_to(role, BINARY, &payload(50_000));
        let (connection, _) = &mut in_frame(role, 50_000, 20_000);
        assert!(connection.direct_read(|_| ()).is_some());

        let mut fresh = crate::common::connection(role);
        assert!(fresh.direct_read(|_| ()).is_none(), "nothing is received");
        receive(&mut fresh, &large);
        assert!(fresh.direct_read(|_| ()).is_none(), "the message is complete");

        let (mut small, _) = in_frame(role, 100, 50);
        assert!(small.direct_read(|_| ()).is_none(), "not worth it");
        let (mut begun, _) = in_frame(role, 50_000, 100);
        assert!(begun.direct_read(|_| ()).is_none(), "hardly anything is received, and memory follows what is");
        let (mut ending, _) = in_frame(role, 50_000, 49_990);
        assert!(ending.direct_read(|_| ()).is_none(), "hardly anything is missing");

        let mut text = crate::common::connection(role);
        receive(&mut text, &frame_to(role, TEXT, &vec![b'a'; 50_000])[..20_000]);
        assert!(text.direct_read(|_| ()).is_none(), "text is validated as it arrives");

        let mut chunks = connection_with(role, |config| config.delivery = Delivery::Chunks);
        receive(&mut chunks, &large[..20_000]);
        assert!(chunks.direct_read(|_| ()).is_none(), "chunks are not assembled");

        let mut between = crate::common::connection(role);
        receive(&mut between, &frame_to(role, BINARY & !FIN, &payload(20_000)));
        assert!(between.direct_read(|_| ()).is_none(), "a header comes next");
        receive(&mut between, &header_to(role, CONTINUATION, 8, 1 << 20)[..5]);
        assert!(between.direct_read(|_| ()).is_none(), "the header is incomplete");
        let mut control = crate::common::connection(role);
        receive(&mut control, &frame_to(role, BINARY & !FIN, &payload(20_000)));
        receive(&mut control, &frame_to(role, PING, &[0; 125])[..50]);
        assert!(control.direct_read(|_| ()).is_none(), "a control frame comes first");
    }
}

/// [O-29] [O-40] [L-11] After the last event there is no direct read.
#[test]
fn none_after_the_end() {
    for role in ROLES {
        let begun = frame_to(role, BINARY & !FIN, &payload(20_000));
        let large = header_to(role, CONTINUATION, 8, 1 << 20);
        for end in [close_to(role, 1000, ""), vec![0xFF]] {
            let mut connection = connection(role);
            let bytes = [&begun[..], &end, &large, &payload(20_000)].concat();
            assert_eq!(receive_cut(&mut connection, &bytes, 5000).len(), 1);
            assert!(connection.direct_read(|_| ()).is_none());
        }
        let (mut ended, _) = in_frame(role, 50_000, 20_000);
        ended.receive_eof();
        assert!(ended.direct_read(|_| ()).is_none());
        assert_eq!(ended.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Frame));
        let (mut lost, _) = in_frame(role, 50_000, 20_000);
        lost.transport_failed();
        assert!(lost.direct_read(|_| ()).is_none());
        // After our own Close frame, messages are still received.
        let (mut closing, rest) = in_frame(role, 50_000, 20_000);
        closing.close(CloseCode::NORMAL, "").unwrap();
        assert!(closing.direct_read(|_| ()).is_some());
        let (events, _) = drive(&mut closing, &rest, 100, usize::MAX);
        assert!(is_message(&events, &payload(50_000)));
    }
}

/// The capacity ends with the frame at the latest, and is never more than what was received: memory follows it.
#[test]
fn no_more_than_is_missing() {
    for role in ROLES {
        for (len, received) in [(50_000, 8000), (50_000, 20_000), (50_000, 45_000), (1 << 20, 5000)] {
            let (mut connection, rest) = in_frame(role, len, received);
            let capacity = capacity(&mut connection);
            assert!(capacity > 0 && capacity <= (len - received).min(received * 2), "{capacity}");
            let more = [&rest[..], &frame_to(role, PING, b"next")].concat();
            let mut stream = Stream { bytes: &more, most: usize::MAX, error: None };
            let is_read = connection.direct_read(|space| {
                assert_eq!(space.read_from(&mut stream).unwrap(), capacity);
                assert_eq!(stream.bytes.len(), more.len() - capacity, "bytes were taken and lost");
                assert_eq!(space.read_from(&mut stream).unwrap(), 0, "it is full");
                assert_eq!(space.as_buf_mut().remaining_mut(), 0);
            });
            assert!(is_read.is_some());
            let (events, _) = drive(&mut connection, &more[capacity..], 5000, usize::MAX);
            assert!(matches!(&events[..], [Event::Binary(data), Event::Ping(_)] if **data == *payload(len)));
            assert_eq!(written(&mut connection), frame_from(role, PONG, b"next"));
        }
    }
}

/// [O-33] What was read before an error of the reader is kept, and so it is if the stream ends in between.
#[test]
fn errors_keep_what_was_read() {
    for role in ROLES {
        for error in [ErrorKind::TimedOut, ErrorKind::WouldBlock] {
            for most in [1, 10, 1000] {
                let (mut connection, rest) = in_frame(role, 50_000, 20_000);
                let (now, later) = rest.split_at(777);
                let mut stream = Stream { bytes: now, most, error: Some(error) };
                let outcome = connection.direct_read(|space| space.read_from(&mut stream)).unwrap();
                assert_eq!(outcome.unwrap_err().kind(), error);
                let mut nothing = Stream { bytes: &[], most, error: Some(error) };
                assert!(connection.direct_read(|space| space.read_from(&mut nothing)).unwrap().is_err());
                let (events, _) = drive(&mut connection, later, 5000, usize::MAX);
                assert!(is_message(&events, &payload(50_000)));
            }
        }
        let (mut connection, rest) = in_frame(role, 50_000, 20_000);
        let mut stream = Stream { bytes: &rest[..10], most: 3, error: None };
        assert_eq!(connection.direct_read(|space| space.read_from(&mut stream)).unwrap().unwrap(), 10);
        assert_eq!(connection.direct_read(|space| space.read_from(&mut stream)).unwrap().unwrap(), 0);
        connection.receive_eof();
        assert_eq!(connection.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Frame));
        assert_eq!(receive(&mut connection, &rest[10..]), []);
    }
}

/// [I-23] Direct reads and reads into a buffer may alternate at any byte, with or without an event polled in between.
#[test]
fn both_may_alternate() {
    for role in ROLES {
        let data = payload(60_000);
        let bytes = frame_to(role, BINARY, &data);
        for (direct, buffered) in [(1, 1), (3, 2), (1000, 1), (1, 1000)] {
            let mut connection = connection(role);
            let (start, mut rest) = bytes.split_at(20_000);
            assert_eq!(receive(&mut connection, start), []);
            let mut events = Vec::new();
            while events.is_empty() {
                assert!(!rest.is_empty(), "all is received, and there is no event");
                for _ in 0..2 {
                    if let Some(later) = connection.direct_read(|space| put(space, rest, direct)) {
                        rest = later;
                    }
                }
                let (now, later) = rest.split_at(buffered.min(rest.len()));
                events.extend(receive(&mut connection, now));
                events.extend(poll_events(&mut connection));
                rest = later;
            }
            assert_eq!(rest, b"");
            assert!(is_message(&events, &data));
        }
    }
}

/// [K-06] [L-04] Control frames between two fragments that are both read directly.
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
            let (events, direct) = drive(&mut connection, &bytes, cut, 3333);
            let [Event::Ping(ping), Event::Binary(received), Event::Close(None)] = &events[..] else {
                panic!("{} events", events.len())
            };
            assert!(**ping == *b"ping" && **received == *data && direct > 10_000);
            let replies = [frame_from(role, PONG, b"ping"), frame_from(role, CLOSE, b"")].concat();
            assert_eq!(written(&mut connection), replies);
        }
    }
}

/// [O-30] A violation after it is found at the right byte: what was read directly counts.
#[test]
fn positions_count_on() {
    for role in ROLES {
        let bytes = frame_to(role, BINARY & !FIN, &payload(50_000));
        for cut in [10, 5000] {
            let mut connection = connection(role);
            let bad = [&bytes[..], &frame_to(role, TEXT, b"no")].concat();
            let (events, direct) = drive(&mut connection, &bad, cut, 2000);
            let [Event::Failed(error)] = events[..] else { panic!("not refused") };
            assert_eq!(error.position(), bytes.len() as u64);
            assert!(matches!(error.violation(), Violation::MessageInMessage(_)) && direct > 10_000);
            assert_eq!(written(&mut connection), close_from(role, 1002, ""));
        }
    }
}

/// The limit on messages counts what was read directly.
#[test]
fn limits_count_on() {
    for role in ROLES {
        for (extra, passes) in [(0, true), (1, false)] {
            let mut connection = connection_with(role, |config| config.limits.message = 50_100);
            let data = payload(50_100 + extra);
            let (events, direct) =
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
            assert!(direct > 10_000);
        }
    }
}

/// A direct read that reads nothing has no effect, however often.
#[test]
fn nothing_is_read() {
    for role in ROLES {
        let (mut connection, rest) = in_frame(role, 50_000, 20_000);
        for part in rest.chunks(1000) {
            assert_eq!(poll_events(&mut connection), []);
            connection.direct_read(|_| ());
            connection.direct_read(|space| {
                let _ = space.as_buf_mut();
                assert_eq!(space.read_from(&b""[..]).unwrap(), 0);
            });
            let events = receive(&mut connection, part);
            assert!(events.is_empty() || is_message(&events, &payload(50_000)));
        }
        assert_eq!(connection.closure(), None);
        let text = receive(&mut connection, &frame_to(role, TEXT, b"next"));
        assert_eq!(text, [Event::Text("next".into())]);
    }
}

/// [I-23] [J-04] Reads of every size into one direct read, or into one after the other, with an event polled after each or at the end.
#[test]
fn in_pieces_of_every_size() {
    let len = 10_000;
    for role in ROLES {
        for size in (1..=64).chain([1000, 4095, 4096, 4097, 5000, 5001, usize::MAX]) {
            for (one, polls) in [(true, true), (false, true), (false, false)] {
                let (mut connection, rest) = in_frame(role, len, 5000);
                let (mut rest, mut events) = (&rest[..], Vec::new());
                while let Some(later) = connection.direct_read(|space| {
                    let mut now = put(space, rest, size);
                    let mut before = usize::MAX;
                    while now.len() < before {
                        before = if one { now.len() } else { 0 };
                        now = if one { put(space, now, size) } else { now };
                    }
                    now
                }) {
                    rest = later;
                    if polls {
                        events.extend(poll_events(&mut connection));
                    }
                }
                events.extend(poll_events(&mut connection));
                events.extend(receive(&mut connection, rest));
                assert!(is_message(&events, &payload(len)), "{role:?}, {size} bytes at a time");
            }
        }
    }
}

/// [O-27] What is read directly is a sign of life and a part of a message.
#[test]
fn a_direct_read_counts_as_received() {
    for role in ROLES {
        for reads in [false, true] {
            let change = |config: &mut Config| config.deadlines.idle = Some(Duration::from_secs(60));
            let mut connection = connection_with(role, change);
            receive(&mut connection, &frame_to(role, BINARY, &payload(50_000))[..20_000]);
            for second in (0..=90).step_by(10) {
                if reads {
                    connection.direct_read(|space| space.as_buf_mut().put_u8(0)).unwrap();
                }
                let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
            }
            assert_eq!(connection.state() == State::Open, reads);
        }
    }
}
