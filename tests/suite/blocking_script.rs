//! The blocking adapter over a transport that follows a script.

use crate::{
    common::{KEY, ROLES, close_from, close_to, connection, connection_with, frame_from, frame_to},
    script::{Reads, Script, Writes, socket},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Deadline, Event, Interrupted, Message, Prepared, Role, SendError,
    adapter::blocking::{self, Error, WebSocket},
    client,
};
use std::{io::ErrorKind, task::Poll, thread, time::Duration};

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

/// A timeout that is over at once does not prevent a read of what has arrived.
#[test]
fn a_timeout_that_is_over_at_once() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(frame_to(role, 0x81, b"there"))]));
        let received = socket.recv_timeout(Duration::from_nanos(1)).unwrap();
        assert_eq!(received, Poll::Ready(Some("there".into())));
    }
}

/// A call that receives, and whose queue is so long that it has to write first: if writing fails, it still returns what the peer
/// sent before.
#[test]
fn replies_that_cannot_be_written() {
    for role in ROLES {
        let frames = [frame_to(role, 0x81, b"before"), close_to(role, 1008, "banned")].concat();
        let script = Script::new([Reads::Bytes(frames)]).writes([Writes::Error(ErrorKind::BrokenPipe)]);
        let mut socket = socket(connection(role), script);
        socket.feed(vec![7; 70_000]).unwrap();
        assert_eq!(socket.recv().unwrap(), Some("before".into()));
        assert_eq!(closed(socket.recv()).0, 1008);
    }
}

/// What a `break` leaves in a batch, the next calls hand out, by either API.
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

/// [N-08] A large message that came by a direct read is kept, too, if its batch is dropped before it is looked at.
#[test]
fn a_batch_of_a_direct_read_that_is_dropped() {
    for role in ROLES {
        for owned in [false, true] {
            let large = frame_to(role, 0x82, &vec![7; 100_000]);
            let len = large.len();
            let mut socket = socket(connection(role), Script::new([Reads::Bytes(large)]));
            assert!(socket.read().unwrap().unwrap().receive().is_none(), "it has only begun");
            let _dropped = socket.read().unwrap().unwrap();
            assert_eq!(socket.get_ref().bytes_read, len);
            let message = if owned {
                socket.recv().unwrap()
            } else {
                let mut batch = socket.read().unwrap_or_else(|error| panic!("the message is lost: {error}")).unwrap();
                batch.receive().and_then(|(event, _)| Message::try_from(event).ok())
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
        assert_eq!(closed(socket.send("f")).0, 1000);
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
        assert!(matches!(socket.try_feed(vec![5; 999]), Err(Error::Send(SendError::Closing))));
        // The script has ended, so that a call that reads finds out how.
        assert!(matches!(closed(socket.feed(vec![5; 999])).1, Cause::EndOfStream(_)));
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
            Writes::Error(ErrorKind::TimedOut),
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

/// Each wait has the timeout of the deadline that is next: one that was set for an earlier call does not remain.
#[test]
fn the_timeout_of_the_stream() {
    let (ping, close) = (Duration::from_millis(500), Duration::from_millis(20));
    for role in ROLES {
        let reads = [vec![Reads::Bytes(frame_to(role, 0x81, b"first"))], vec![Reads::Timeout; 1000]].concat();
        let connection = connection_with(role, |config| {
            (config.deadlines.ping, config.deadlines.close) = (Some(ping), close);
        });
        let mut socket = socket(connection, Script::new(reads));
        assert_eq!(socket.recv().unwrap(), Some("first".into()));
        let closure = socket.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        let waits = socket.get_ref().waits.take();
        assert!(!waits.is_empty() && waits.iter().all(|wait| *wait <= close), "{waits:?}");
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
        assert_eq!(stuck.closure().unwrap().cause(), Cause::Transport, "it failed in both directions");
        assert_eq!(closed(stuck.recv()), (1006, Cause::Transport));
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

/// [O-23] When writing fails, the peer's Close frame may lie unread: the error has the peer's code, and `recv` still returns the
/// messages before it.
#[test]
fn writing_fails_while_a_close_lies_unread() {
    for role in ROLES {
        let reads = [Reads::Bytes([frame_to(role, 0x81, b"last"), close_to(role, 1008, "banned")].concat())];
        let mut socket = socket(
            connection(role),
            Script::new(reads).writes([Writes::Error(ErrorKind::BrokenPipe), Writes::Error(ErrorKind::BrokenPipe)]),
        );
        assert_eq!(closed(socket.send("a")).0, 1008);
        assert_eq!(socket.recv().unwrap(), Some("last".into()));
        assert_eq!(closed(socket.recv()).0, 1008);
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
        assert!(socket.send("cut off").is_err());
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
        script.flushes = [ErrorKind::TimedOut, ErrorKind::Interrupted].into();
        let mut socket = socket(connection(role), script);
        socket.send("question").unwrap();
        // After the timeout it reads, since the peer may have sent something.
        assert_eq!(socket.get_ref().calls, ["write", "flush", "read", "flush", "flush"]);
        assert_eq!(socket.recv().unwrap(), Some("answer".into()));
    }
}

/// Parts are flushed once more: the stream may have accepted bytes before that it has not passed on, as TLS streams do.
#[test]
fn parts_are_flushed() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(frame_to(role, 0x81, b"answer"))]));
        socket.send("question").unwrap();
        let mut again = WebSocket::from_parts(socket.into_parts());
        assert_eq!(again.recv().unwrap(), Some("answer".into()));
        assert_eq!(again.get_ref().calls, ["write", "flush", "flush", "read"]);
    }
}

/// The clock of a connection goes on when it is taken apart and joined again.
#[test]
fn deadlines_of_parts() {
    for role in ROLES {
        let connection = connection_with(role, |config| config.deadlines.idle = Some(Duration::from_millis(20)));
        let mut socket = socket(connection, Script::new(vec![Reads::Timeout; 10]));
        assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
        thread::sleep(Duration::from_millis(30));
        let mut again = WebSocket::from_parts(socket.into_parts());
        for _ in 0..3 {
            assert_eq!(again.try_recv().unwrap(), Poll::Pending);
        }
        assert_eq!(again.get_ref().written, close_from(role, 1001, "idle for too long"));
    }
}

/// A shutdown that is interrupted, as the `close_notify` of TLS can be, is made up for before the connection is over, but not for
/// longer than closing may take: one that runs into the timeout has taken the whole close deadline.
#[test]
fn a_shutdown_that_would_block() {
    for (kind, times, is_done) in [(ErrorKind::Interrupted, 1, true), (ErrorKind::TimedOut, 1000, false)] {
        let mut script = Script::new([Reads::Bytes(close_to(Role::Server, 1000, ""))]);
        script.shutdowns = vec![kind; times].into();
        let mut socket = socket(connection_with(Role::Server, hasty), script);
        assert_eq!(socket.recv().unwrap(), None);
        let shutdowns = socket.get_ref().calls.iter().filter(|call| **call == "shutdown").count();
        assert_eq!((shutdowns == times + 1, socket.get_ref().shutdowns.is_empty()), (is_done, is_done));
        assert!(socket.closure().unwrap().is_normal());
    }
}

/// A stream that is interrupted again and again, as TLS streams are by a part of a record, is asked again. One whose timeout
/// cannot have expired is in non-blocking mode: an error, and the connection goes on.
#[test]
fn a_stream_that_returns_early() {
    for role in ROLES {
        let interrupted = vec![Reads::Error(ErrorKind::Interrupted); 200];
        let message = [Reads::Bytes(frame_to(role, 0x81, b"late"))];
        let early = [Reads::Error(ErrorKind::WouldBlock)];
        let reads = [&interrupted[..], &message, &early, &message].concat();
        let writes = vec![Writes::Error(ErrorKind::Interrupted); 200];
        let mut socket = socket(connection(role), Script::new(reads).writes(writes));
        socket.send("early").unwrap();
        assert_eq!(socket.recv().unwrap(), Some("late".into()));
        let Err(Error::Io(error)) = socket.recv() else { panic!("it does not block") };
        assert!(error.kind() == ErrorKind::WouldBlock && error.to_string().contains("non-blocking mode"));
        assert_eq!(socket.recv().unwrap(), Some("late".into()));
    }
}

/// A form of receiving: a message, or none for a normal end.
type Form = fn(&mut WebSocket<Script>) -> Result<Option<Message>, Error>;

const FORMS: [Form; 5] = [
    |socket| socket.recv(),
    |socket| match socket.try_recv()? {
        Poll::Ready(message) => Ok(message),
        Poll::Pending => panic!("the script has an end"),
    },
    |socket| match socket.recv_timeout(Duration::from_secs(60))? {
        Poll::Ready(message) => Ok(message),
        Poll::Pending => panic!("the script has an end"),
    },
    |socket| {
        while let Some(event) = socket.next_event()? {
            assert!(matches!(event, Event::Close(_)), "{event:?}");
        }
        Ok(None)
    },
    |socket| {
        while let Some(mut batch) = socket.read()? {
            while let Some((event, _)) = batch.receive() {
                assert!(matches!(event, Event::Close(_) | Event::Failed(_)), "{event:?}");
            }
        }
        Ok(None)
    },
];

/// A violation is the error at the end, and not an event of `next_event`; it is one in a batch.
#[test]
fn a_violation_is_not_an_event() {
    for role in ROLES {
        let read = [frame_to(role, 0x81, b"one"), frame_to(role, 0x83, b"")].concat();
        let mut events = socket(connection(role), Script::new([Reads::Bytes(read.clone())]));
        assert_eq!(events.next_event().unwrap(), Some(Event::Text("one".into())));
        assert!(matches!(closed(events.next_event()), (1006, Cause::Protocol(_))));
        let mut batches = socket(connection(role), Script::new([Reads::Bytes(read)]));
        let mut batch = batches.read().unwrap().unwrap();
        assert!(matches!(batch.receive(), Some((Event::Text(_), _))));
        assert!(matches!(batch.receive(), Some((Event::Failed(_), _))));
    }
}

/// [O-33] Each end in each form of receiving: none after a normal end, an error with the closure after every other, each again when
/// it is asked for again; `close` returns the closure of any end.
#[test]
fn every_end_in_every_form() {
    for (role, form) in ROLES.into_iter().flat_map(|role| FORMS.map(|form| (role, form))) {
        let ends = [
            (close_to(role, 1000, ""), 1000, true),
            (close_to(role, 1001, "bye"), 1001, true),
            (frame_to(role, 0x88, b""), 1005, true),
            (close_to(role, 1002, ""), 1002, false),
            (close_to(role, 1008, "banned"), 1008, false),
            (close_to(role, 1011, ""), 1011, false),
            (close_to(role, 3000, ""), 3000, false),
            (close_to(role, 4999, ""), 4999, false),
            (frame_to(role, 0x83, b""), 1006, false),
            (vec![], 1006, false),
            (frame_to(role, 0x81, b"cut")[..3].to_vec(), 1006, false),
        ];
        for (bytes, code, is_normal) in ends {
            let reads: Vec<_> = if bytes.is_empty() { vec![] } else { vec![Reads::Bytes(bytes)] };
            let mut socket = socket(connection(role), Script::new(reads));
            for _ in 0..2 {
                match form(&mut socket) {
                    Ok(None) => assert!(is_normal, "{code}"),
                    result => assert_eq!((closed(result).0, is_normal), (code, false)),
                }
            }
            assert_eq!(socket.close(CloseCode::NORMAL, "").unwrap().code().get(), code);
            assert_eq!(socket.closure().unwrap().is_normal(), is_normal);
            assert_eq!(closed(socket.send("late")).0, code);
            assert_eq!(closed(socket.ping(b"")).0, code);
            assert!(!socket.get_ref().is_nonblocking);
        }
    }
}

/// `try_recv` never waits, for input or for output, and goes on where it was; the stream is in blocking mode after each call.
#[test]
fn try_recv() {
    for role in ROLES {
        let message = frame_to(role, 0x81, b"in two");
        let (first, second) = message.split_at(4);
        let reads = [
            Reads::Timeout,
            Reads::Error(ErrorKind::Interrupted),
            Reads::Bytes([&frame_to(role, 0x89, b"ping")[..], first].concat()),
            Reads::Timeout,
            Reads::Bytes(second.to_vec()),
            Reads::Bytes(close_to(role, 1000, "")),
            Reads::Timeout,
        ];
        // The pong leaves byte by byte, and then the flush is to be made up for.
        let mut script = Script::new(reads).writes([Writes::Takes(1), Writes::Error(ErrorKind::WouldBlock)]);
        script.flushes = [ErrorKind::WouldBlock].into();
        let mut socket = socket(connection(role), script);
        let poll = |socket: &mut WebSocket<Script>| {
            let message = socket.try_recv().unwrap();
            assert!(!socket.get_ref().is_nonblocking);
            message
        };
        assert_eq!(poll(&mut socket), Poll::Pending);
        assert_eq!(poll(&mut socket), Poll::Pending);
        assert_eq!(socket.get_ref().written.len(), 1);
        assert_eq!(poll(&mut socket), Poll::Ready(Some("in two".into())));
        let last = poll(&mut socket);
        assert_eq!(last == Poll::Pending, role == Role::Client, "a client waits for the end of the stream");
        assert_eq!(poll(&mut socket), Poll::Ready(None));
        let firsts: Vec<_> = plain(&socket.get_ref().written).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x8A, 0x88]);
    }
}

/// One call of `try_recv` reads 1 MiB of a large message, and not the whole of it, so that a peer that sends without a pause cannot
/// keep it from returning.
#[test]
fn try_recv_of_a_large_message() {
    for role in ROLES {
        let data = vec![7; 5_000_000];
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(frame_to(role, 0x82, &data))]));
        for calls in 1..5 {
            assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
            assert_eq!(socket.get_ref().bytes_read, 16 * 1024 + calls * 1024 * 1024);
        }
        assert!(socket.try_recv().unwrap() == Poll::Ready(Some(data.into())));
    }
}

/// A stream that fails in `try_recv` is in blocking mode afterwards, too.
#[test]
fn try_recv_that_fails() {
    let mut socket = socket(connection(Role::Client), Script::new([Reads::Error(ErrorKind::ConnectionReset)]));
    assert!(matches!(socket.try_recv(), Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset));
    assert!(!socket.get_ref().is_nonblocking);
    assert_eq!(closed(socket.try_recv()), (1006, Cause::Transport));
}

/// A peer that has ended its half and reads nothing: `try_recv` does not wait for it, nor loop.
#[test]
fn try_recv_with_output_that_is_not_read() {
    let mut socket = socket(connection_with(Role::Server, hasty), Script::new([]).writes([Writes::Never]));
    socket.feed("unread").unwrap();
    assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
    assert_eq!(socket.buffered_amount(), 8);
    while socket.try_recv().is_ok_and(|polled| polled.is_pending()) {
        thread::sleep(Duration::from_millis(1)); // until the close deadline
    }
    assert_eq!(closed(socket.try_recv()).1, Cause::EndOfStream(Interrupted::Nothing));
}

/// A peer that floods this endpoint with pings holds neither `try_recv` nor `recv_timeout`.
#[test]
fn a_flood_of_pings() {
    for limit in [Duration::ZERO, Duration::from_millis(20)] {
        let flood = [Reads::Flood(frame_to(Role::Server, 0x89, &[7; 100]))];
        let mut socket = socket(connection(Role::Server), Script::new(flood));
        assert_eq!(socket.recv_timeout(limit).unwrap(), Poll::Pending);
    }
}

/// `recv_timeout` returns in time whatever the peer does, and loses nothing.
#[test]
fn recv_timeout() {
    let limit = Duration::from_millis(20);
    for role in ROLES {
        let message = frame_to(role, 0x82, &[7; 3000]);
        let (first, second) = message.split_at(2990);
        let reads = [Reads::Bytes(first.to_vec()), Reads::Timeout, Reads::Timeout, Reads::Bytes(second.to_vec())];
        let mut silent = socket(connection(role), Script::new(reads));
        assert_eq!(silent.recv_timeout(limit).unwrap(), Poll::Pending);
        assert_eq!(silent.recv_timeout(limit).unwrap(), Poll::Pending);
        assert_eq!(silent.recv_timeout(limit).unwrap(), Poll::Ready(Some(vec![7; 3000].into())));

        let begun = frame_to(role, 0x82, &vec![0; 100_000])[..10_000].to_vec();
        let mut slow = socket(connection(role), Script::new([Reads::Bytes(begun), Reads::Trickle(KEY[0])]));
        assert_eq!(slow.recv_timeout(limit).unwrap(), Poll::Pending);

        let mut unread = socket(connection(role), Script::new(vec![Reads::Timeout; 9]).writes([Writes::Never]));
        unread.feed("unread").unwrap();
        assert_eq!(unread.recv_timeout(limit).unwrap(), Poll::Pending);
        assert!(unread.buffered_amount() > 0);
    }
}

/// `try_feed` queues what fits, and nothing is written by it; `send_prepared` and `feed_prepared` are as `send` and `feed`.
#[test]
fn try_feed_and_prepared() {
    for role in ROLES {
        let connection = connection_with(role, |config| config.limits.output = 100);
        let mut socket = socket(connection, Script::new([]));
        let [large, small] = [Prepared::binary([1; 60]), Prepared::text("small")];
        socket.try_feed(vec![0; 60]).unwrap();
        for full in [socket.try_feed(vec![1; 60]), socket.try_feed_prepared(&large)] {
            assert!(matches!(full, Err(Error::Send(SendError::Full { .. }))), "{full:?}");
        }
        socket.try_feed_prepared(&small).unwrap();
        assert!(socket.get_ref().calls.is_empty());
        socket.feed_prepared(&large).unwrap();
        assert_eq!(socket.get_ref().calls, ["write", "flush"], "to make space");
        socket.send_prepared(&small).unwrap();
        let lens: Vec<_> = plain(&socket.get_ref().written).iter().map(|(_, payload)| payload.len()).collect();
        assert_eq!(lens, [60, 5, 60, 5]);
        assert!(matches!(socket.ping(&[0; 126]), Err(Error::Send(SendError::ControlTooLong(126)))));
        socket.feed(vec![0; 80]).unwrap();
        socket.ping(&[0; 80]).unwrap();
        assert_eq!(plain(&socket.get_ref().written).len(), 6);
    }
}

/// A message is sent without compression if that is asked for, and says so to no one else.
#[test]
fn options_of_a_message() {
    let mut socket = socket(connection(Role::Server), Script::new([]));
    socket.send(Message::text("secret").uncompressed()).unwrap();
    socket.feed(Message::text("secret").uncompressed()).unwrap();
    socket.try_feed(Message::text("secret").uncompressed()).unwrap();
    socket.flush().unwrap();
    assert_eq!(socket.get_ref().written, frame_from(Role::Server, 0x81, b"secret").repeat(3));
}

/// A flush after a write that failed unseen, in `recv`, is an error: what was queued is lost.
#[test]
fn a_flush_after_a_failure() {
    let reads = [Reads::Bytes(frame_to(Role::Client, 0x81, b"one"))];
    let writes = [Writes::Error(ErrorKind::BrokenPipe)];
    let mut socket = socket(connection(Role::Client), Script::new(reads).writes(writes));
    socket.feed("lost").unwrap();
    assert_eq!(socket.recv().unwrap(), Some("one".into()));
    assert!(matches!(socket.flush(), Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
}

/// A TLS stream that ends without `close_notify` has ended: the frames show what was cut off.
#[test]
fn an_unexpected_end() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Error(ErrorKind::UnexpectedEof)]));
        assert_eq!(closed(socket.recv()), (1006, Cause::EndOfStream(Interrupted::Nothing)));
    }
}

/// What a stream of its own buffers is flushed, or given up, when the connection is closed: not later than the close deadline.
#[test]
fn a_flush_after_the_end() {
    for flushes in [false, true] {
        let mut script = Script::new([Reads::Bytes(close_to(Role::Server, 1000, ""))]);
        script.flushes = vec![ErrorKind::TimedOut; if flushes { 3 } else { 10_000_000 }].into();
        let mut socket = socket(connection_with(Role::Server, hasty), script);
        assert_eq!(socket.recv().unwrap(), None);
        assert_eq!(socket.get_ref().flushes.is_empty(), flushes);
        assert_eq!(socket.get_ref().written, close_from(Role::Server, 1000, ""));
    }
    let mut script = Script::new([Reads::Bytes(close_to(Role::Server, 1000, "")), Reads::Timeout]);
    script.flushes = [ErrorKind::WouldBlock].into();
    let mut socket = socket(connection_with(Role::Server, hasty), script);
    assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
    assert!(!socket.get_ref().calls.contains(&"shutdown"), "not before it is flushed");
    assert_eq!(socket.try_recv().unwrap(), Poll::Ready(None));
    assert!(socket.get_ref().calls.contains(&"shutdown"));
}

/// A body that breaks off is not read beyond the end of the stream.
#[test]
fn a_refusal_that_breaks_off() {
    let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nWhy";
    let mut script = Script::new([Reads::Bytes(refusal.to_vec())]);
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let refused = blocking::client_handshake(&mut script, request, Config::default());
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
