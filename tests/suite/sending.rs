//! What is sent: frames of the right form, errors that leave nothing behind, and the limit on the output.

use crate::{
    common::{KEY, ROLES, close_to, connection, connection_with, frame_to, naive_mask, receive, written},
    wire::{as_the_peer_reads_it, connection_that_counts, drawn},
};
use bowline::{CloseCode, Config, Connection, Data, Event, Input, Payload, Prepared, Role, SendError, Text, client};
use bytes::{Buf, Bytes, BytesMut};
use std::str;

type Send = fn(&mut Connection, &[u8]) -> Result<(), SendError>;

/// Every way to send ASCII: its name, the first byte of the frame, and the method.
const DATA: [(&str, u8, Send); 8] = [
    ("text", 0x81, |c, p| c.send_text(str::from_utf8(p).unwrap())),
    ("binary", 0x82, |c, p| c.send_binary(p)),
    ("text chunk", 0x01, |c, p| c.send_text_chunk(str::from_utf8(p).unwrap(), false)),
    ("binary chunk", 0x02, |c, p| c.send_binary_chunk(p, false)),
    ("only text chunk", 0x81, |c, p| c.send_text_chunk(str::from_utf8(p).unwrap(), true)),
    ("owned binary", 0x82, |c, p| c.send_binary(p.to_vec())),
    ("prepared text", 0x81, |c, p| c.send_prepared(&Prepared::text(str::from_utf8(p).unwrap()))),
    ("prepared binary", 0x82, |c, p| c.send_prepared(&Prepared::binary(p))),
];

const CONTROL: [(&str, u8, Send); 2] = [("ping", 0x89, |c, p| c.ping(p)), ("pong", 0x8A, |c, p| c.pong(p))];

fn ascii(len: usize) -> Vec<u8> {
    (0..len).map(|i| b'a' + (i % 23) as u8).collect()
}

/// [I-01] [I-02] [I-06] [I-16] [J-04] [J-06] [J-07] [N-03] [N-04] A frame, bit by bit: no reserved bits, the fewest
/// bytes of length, and a mask from clients only.
#[test]
fn frames_have_their_only_form() {
    const LENGTHS: [(usize, &[u8]); 6] = [
        (0, &[0]),
        (1, &[1]),
        (125, &[125]),
        (126, &[126, 0, 126]),
        (65_535, &[126, 0xFF, 0xFF]),
        (65_536, &[127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ];
    for (name, first, send) in DATA.into_iter().chain(CONTROL) {
        for (len, length) in LENGTHS.into_iter().filter(|(len, _)| first < 0x88 || *len <= 125) {
            let payload = ascii(len);
            let mut server = connection(Role::Server);
            send(&mut server, &payload).unwrap();
            assert_eq!(written(&mut server), [&[first], length, &payload].concat(), "{name} of {len} from a server");

            let mut masked = length.to_vec();
            masked[0] |= 0x80;
            let mut client = connection(Role::Client);
            send(&mut client, &payload).unwrap();
            let frame = [&[first], &*masked, &KEY, &naive_mask(&payload, KEY)].concat();
            assert_eq!(written(&mut client), frame, "{name} of {len} from a client");
        }
    }
}

/// [I-05] [N-01] There is no wrong time to send while the connection is open: at once, in the middle of a frame and of a
/// message of the peer's, and while an event is held.
#[test]
fn sent_at_any_time() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut bytes = [frame_to(role, 0x01, b"a"), frame_to(role, 0x89, b""), frame_to(role, 0x80, b"b")].concat();
        for (_, _, send) in DATA.into_iter().filter(|(_, first, _)| first & 0x80 != 0) {
            assert_eq!(send(&mut connection, b"at once"), Ok(()));
        }
        let mut events = 0;
        for byte in bytes.chunks_mut(1) {
            let mut input = Input::from(byte);
            while let Some(event) = connection.receive(&mut input) {
                assert_eq!((connection.send_text("held"), connection.send_binary(b"held")), (Ok(()), Ok(())));
                assert!(matches!(event, Event::Ping(_) | Event::Text(_)));
                events += 1;
            }
            assert_eq!((connection.send_text("between"), connection.ping(b"between")), (Ok(()), Ok(())));
        }
        assert_eq!(events, 2);
    }
}

/// [J-09] What was handed over is on its way: the caller's bytes are neither masked in place nor looked at again.
#[test]
fn the_callers_bytes_are_left_alone() {
    for role in ROLES {
        for len in [100, 100_000] {
            let mut borrowed = ascii(len);
            let owned = Bytes::from(borrowed.clone());
            let mut connection = connection(role);
            connection.send_binary(&borrowed).unwrap();
            connection.send_binary(owned.clone()).unwrap();
            assert_eq!(borrowed, ascii(len));
            borrowed.fill(0);
            assert_eq!(owned, ascii(len));
            let message = || Event::Binary(ascii(len).into());
            assert_eq!(as_the_peer_reads_it(role, &written(&mut connection)), [message(), message()]);
        }
    }
}

/// What can be passed to `send_binary` and `send_text`, borrowed and owned, gives the same frame.
#[test]
fn conversions() {
    let mut received = *b"Hello";
    let mut source = connection(Role::Client);
    let mut read = [&[0x82, 5], &received[..]].concat();
    let mut input = Input::from(&mut read);
    let Some(Event::Binary(borrowed)) = source.receive(&mut input) else { panic!("no message") };
    assert!(borrowed.is_borrowed());
    let vec = received.to_vec();
    let owned: Payload<'_> = vec.clone().into();
    let data: [Data<'_>; 9] = [
        (&received[..]).into(),
        (&received).into(),
        (&vec).into(),
        vec.clone().into(),
        Bytes::from(vec.clone()).into(),
        BytesMut::from(&received[..]).into(),
        (&owned).into(),
        Payload::from(vec.clone()).into(),
        borrowed.into(),
    ];
    for data in data {
        let mut server = connection(Role::Server);
        server.send_binary(data).unwrap();
        assert_eq!(written(&mut server), b"\x82\x05Hello");
    }
    received.fill(0);

    let string = String::from("Hello");
    let text = Text::from("Hello");
    for text in [Text::from("Hello"), (&string).into(), string.clone().into(), (&text).into(), text.clone()] {
        let mut server = connection(Role::Server);
        server.send_text(text).unwrap();
        assert_eq!(written(&mut server), b"\x81\x05Hello");
    }
}

/// On a server a large message that is owned leaves from where it lies; a client has to mask it, and copies.
#[test]
fn large_owned_messages_are_not_copied() {
    let bytes = Bytes::from(ascii(100_000));
    let vec = ascii(100_000);
    let string = String::from_utf8(ascii(100_000)).unwrap();
    let at = [bytes.as_ptr(), vec.as_ptr(), string.as_ptr()];
    for (role, shared) in [(Role::Server, true), (Role::Client, false)] {
        let mut connection = connection(role);
        connection.send_binary(bytes.clone()).unwrap();
        connection.send_binary(vec.clone()).unwrap();
        let mut pieces = Vec::new();
        while let Some(piece) = connection.output().front() {
            connection.output().advance(piece.len());
            pieces.push(piece);
        }
        assert_eq!(pieces.iter().any(|piece| piece.as_ptr() == at[0]), shared, "{role:?}");
    }
    let mut server = connection(Role::Server);
    server.send_binary(vec).unwrap();
    server.send_text(string).unwrap();
    for at in &at[1..] {
        let header = server.output().front().unwrap().len();
        server.output().advance(header);
        let body = server.output().front().unwrap();
        assert_eq!(body.as_ptr(), *at);
        server.output().advance(body.len());
    }
}

/// A prepared message is encoded once for all servers, and masked anew by each client.
#[test]
fn prepared_messages() {
    let prepared = Prepared::binary(ascii(10_000));
    let [a, b] = [prepared.clone(), prepared].map(|prepared| {
        let mut server = connection(Role::Server);
        server.send_prepared(&prepared).unwrap();
        server.output().front().unwrap()
    });
    assert_eq!(a.as_ptr(), b.as_ptr());

    let mut client = connection_that_counts(Role::Client, |_| {});
    let prepared = Prepared::text("news");
    client.send_prepared(&prepared).unwrap();
    client.send_prepared(&prepared).unwrap();
    let keys: Vec<_> = bowline_test::Frame::decode_all(&written(&mut client)).iter().map(|frame| frame.key).collect();
    assert_eq!(keys, [Some([0, 0, 0, 1]), Some([0, 0, 0, 2])]);
}

/// The limit on the output is exact, and counts the header.
#[test]
fn the_output_limit_is_exact() {
    for role in ROLES {
        for (name, _, send) in DATA.into_iter().chain(CONTROL) {
            for len in [0, 125] {
                let frame = len + if role == Role::Client { 6 } else { 2 };
                let mut fits = connection_with(role, |config| config.limits.output = frame);
                assert_eq!(send(&mut fits, &ascii(len)), Ok(()), "{name}");
                assert_eq!(fits.buffered_amount(), frame, "{name}");
                let full = SendError::Full { frame: frame - len, queued: frame, limit: frame };
                if !matches!(name, "text chunk" | "binary chunk") {
                    assert_eq!(send(&mut fits, &[]), Err(full), "{name}");
                }
                let limit = frame - 1;
                let mut full = connection_with(role, |config| config.limits.output = limit);
                let error = SendError::Full { frame, queued: 0, limit };
                assert_eq!(send(&mut full, &ascii(len)), Err(error), "{name}");
                assert_eq!(full.buffered_amount(), 0);
            }
        }
    }
}

/// What is written makes room again, to the byte.
#[test]
fn writing_makes_room() {
    for role in ROLES {
        let frame = if role == Role::Client { 16 } else { 12 };
        let mut connection = connection_with(role, |config| config.limits.output = 2 * frame);
        connection.send_binary(&[0; 10]).unwrap();
        connection.send_binary(&[0; 10]).unwrap();
        connection.output().advance(frame - 1);
        let (queued, limit) = (frame + 1, 2 * frame);
        assert_eq!(connection.send_binary(&[0; 10]), Err(SendError::Full { frame, queued, limit }));
        connection.output().advance(1);
        assert_eq!(connection.send_binary(&[0; 10]), Ok(()));
    }
}

/// [R-07] [L-04] [O-18] Pongs and the Close frame are bounded by themselves, and pass the limit.
#[test]
fn pongs_and_close_pass_the_output_limit() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| config.limits.output = 0);
        receive(&mut connection, &frame_to(role, 0x89, b"a"));
        connection.close(CloseCode::NORMAL, "").unwrap();
        let expected = [(0x8A, b"a".to_vec()), (0x88, vec![3, 0xE8])];
        assert_eq!(crate::wire::plain(&written(&mut connection)), expected);
    }
}

type Step = fn(Role, &mut Connection);

/// What `role` writes if an attempt that fails is made between two steps, and if it is not made.
fn with_and_without(role: Role, limit: usize, before: Step, attempt: &dyn Fn(&mut Connection), after: Step) {
    let [with, without] = [true, false].map(|make_it| {
        let mut connection = connection_that_counts(role, |config| config.limits.output = limit);
        before(role, &mut connection);
        let (queued, state, keys) = (connection.buffered_amount(), connection.state(), drawn());
        if make_it {
            attempt(&mut connection);
        }
        assert_eq!((connection.buffered_amount(), connection.state(), drawn()), (queued, state, keys));
        after(role, &mut connection);
        written(&mut connection)
    });
    assert_eq!(with, without, "{role:?}");
}

/// [N-01] [L-02] [L-10] [K-10] [O-07] An error of the caller leaves everything as it was: no byte is queued,
/// no key is drawn, no message begins or ends.
#[test]
fn errors_change_nothing() {
    const ROOM: usize = 1000;
    let full = |error| matches!(error, Err(SendError::Full { .. }));
    let check =
        |limit, before: Step, ways: &[(&str, u8, Send)], payload: &[u8], is: &dyn Fn(_) -> bool, after: Step| {
            for role in ROLES {
                for (name, _, send) in ways {
                    let attempt =
                        |connection: &mut Connection| assert!(is(send(connection, payload)), "{role:?} {name}");
                    with_and_without(role, limit, before, &attempt, after);
                }
            }
        };
    let all: Vec<_> = DATA.into_iter().chain(CONTROL).collect();
    let whole = [DATA[0], DATA[1], DATA[5], DATA[6], DATA[7]];

    check(30, |_, c| c.send_text("a").unwrap(), &all, &ascii(30), &full, |_, c| c.send_text("b").unwrap());
    check(
        30,
        |_, c| c.send_text_chunk("a", false).unwrap(),
        &[DATA[2], DATA[4]],
        &ascii(30),
        &full,
        |_, c| {
            c.send_text_chunk("b", true).unwrap();
        },
    );
    check(
        ROOM,
        |_, c| c.send_text_chunk("a", false).unwrap(),
        &CONTROL,
        &ascii(126),
        &|error| error == Err(SendError::ControlTooLong(126)),
        |_, c| c.send_text_chunk("b", true).unwrap(),
    );
    let in_message = |error| error == Err(SendError::InMessage);
    check(
        ROOM,
        |_, c| c.send_text_chunk("a", false).unwrap(),
        &whole,
        b"x",
        &in_message,
        |_, c| {
            c.send_text_chunk("b", true).unwrap();
        },
    );
    check(
        ROOM,
        |_, c| c.send_binary_chunk(b"a", false).unwrap(),
        &whole,
        b"",
        &in_message,
        |_, c| {
            c.send_binary_chunk(b"b", true).unwrap();
        },
    );
    let chunk_kind = |error| error == Err(SendError::ChunkKind);
    check(
        ROOM,
        |_, c| c.send_text_chunk("a", false).unwrap(),
        &[DATA[3]],
        b"x",
        &chunk_kind,
        |_, c| {
            c.send_text_chunk("b", true).unwrap();
        },
    );
    check(
        ROOM,
        |_, c| c.send_binary_chunk(b"a", false).unwrap(),
        &[DATA[2], DATA[4]],
        b"x",
        &chunk_kind,
        |_, c| {
            c.send_binary_chunk(b"b", true).unwrap();
        },
    );
    let over: [Step; 6] = [
        |_, c| c.close(CloseCode::NORMAL, "").unwrap(),
        |role, c| drop(receive(c, &close_to(role, 1000, ""))),
        |role, c| drop(receive(c, &frame_to(role, 0x83, b""))),
        |_, c| c.receive_eof(),
        |_, c| c.transport_failed(),
        |_, c| {
            c.send_text_chunk("a", false).unwrap();
            c.close(CloseCode::NORMAL, "").unwrap();
        },
    ];
    for over in over {
        check(ROOM, over, &all, b"x", &|error| error == Err(SendError::Closing), |_, _| {});
    }
}

/// [C-23] [N-01] Before the server's answer is in order a client has nothing to send: there is no connection to send on,
/// and the handshake writes no byte after the request.
#[test]
fn nothing_follows_the_request_before_the_answer() {
    let request = client::Request::from_uri("ws://example.com/").unwrap();
    let mut handshake = client::Handshake::new(request, Config::new(|| KEY));
    let queued = handshake.output().remaining();
    let request = handshake.output().copy_to_bytes(queued);
    assert!(request.ends_with(b"\r\n\r\n"));
    let mut answer = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\x89\x00";
    for byte in answer.chunks_mut(1) {
        let progress = handshake.receive(&mut Input::from(byte));
        assert_eq!(handshake.output().remaining(), 0);
        if !matches!(progress, client::Progress::Incomplete) {
            break;
        }
    }
}
