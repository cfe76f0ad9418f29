//! `Delivery::Chunks`: messages as they arrive (RFC 6455 §5.4, at its end: parts of a message may be delivered before
//! it is complete).

use crate::{
    common::{ROLES, close_from, connection_with, frame_to, receive, receive_cut, written},
    peer::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, fragments_to, header_to, short_header},
};
use bowline::{Cause, Connection, Delivery, Event, Input, Interrupted, Role};

fn connection(role: Role) -> Connection {
    connection_with(role, |config| config.delivery = Delivery::Chunks)
}

/// The data of the chunks, and how many of them were the last of their message. Nothing else may be among the events.
fn chunks(events: &[Event<'_>]) -> (Vec<u8>, usize) {
    let (mut all, mut messages) = (Vec::new(), 0);
    for event in events {
        let (data, last): (&[u8], bool) = match event {
            Event::TextChunk { text, last } => (text.as_bytes(), *last),
            Event::BinaryChunk { data, last } => (data, *last),
            other => panic!("not a chunk: {other:?}"),
        };
        assert!(last || !data.is_empty(), "a chunk that says nothing");
        all.extend(data);
        messages += usize::from(last);
    }
    (all, messages)
}

/// [I-25] [I-23] [K-02] [N-08] However a message is cut into reads and fragments, the chunks are the message, and only
/// the last is called that.
#[test]
fn the_chunks_are_the_message() {
    let text = "안녕하세요, 세계! 👋🌍";
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for parts in [
                vec![text.as_bytes()],
                text.as_bytes().chunks(1).collect(),
                text.as_bytes().chunks(7).collect(),
                vec![b"", text.as_bytes(), b"", b""],
            ] {
                let bytes = fragments_to(role, first, parts.iter().copied());
                for cut in (1..40).chain([usize::MAX]) {
                    let events = receive_cut(&mut connection(role), &bytes, cut);
                    assert_eq!(chunks(&events), (text.as_bytes().to_vec(), 1), "{parts:?} cut after {cut}");
                    let (Event::TextChunk { last, .. } | Event::BinaryChunk { last, .. }) = events.last().unwrap()
                    else {
                        panic!("not a chunk")
                    };
                    assert!(last);
                }
            }
        }
    }
}

/// [I-25] A chunk is there as soon as its bytes are, borrowed from the read buffer.
#[test]
fn chunks_arrive_at_once_and_are_borrowed() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut bytes = frame_to(role, BINARY, &[7; 100]);
        let mut input = Input::from(&mut bytes[..short_header(role) + 40]);
        match connection.receive(&mut input) {
            Some(Event::BinaryChunk { data, last: false }) => assert!(data.is_borrowed() && *data == [7; 40]),
            other => panic!("{other:?}"),
        }
        let mut input = Input::from(&mut bytes[short_header(role) + 40..]);
        match connection.receive(&mut input) {
            Some(Event::BinaryChunk { data, last: true }) => assert!(data.is_borrowed() && *data == [7; 60]),
            other => panic!("{other:?}"),
        }

        let mut bytes = frame_to(role, TEXT, "한국".as_bytes());
        let mut input = Input::from(&mut bytes[..short_header(role) + 4]);
        match connection.receive(&mut input) {
            Some(Event::TextChunk { text, last: false }) => assert!(text.is_borrowed() && *text == *"한"),
            other => panic!("{other:?}"),
        }
        let mut input = Input::from(&mut bytes[short_header(role) + 4..]);
        assert_eq!(connection.receive(&mut input), Some(Event::TextChunk { text: "국".into(), last: true }));
    }
}

/// [N-10] [K-09] An empty message is one empty chunk, in one frame or in several; of the empty parts of another, there
/// is no news.
#[test]
fn empty_messages_and_fragments() {
    for role in ROLES {
        for parts in [vec![&b""[..]], vec![b"", b""], vec![b"", b"", b""]] {
            for cut in [1, usize::MAX] {
                let bytes = fragments_to(role, TEXT, parts.iter().copied());
                let events = receive_cut(&mut connection(role), &bytes, cut);
                assert_eq!(events, [Event::TextChunk { text: "".into(), last: true }]);
                let bytes = fragments_to(role, BINARY, parts.iter().copied());
                let events = receive_cut(&mut connection(role), &bytes, cut);
                assert_eq!(events, [Event::BinaryChunk { data: vec![].into(), last: true }]);
            }
        }
        let events = receive(&mut connection(role), &fragments_to(role, TEXT, [&b""[..], b"a", b"", b"b", b""]));
        let expected = [("a", false), ("b", false), ("", true)];
        assert_eq!(events, expected.map(|(text, last)| Event::TextChunk { text: text.into(), last }));
    }
}

/// [K-06] [L-04] Control frames come between the chunks, where they came between the fragments.
#[test]
fn control_frames_between_chunks() {
    for role in ROLES {
        let mut connection = connection(role);
        let bytes = [
            frame_to(role, TEXT & !FIN, b"a\xed"),
            frame_to(role, PING, b"1"),
            frame_to(role, 0, b"\x95"),
            frame_to(role, PONG, b"2"),
            frame_to(role, CONTINUATION, b"\x9c"),
        ];
        let expected = [
            Event::TextChunk { text: "a".into(), last: false },
            Event::Ping(b"1".to_vec().into()),
            Event::Pong(b"2".to_vec().into()),
            Event::TextChunk { text: "한".into(), last: true },
        ];
        assert_eq!(receive(&mut connection, &bytes.concat()), expected);
        assert_eq!(written(&mut connection), frame_to(role.peer(), PONG, b"1"));
    }
}

/// [O-41] [O-33] A message that breaks off, by a Close frame or the end of the stream: there is no last chunk.
#[test]
fn a_message_that_breaks_off() {
    for role in ROLES {
        let half = frame_to(role, TEXT & !FIN, b"half");
        let chunk = || Event::TextChunk { text: "half".into(), last: false };
        let mut closed = connection(role);
        let events = receive(&mut closed, &[half.clone(), frame_to(role, CLOSE, b"")].concat());
        assert_eq!(events, [chunk(), Event::Close(None)]);

        let mut ended = connection(role);
        assert_eq!(receive(&mut ended, &half), [chunk()]);
        ended.receive_eof();
        assert_eq!(ended.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Message));

        let mut ended = connection(role);
        assert_eq!(receive(&mut ended, &half[..half.len() - 2]).len(), 1);
        ended.receive_eof();
        assert_eq!(ended.closure().unwrap().cause(), Cause::EndOfStream(Interrupted::Frame));
    }
}

/// [O-30] [M-08] What was valid before the error has been delivered, and no more; the Close frame says 1007.
#[test]
fn valid_pieces_before_an_invalid_one() {
    for role in ROLES {
        let mut connection = connection(role);
        let frame = frame_to(role, TEXT, "한국\u{fffd}".as_bytes());
        let mut bytes = frame[..short_header(role) + 6].to_vec();
        // The payload is wrong from here on, masked or not.
        bytes.push(frame[short_header(role) + 6] ^ 0x10);
        let events = receive_cut(&mut connection, &bytes, 1);
        let (failed, others) = events.split_last().unwrap();
        assert!(matches!(failed, Event::Failed(_)));
        assert_eq!(chunks(others), ("한국".into(), 0));
        assert_eq!(written(&mut connection), close_from(role, 1007, ""));
    }
}

/// [R-02] [I-20] A frame without end, in pieces: each is delivered, though the limits are tiny.
#[test]
fn a_frame_of_any_size() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| {
            config.delivery = Delivery::Chunks;
            (config.limits.frame, config.limits.message) = (1, 1);
        });
        assert_eq!(receive(&mut connection, &header_to(role, BINARY, 8, i64::MAX as u64)), []);
        let mut total = 0;
        for _ in 0..100 {
            total += chunks(&receive(&mut connection, &[0; 10_000])).0.len();
        }
        assert_eq!((total, connection.closure()), (1_000_000, None));
        assert!(connection.direct_read(|_| ()).is_none(), "there is nothing to assemble");
    }
}
