//! The blocking adapter over a transport that follows a script.

use crate::{
    common::{KEY, ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to},
    script::{Reads, Script, Writes, socket},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Deadline, Event, Message, Role, SendError,
    adapter::blocking::{self, Error, WebSocket},
    client,
};
use std::{io::ErrorKind, time::Duration};

/// A Close frame is given 20 ms.
fn hasty(config: &mut Config) {
    config.deadlines.close = Duration::from_millis(20);
}

/// The Close code that [`Error::Closed`] tells, and the cause.
fn closed<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, Cause) {
    match result {
        Err(Error::Closed(closure)) => (closure.code().get(), closure.cause()),
        other => panic!("{other:?}"),
    }
}

/// What a `break` leaves in a batch, the next calls hand out, by either door.
#[test]
fn a_batch_that_is_broken_off() {
    for role in ROLES {
        let read: Vec<u8> = ["a", "b", "c", "d"].iter().flat_map(|t| frame_to(role, 0x81, t.as_bytes())).collect();
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(read)]));
        for expected in ["a", "b"] {
            let mut batch = socket.read().unwrap().unwrap();
            let (event, connection) = batch.receive().unwrap();
            assert_eq!(event, Event::Text(expected.into()));
            connection.send_text(expected).unwrap();
        }
        assert_eq!(socket.recv().unwrap(), Some("c".into()));
        let mut batch = socket.read().unwrap().unwrap();
        assert_eq!(batch.receive().unwrap().0, Event::Text("d".into()));
        assert!(batch.receive().is_none());
        assert_eq!(socket.get_ref().calls, ["read"]);
        assert_eq!(closed(socket.recv()).0, 1006);
        let replies = [frame_from(role, 0x81, b"a"), frame_from(role, 0x81, b"b")].concat();
        assert_eq!(socket.get_ref().written, replies);
        assert_eq!(socket.get_ref().calls[..3], ["read", "write", "flush"], "the replies are one write");
    }
}

/// [N-08] A large message that came by the second door is kept, too, if its batch is dropped before it is looked at.
#[test]
fn a_batch_of_the_second_door_that_is_dropped() {
    for role in ROLES {
        for pleasant in [false, true] {
            let large = frame_to(role, 0x82, &vec![7; 100_000]);
            let len = large.len();
            let mut socket = socket(connection(role), Script::new([Reads::Bytes(large)]));
            while socket.get_ref().bytes_read < len {
                let already = socket.get_ref().bytes_read;
                let mut batch = socket.read().unwrap().unwrap();
                if already < len / 2 {
                    assert!(batch.receive().is_none());
                }
            }
            let message = if pleasant {
                socket.recv().unwrap()
            } else {
                let mut batch = socket.read().unwrap_or_else(|error| panic!("the message is lost: {error}")).unwrap();
                batch.receive().and_then(|(event, _)| Message::from_event(event).ok())
            };
            assert!(message == Some(vec![7; 100_000].into()), "{role:?}");
        }
    }
}

/// `feed` waits for the next call that writes; `send`, `flush`, `recv` and `close` are such.
#[test]
fn who_writes() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(close_to(role, 1000, ""))]));
        socket.feed("a").unwrap();
        socket.feed(&b"b"[..]).unwrap();
        assert!(socket.get_ref().calls.is_empty());
        socket.send("c").unwrap();
        assert_eq!(plain(&socket.get_ref().written).len(), 3);
        socket.feed("d").unwrap();
        socket.flush().unwrap();
        assert_eq!(socket.get_ref().calls, ["write", "flush", "write", "flush"]);
        socket.feed("e").unwrap();
        let closure = socket.close(CloseCode::GOING_AWAY, "bye").unwrap();
        assert!(closure.is_clean());
        let all = [(0x81, "a"), (0x82, "b"), (0x81, "c"), (0x81, "d"), (0x81, "e")];
        let mut all: Vec<_> = all.into_iter().map(|(first, text)| (first, text.as_bytes().to_vec())).collect();
        all.push((0x88, [&[3, 0xE9], &b"bye"[..]].concat()));
        assert_eq!(plain(&socket.get_ref().written), all);
        assert!(matches!(socket.send("f"), Err(Error::Send(SendError::Closing))));
        assert!(matches!(socket.recv(), Ok(None)));
    }
}

/// What is queued is written to make room for a message that does not fit besides it; only one that can never fit is refused.
#[test]
fn room_for_a_message() {
    for role in ROLES {
        let connection = connection_with(role, |config| config.limits.output = 1000);
        let mut socket = socket(connection, Script::new([]));
        socket.feed(vec![1; 600]).unwrap();
        assert!(socket.get_ref().calls.is_empty());
        socket.feed(vec![2; 600]).unwrap();
        assert_eq!(socket.get_ref().calls, ["write", "flush"]);
        socket.send(vec![3; 980]).unwrap();
        let lens: Vec<_> = plain(&socket.get_ref().written).iter().map(|(_, payload)| payload.len()).collect();
        assert_eq!(lens, [600, 600, 980], "{role:?}");
        for _ in 0..2 {
            socket.feed("small").unwrap();
            let full = socket.send(vec![4; 1001]);
            assert!(matches!(full, Err(Error::Send(SendError::Full { .. }))), "{full:?}");
        }
        socket.send("and on").unwrap();
        assert_eq!(plain(&socket.get_ref().written).len(), 6);
        socket.connection().close(CloseCode::NORMAL, "").unwrap();
        assert!(matches!(socket.feed(vec![5; 999]), Err(Error::Send(SendError::Closing))));
    }
}

/// [N-05] Writes that take a few bytes, and are interrupted, give the same stream.
#[test]
fn partial_writes() {
    for role in ROLES {
        let writes = [
            Writes::Takes(1),
            Writes::Error(ErrorKind::Interrupted),
            Writes::Takes(3),
            Writes::Error(ErrorKind::WouldBlock),
            Writes::Takes(5000),
        ];
        let mut socket = socket(connection(role), Script::new([]).writes(writes));
        socket.feed("small").unwrap();
        socket.send(vec![7; 10_000]).unwrap();
        let expected = [frame_from(role, 0x81, b"small"), frame_from(role, 0x82, &[7; 10_000])].concat();
        assert_eq!(socket.get_ref().written, expected);
    }
}

/// [O-26] [O-27] [O-16] The Close frame for a violation is written, and the write half shut, before `recv` tells of it.
#[test]
fn a_violation_is_told_to_the_peer_first() {
    for role in ROLES {
        let bytes = [frame_to(role, 0x81, b"fine"), frame_to(role, 0x83, b""), frame_to(role, 0x81, b"late")].concat();
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(bytes), Reads::Bytes(vec![0; 50])]));
        assert_eq!(socket.recv().unwrap(), Some("fine".into()));
        let (code, cause) = closed(socket.recv());
        assert_eq!(code, 1006);
        assert!(matches!(cause, Cause::Protocol(_)));
        assert_eq!(socket.get_ref().written, close_from(role, 1002, ""));
        assert_eq!(socket.get_ref().calls, ["read", "write", "flush", "shutdown", "read", "read"]);
        assert_eq!(closed(socket.recv()).0, 1006, "and again");
    }
}

/// [O-12] [O-13] [O-14] After the exchange the server shuts the stream at once; the client reads until the server has.
#[test]
fn who_closes_the_stream() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(close_to(role, 1001, "bye"))]));
        assert!(matches!(socket.recv(), Ok(None)));
        assert_eq!(socket.get_ref().written, close_from(role, 1001, ""));
        let after: &[&str] = if role == Role::Server { &["shutdown"] } else { &["read"] };
        let calls = &socket.get_ref().calls;
        assert_eq!(calls[..3], ["read", "write", "flush"]);
        assert_eq!(calls[3..4], *after);
        let closure = socket.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason(), closure.is_clean()), (1001, "bye", true));
    }
}

/// [O-33] What the stream's own errors are told as.
#[test]
fn the_stream_fails() {
    for role in ROLES {
        let reset = || Reads::Error(ErrorKind::ConnectionReset);
        let mut broken = socket(connection(role), Script::new([reset()]));
        assert!(matches!(broken.recv(), Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset));
        assert_eq!(closed(broken.recv()), (1006, Cause::Transport));

        let mut stuck = socket(connection(role), Script::new([reset()]).writes([Writes::Takes(0)]));
        assert!(matches!(stuck.send("a"), Err(Error::Io(error)) if error.kind() == ErrorKind::WriteZero));
        assert!(matches!(stuck.recv(), Err(Error::Io(error)) if error.kind() == ErrorKind::WriteZero));
    }
}

/// [O-21] A stream that is reset after both Close frames were exchanged has had a clean end all the same.
#[test]
fn a_reset_after_the_exchange() {
    let reads = [Reads::Bytes(close_to(Role::Client, 1000, "")), Reads::Error(ErrorKind::ConnectionReset)];
    let mut client = socket(connection(Role::Client), Script::new(reads.clone()));
    assert!(matches!(client.recv(), Ok(None)));
    let mut client = socket(connection(Role::Client), Script::new(reads));
    assert!(client.close(CloseCode::NORMAL, "").unwrap().is_clean());
}

/// [O-23] When writing fails, the peer's Close frame may lie unread: `recv` finds it, and tells the peer's code.
#[test]
fn writing_fails_while_a_close_lies_unread() {
    for role in ROLES {
        let reads = [Reads::Bytes([frame_to(role, 0x81, b"last"), close_to(role, 1008, "banned")].concat())];
        let mut socket = socket(
            connection(role),
            Script::new(reads).writes([Writes::Error(ErrorKind::BrokenPipe), Writes::Error(ErrorKind::BrokenPipe)]),
        );
        assert!(matches!(socket.send("a"), Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
        assert_eq!(socket.recv().unwrap(), Some("last".into()));
        let _ = socket.recv();
        let closure = socket.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason()), (1008, "banned"));
        assert!(socket.connection().is_closed());
    }
}

/// [N-05] After a write that failed nothing more is written: it would begin in the middle of a frame.
#[test]
fn nothing_is_written_after_a_failure() {
    for role in ROLES {
        let reads = [Reads::Bytes(frame_to(role, 0x89, b"ping")), Reads::Bytes(close_to(role, 1000, ""))];
        let writes = [Writes::Takes(3), Writes::Error(ErrorKind::Other)];
        let mut socket = socket(connection(role), Script::new(reads).writes(writes));
        assert!(matches!(socket.send("cut off"), Err(Error::Io(_))));
        let _ = socket.send("more");
        let _ = socket.recv();
        assert_eq!(socket.get_ref().written, frame_from(role, 0x81, b"cut off")[..3], "{role:?}");
    }
}

/// A flush of the stream that runs into the timeout, as TLS streams can, is made up for.
#[test]
fn a_flush_that_would_block() {
    for role in ROLES {
        let mut script = Script::new([Reads::Bytes(frame_to(role, 0x81, b"answer"))]);
        script.flushes = [ErrorKind::WouldBlock, ErrorKind::Interrupted].into();
        let mut socket = socket(connection(role), script);
        socket.send("question").unwrap();
        assert_eq!(socket.get_ref().calls, ["write", "flush", "flush", "flush"]);
        assert_eq!(socket.recv().unwrap(), Some("answer".into()));
    }
}

/// A stream that comes back early now and then, as one of somebody's own may, is not taken for one that never waits.
#[test]
fn a_stream_that_comes_back_early() {
    for role in ROLES {
        let early = vec![Reads::Error(ErrorKind::WouldBlock); 60];
        let message = [Reads::Bytes(frame_to(role, 0x81, b"late"))];
        let writes = vec![Writes::Error(ErrorKind::WouldBlock); 60];
        let reads = [&early[..], &message, &early, &message].concat();
        let mut socket = socket(connection(role), Script::new(reads).writes(writes));
        socket.send("early").unwrap();
        assert_eq!(socket.recv().unwrap(), Some("late".into()));
        assert_eq!(socket.recv().unwrap(), Some("late".into()));
    }
}

/// A body that breaks off is not read beyond the end of the stream.
#[test]
fn a_refusal_that_breaks_off() {
    let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nWhy";
    let mut script = Script::new([Reads::Bytes(refusal.to_vec())]);
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let refused = blocking::client(&mut script, request, &Config::default().into());
    let Err(Error::Handshake { response: Some(response), .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(response.body(), b"Why");
    assert_eq!(script.calls, ["write", "flush", "read", "read"]);
}

/// [O-43] A peer that never reads cannot hold `flush` for longer than the close deadline.
#[test]
fn a_peer_that_never_reads() {
    for role in ROLES {
        let mut socket = socket(connection_with(role, hasty), Script::new([]).writes([Writes::Never]));
        socket.feed("unread").unwrap();
        socket.connection().close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(closed(socket.flush()), (1006, Cause::Deadline(Deadline::Close)));
        assert!(socket.connection().is_closed());
    }
}

/// [O-43] Nor can one that reads a byte now and then.
#[test]
fn a_peer_that_hardly_reads() {
    for role in ROLES {
        let mut socket = socket(connection_with(role, hasty), Script::new([]).writes([Writes::Trickle]));
        socket.feed(vec![0; 3000]).unwrap();
        let closure = socket.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        assert!(socket.get_ref().written.len() < 3000);
    }
}

/// [O-43] Nor can one that sends a byte of a large message now and then hold `close`.
#[test]
fn a_peer_that_hardly_sends() {
    for role in ROLES {
        let begun = frame_to(role, 0x82, &vec![0; 100_000])[..10_000].to_vec();
        let reads = [Reads::Bytes(begun), Reads::Trickle(KEY[0])];
        let mut socket = socket(connection_with(role, hasty), Script::new(reads));
        let closure = socket.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        assert!(socket.get_ref().bytes_read < 12_000, "{}", socket.get_ref().bytes_read);
    }
}

/// [L-10] [O-27] Keepalive works through the timeouts of the stream: a ping, then the Close frame, then the end.
#[test]
fn keepalive_through_timeouts() {
    for role in ROLES {
        let connection = connection_with(role, |config| {
            config.deadlines.ping = Some(Duration::from_millis(10));
            config.deadlines.pong = Some(Duration::from_millis(10));
            config.deadlines.close = Duration::from_millis(10);
        });
        let mut socket: WebSocket<Script> = socket(connection, Script::new(vec![Reads::Timeout; 50]));
        assert_eq!(closed(socket.recv()), (1006, Cause::Deadline(Deadline::Pong)));
        let firsts: Vec<_> = plain(&socket.get_ref().written).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x89, 0x88]);
    }
}
