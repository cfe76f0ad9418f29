//! How connections end.

use crate::{
    common::{ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, pair, socket, socket_with, waits},
    wire::plain,
};
use bowline::{Cause, CloseCode, CloseError, Deadline, Endpoint, Interrupted, Role, adapter::tokio::Error};
use bowline_test::Call;
use std::{fmt::Debug, io::ErrorKind, time::Duration};

/// The Close code that [`Error::Closed`] tells, and the cause.
#[track_caller]
fn closed<T: Debug>(result: Result<T, Error>) -> (u16, Cause) {
    match result {
        Err(Error::Closed(closure)) => (closure.code().get(), closure.cause()),
        other => panic!("{other:?}"),
    }
}

/// The Close frame for a violation is written, and the write half shut, before `recv` tells of it.
#[tokio::test(start_paused = true)]
async fn a_violation_is_told_to_the_peer_first() {
    for role in ROLES {
        let bytes = [frame_to(role, 0x81, b"fine"), frame_to(role, 0x83, b""), frame_to(role, 0x81, b"late")].concat();
        let script = Script::new([Reads::Bytes(bytes)]);
        let mut socket = socket(role, &script);
        assert_eq!(socket.recv().await.unwrap(), Some("fine".into()));
        assert!(waits(socket.recv()), "for the end of the peer's stream");
        assert_eq!(script.written(), close_from(role, 1002, ""));
        assert_eq!(script.calls(), [Call::Read, Call::Write, Call::Flush, Call::Shutdown]);
        script.push(Reads::Bytes(vec![0; 50]));
        script.push(Reads::End);
        let (code, cause) = closed(socket.recv().await);
        assert_eq!(code, 1006);
        assert!(matches!(cause, Cause::Protocol(_)));
        assert_eq!(closed(socket.recv().await), (1006, cause), "and again");
        assert!(socket.read().await.is_err());
        assert_eq!(socket.closure().unwrap().begun_by(), Endpoint::Local);
    }
}

/// The same when the peer neither reads nor goes: the close deadline ends it.
#[tokio::test(start_paused = true)]
async fn a_violation_by_a_peer_that_stays() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(frame_to(role, 0x83, b""))]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        assert!(matches!(closed(socket.recv().await).1, Cause::Protocol(_)));
        assert!(socket.connection().is_closed());
    }
}

/// After the exchange the server shuts the stream at once; the client reads until the server has.
#[tokio::test(start_paused = true)]
async fn who_closes_the_stream() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(close_to(role, 1001, "bye"))]);
        let mut socket = socket(role, &script);
        assert_eq!(waits(socket.recv()), role == Role::Client);
        assert_eq!(script.written(), close_from(role, 1001, ""));
        assert_eq!(script.count(Call::Shutdown), usize::from(role == Role::Server));
        script.push(Reads::End);
        assert_eq!(socket.recv().await.unwrap(), None);
        let closure = socket.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason(), closure.is_clean()), (1001, "bye", true));
        assert_eq!(script.count(Call::Shutdown), 1);
    }
}

/// What the stream's own errors are told as.
#[tokio::test(start_paused = true)]
async fn the_stream_fails() {
    for role in ROLES {
        let script = Script::new([Reads::Error(ErrorKind::ConnectionReset)]);
        let mut broken = socket(role, &script);
        assert!(matches!(broken.recv().await, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset));
        assert_eq!(closed(broken.recv().await), (1006, Cause::Transport));
        assert!(broken.send("too late").await.is_err());

        let half = frame_to(role, 0x81, b"half")[..3].to_vec();
        for end in [Reads::End, Reads::Error(ErrorKind::UnexpectedEof)] {
            let script = Script::new([Reads::Bytes(half.clone()), end]);
            let mut ended = socket(role, &script);
            assert_eq!(closed(ended.recv().await), (1006, Cause::EndOfStream(Interrupted::Frame)));
        }
    }
}

/// A stream that is reset after both Close frames were exchanged has had a clean end all the same.
#[tokio::test(start_paused = true)]
async fn a_reset_after_the_exchange() {
    for by_close in [false, true] {
        let reads = [Reads::Bytes(close_to(Role::Client, 1000, "")), Reads::Error(ErrorKind::ConnectionReset)];
        let mut client = socket(Role::Client, &Script::new(reads));
        if by_close {
            assert!(client.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        } else {
            assert!(matches!(client.recv().await, Ok(None)));
        }
    }
}

/// When writing fails, the peer's Close frame may lie unread: `recv` finds it, and tells the peer's code. Nothing more is
/// written: it would begin in the middle of a frame.
#[tokio::test(start_paused = true)]
async fn writing_fails_while_a_close_lies_unread() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(3));
        let mut socket = socket(role, &script);
        assert!(waits(socket.send("cut off")));
        script.room(None);
        script.write_error(Some(ErrorKind::BrokenPipe));
        assert!(matches!(socket.send("a").await, Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
        script.push(Reads::Bytes([frame_to(role, 0x81, b"last"), close_to(role, 1008, "banned")].concat()));
        script.push(Reads::End);
        script.write_error(None);
        assert!(socket.send("b").await.is_err());
        assert_eq!(socket.recv().await.unwrap(), Some("last".into()));
        let _ = socket.recv().await;
        let closure = socket.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason()), (1008, "banned"));
        assert_eq!(script.written(), frame_from(role, 0x81, b"cut off")[..3]);
        assert!(socket.connection().is_closed());
    }
}

/// `close` cannot send what must not be sent, and then has done nothing.
#[tokio::test(start_paused = true)]
async fn an_invalid_close() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        let refused = socket.close(CloseCode::ABNORMAL, "").await;
        assert!(matches!(refused, Err(Error::Close(CloseError::Code(_)))));
        socket.send("still open").await.unwrap();
        assert_eq!(script.written(), frame_from(role, 0x81, b"still open"));
    }
}

/// Both sides close at once.
#[tokio::test(start_paused = true)]
async fn both_close() {
    let [mut client, mut server] = pair(1000, |_| {});
    let (here, there) = tokio::join!(client.close(CloseCode::NORMAL, ""), server.close(CloseCode::GOING_AWAY, ""));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!((here.code().get(), there.code().get()), (1001, 1000));
    assert!(here.is_clean() && there.is_clean());
}

/// The client has shut its half, as `nc` does: what it asked is still answered.
#[tokio::test(start_paused = true)]
async fn a_peer_that_shuts_its_half() {
    let script = Script::new([Reads::Bytes(frame_to(Role::Server, 0x81, b"last words")), Reads::End]);
    let mut server = socket(Role::Server, &script);
    let message = server.recv().await.unwrap().unwrap();
    server.feed(message).await.unwrap();
    assert_eq!(closed(server.recv().await).0, 1006);
    assert_eq!(script.written(), frame_from(Role::Server, 0x81, b"last words"));
}

/// A stream that keeps the Close frame for itself, as TLS may, does not hold up the end for longer than the close deadline.
#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_pass_on_the_last_bytes() {
    let script = Script::new([Reads::Bytes(close_to(Role::Server, 1000, ""))]);
    script.flush_waits(true);
    let mut server = socket_with(Role::Server, &script, |config| config.deadlines.close = Duration::from_secs(3));
    let begun = tokio::time::Instant::now();
    assert!(waits(server.recv()));
    assert_eq!(server.recv().await.unwrap(), None);
    assert_eq!(begun.elapsed().as_secs(), 3);
    assert_eq!(plain(&script.written()).len(), 1);
}

/// The close deadline counts once, from the moment closing began, although the connection is closed before the stream is shut down.
#[tokio::test(start_paused = true)]
async fn a_shutdown_that_does_not_end() {
    for by_close in [true, false] {
        for flush_waits in [true, false] {
            let script = Script::new([]);
            script.flush_waits(flush_waits);
            script.shutdown_waits(true);
            let mut server = socket(Role::Server, &script);
            let begun = tokio::time::Instant::now();
            let answer = async {
                if !by_close {
                    script.push(Reads::Bytes(frame_to(Role::Server, 0x83, b"")));
                }
                tokio::time::sleep(Duration::from_secs(4)).await;
                script.push(Reads::Bytes(close_to(Role::Server, 1000, "")));
                script.push(Reads::End);
            };
            if by_close {
                let (closure, ()) = tokio::join!(server.close(CloseCode::NORMAL, ""), answer);
                assert!(closure.unwrap().is_clean());
            } else {
                let (received, ()) = tokio::join!(server.recv(), answer);
                assert!(matches!(closed(received).1, Cause::Protocol(_)));
            }
            assert_eq!(begun.elapsed().as_secs(), 5, "{by_close} {flush_waits}");
        }
    }
}

/// The same for a send that notices a missed pong: the ping timeout, then the close deadline, and no more.
#[tokio::test(start_paused = true)]
async fn a_missed_pong_while_sending() {
    for role in ROLES {
        let script = Script::new([]);
        script.flush_waits(true);
        script.shutdown_waits(true);
        let mut socket = socket_with(role, &script, |config| {
            config.deadlines.ping = Some(Duration::from_secs(1));
            config.deadlines.pong = Some(Duration::from_secs(1));
            config.deadlines.close = Duration::from_secs(1);
        });
        let begun = tokio::time::Instant::now();
        assert_eq!(closed(socket.send("a").await).1, Cause::Deadline(Deadline::Pong));
        assert_eq!(begun.elapsed().as_secs(), 3);
    }
}

/// `close` with 16 MB queued, to a peer that reads 1 MB/s: a clean end, as it makes progress all the time. The same with a close
/// deadline that it exceeds by far, and also if it closes itself.
#[tokio::test(start_paused = true)]
async fn a_close_behind_much_that_is_queued() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        for _ in 0..16 {
            socket.connection().send_binary(vec![7; 1_000_000]).unwrap();
        }
        let begun = tokio::time::Instant::now();
        let peer = async {
            for _ in 0..160 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                script.room(Some(100_000));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            script.room(Some(10_000));
            tokio::time::sleep(Duration::from_millis(100)).await;
            script.push(Reads::Bytes(close_to(role, 1000, "")));
            script.push(Reads::End);
        };
        let (closure, ()) = tokio::join!(socket.close(CloseCode::NORMAL, ""), peer);
        let closure = closure.unwrap();
        assert!(closure.is_clean(), "{closure}");
        assert_eq!((closure.unsent(), begun.elapsed().as_secs()), (0, 16));
        assert_eq!(plain(&script.written()).len(), 17);
    }
}

/// A peer that stops in the middle of that is left after the close deadline, and the closure counts what was lost.
#[tokio::test(start_paused = true)]
async fn a_close_whose_peer_stops_reading() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        socket.connection().send_binary(vec![7; 1_000_000]).unwrap();
        let begun = tokio::time::Instant::now();
        let peer = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                script.room(Some(100_000));
            }
        };
        let (closure, ()) = tokio::join!(socket.close(CloseCode::NORMAL, ""), peer);
        let closure = closure.unwrap();
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        assert!((500_000..500_020).contains(&closure.unsent()), "{}", closure.unsent());
        assert!((9..=10).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }
}

/// A dropped connection shuts its stream down, for the `close_notify` of TLS, once; and not behind a write that failed.
#[tokio::test(start_paused = true)]
async fn a_dropped_connection() {
    for role in ROLES {
        let script = Script::new([]);
        let mut first = socket(role, &script);
        first.feed("last").await.unwrap();
        drop(first);
        assert_eq!(script.calls(), [Call::Write, Call::Flush, Call::Shutdown]);

        let script = Script::new([Reads::Bytes(close_to(role, 1000, "")), Reads::End]);
        let mut closed = socket(role, &script);
        assert_eq!(closed.recv().await.unwrap(), None);
        drop(closed);
        assert_eq!(script.count(Call::Shutdown), 1);

        let script = Script::new([]);
        script.write_error(Some(ErrorKind::BrokenPipe));
        let mut broken = socket(role, &script);
        broken.feed("lost").await.unwrap();
        drop(broken);
        assert_eq!(script.count(Call::Shutdown), 0);
    }
}

/// A peer that takes nothing: the close deadline frees `flush` and `close`, the pong deadline frees `send`.
#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads() {
    for role in ROLES {
        for how in ["close", "flush", "send"] {
            let script = Script::new([]);
            script.room(Some(5));
            let mut socket = socket_with(role, &script, |config| {
                config.deadlines.write = Some(Duration::from_secs(1));
            });
            let expected = if how == "send" { Deadline::Write } else { Deadline::Close };
            socket.feed("unread").await.unwrap();
            let cause = match how {
                "close" => socket.close(CloseCode::NORMAL, "").await.unwrap().cause(),
                "flush" => {
                    socket.connection().close(CloseCode::NORMAL, "").unwrap();
                    closed(socket.flush().await).1
                }
                _ => closed(socket.send("unread, too").await).1,
            };
            assert_eq!(cause, Cause::Deadline(expected), "{how}");
            assert!(socket.connection().is_closed());
        }
    }
}
