//! What public bug reports about other libraries describe, tried over the blocking adapter. Reports whose behaviour another file
//! pins already are not here.

use crate::{
    common::{ROLES, close_to, config, connection, connection_with, frame_from, frame_to, written},
    script::{Reads, Script, Writes, socket},
    sockets::tcp,
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Event, Interrupted, Role,
    adapter::blocking::{Error, WebSocket},
    client, server,
};
use std::{
    io::{ErrorKind, Read, Write},
    task::Poll,
    thread,
    time::Duration,
};

/// The answer to a ping is one write, header and payload together: some peers take a pong only if it comes in one packet.
#[test]
fn a_pong_is_one_write() {
    for role in ROLES {
        for payload in [&b""[..], b"hello", &[7; 125]] {
            let mut socket = socket(connection(role), Script::new([Reads::Bytes(frame_to(role, 0x89, payload))]));
            assert!(socket.recv().is_err(), "the stream ends without a Close frame");
            assert_eq!(socket.get_ref().written, frame_from(role, 0x8A, payload));
            assert_eq!(socket.get_ref().calls.iter().filter(|call| **call == "write").count(), 1);
        }
    }
}

/// A timeout in the middle of a frame, at every byte of it, loses nothing.
#[test]
fn a_timeout_in_the_middle_of_a_frame() {
    for role in ROLES {
        let frames =
            [frame_to(role, 0x02, &[1; 130]), frame_to(role, 0x89, b"?"), frame_to(role, 0x80, &[2; 5])].concat();
        for at in 0..frames.len() {
            let (first, rest) = frames.split_at(at);
            let parts = if at == 0 { vec![] } else { vec![Reads::Bytes(first.into())] };
            let reads: Vec<_> = parts.into_iter().chain([Reads::Timeout, Reads::Bytes(rest.into())]).collect();
            let mut socket = socket(connection(role), Script::new(reads));
            let mut received = socket.recv_timeout(Duration::from_millis(1)).unwrap();
            // More than once if the thread had to wait: then the first call can end before it comes to the timeout of the script.
            while received.is_pending() {
                received = socket.recv_timeout(Duration::from_secs(1)).unwrap();
            }
            assert!(received == Poll::Ready(Some([vec![1; 130], vec![2; 5]].concat().into())), "{at}");
        }
    }
}

/// A receiver that gives up after a millisecond, again and again, learns that the peer has gone, and learns it in each call.
#[test]
fn a_dead_peer_and_short_timeouts() {
    for role in ROLES {
        let mut socket = socket(
            connection_with(role, |config| {
                config.deadlines.ping = Some(Duration::from_millis(10));
                config.deadlines.pong = Some(Duration::from_millis(10));
                config.deadlines.close = Duration::from_millis(10);
            }),
            Script::new(vec![Reads::Timeout; 10_000]),
        );
        let mut errors = (0..10_000).filter_map(|_| match socket.recv_timeout(Duration::from_millis(1)) {
            Ok(Poll::Pending) => None,
            Err(error) => Some(error),
            other => panic!("{other:?}"),
        });
        let error = errors.next().expect("it is never noticed");
        let cause = |error: &Error| if let Error::Closed(closure) = error { Some(closure.cause()) } else { None };
        assert_eq!(cause(&error), Some(Cause::Deadline(Deadline::Pong)));
        for _ in 0..3 {
            let again = socket.recv_timeout(Duration::from_millis(1)).unwrap_err();
            assert_eq!(cause(&again), cause(&error));
        }
    }
}

/// A signal interrupts each call of the stream in turn. None of it ends the connection.
#[test]
fn signals() {
    let interrupted = || Reads::Error(ErrorKind::Interrupted);
    for role in ROLES {
        for without_waiting in [false, true] {
            let reads = [interrupted(), Reads::Bytes(frame_to(role, 0x89, b"?")), interrupted(), interrupted()]
                .into_iter()
                .chain([
                    Reads::Bytes(frame_to(role, 0x81, b"Hello")),
                    interrupted(),
                    Reads::Bytes(close_to(role, 1000, "")),
                ])
                .chain([interrupted()]);
            let mut script = Script::new(reads.collect::<Vec<_>>());
            let error = Writes::Error(ErrorKind::Interrupted);
            script.writes = [error, Writes::Takes(1), error, error].into();
            script.flushes = [ErrorKind::Interrupted; 3].into();
            script.shutdowns = [ErrorKind::Interrupted; 2].into();
            let mut socket = socket(connection(role), script);
            socket.try_feed("sent").unwrap();
            let mut received = Vec::new();
            for _ in 0..20 {
                let message =
                    if without_waiting { socket.try_recv().unwrap() } else { Poll::Ready(socket.recv().unwrap()) };
                match message {
                    Poll::Ready(Some(message)) => received.push(message),
                    Poll::Ready(None) => break,
                    Poll::Pending => {}
                }
            }
            assert_eq!(received, ["Hello".into()]);
            assert!(socket.closure().is_some_and(bowline::Closure::is_clean), "{role:?}: {:?}", socket.closure());
            let frames: Vec<_> = plain(&socket.get_ref().written).into_iter().map(|(first, _)| first).collect();
            assert_eq!(frames, [0x81, 0x8A, 0x88]);
        }
    }
}

/// `close` while the peer's last messages and its Close frame are in one read, and while megabytes of it are unread in the
/// sockets: it returns, and the end is clean.
#[test]
fn close_with_messages_unread() {
    for role in ROLES {
        let bytes = [frame_to(role, 0x81, b"unprocessed"), close_to(role, 1000, "")].concat();
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(bytes)]));
        assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_clean());

        let [near, far] = tcp();
        let mut flooded = WebSocket::new(near, Connection::new(role, config()));
        let mut peer = WebSocket::new(far, Connection::new(role.peer(), config()));
        let peer = thread::spawn(move || {
            let mut sent = 0;
            while peer.send(vec![7; 100_000]).is_ok() {
                sent += 1;
                assert!(sent < 100_000, "it never learns of the Close frame");
            }
            while let Ok(Some(_)) = peer.recv() {}
            peer.closure().cloned()
        });
        thread::sleep(Duration::from_millis(100)); // the buffers of both sockets are full
        let closure = flooded.close(CloseCode::GOING_AWAY, "").unwrap();
        let theirs = peer.join().unwrap().unwrap();
        assert_eq!((theirs.code(), theirs.is_clean()), (CloseCode::GOING_AWAY, true), "{role:?}: {theirs}");
        assert!(closure.is_clean(), "{role:?}: {closure}");
    }
}

/// A connection with megabytes queued for a peer that reads nothing is dropped. That does not wait for the peer.
#[test]
fn dropping_does_not_wait() {
    for role in ROLES {
        let [near, _far] = tcp();
        let mut socket = WebSocket::new(near, Connection::new(role, config()));
        for _ in 0..10 {
            socket.try_feed(vec![7; 1_000_000]).unwrap();
        }
        drop(socket); // waiting would never end, since there is no deadline
    }
}

/// The answer to the handshake, a message, the Close frame and the end of the stream, all in one packet.
#[test]
fn everything_in_one_packet() {
    let [near, mut far] = tcp();
    let server = thread::spawn(move || {
        let mut bytes = vec![0; 4096];
        let count = far.read(&mut bytes).unwrap();
        let server::Progress::Request(request) =
            server::Handshake::new(config()).receive(&mut (&mut bytes[..count]).into())
        else {
            panic!("the request is not in one packet");
        };
        let mut connection = request.accept(&server::Accept::any_origin()).unwrap();
        connection.send_text("welcome").unwrap();
        connection.send_binary(vec![7; 70_000]).unwrap();
        connection.close(CloseCode::from(4000), "full").unwrap();
        far.write_all(&written(&mut connection)).unwrap();
    });
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let (mut socket, _) = bowline::adapter::blocking::client_handshake(near, request, Config::default()).unwrap();
    server.join().unwrap();
    assert_eq!(socket.recv().unwrap(), Some("welcome".into()));
    assert!(socket.recv().unwrap() == Some(vec![7; 70_000].into()));
    match socket.recv() {
        Err(Error::Closed(closure)) => assert_eq!((closure.code().get(), closure.reason()), (4000, "full")),
        other => panic!("{other:?}"),
    }
}

/// A server closes while the client is sending a large message. The rest of it lies unread in the server's socket, and the client
/// must not lose the Close frame to a reset.
#[test]
fn the_close_frame_survives_what_is_on_its_way() {
    for _ in 0..5 {
        let [near, far] = tcp();
        let mut client = WebSocket::new(near, Connection::new(Role::Client, config()));
        let server = thread::spawn(move || {
            let mut server = WebSocket::new(far, Connection::new(Role::Server, config()));
            server.recv().unwrap();
            server.close(CloseCode::from(4001), "enough")
        });
        client.send("first").unwrap();
        let mut result = Ok(());
        for _ in 0..1000 {
            result = client.send(vec![7; 1_000_000]);
            if result.is_err() {
                break;
            }
        }
        assert!(result.is_err(), "it never learns of the Close frame");
        while let Ok(Some(_)) = client.recv() {}
        let closure = client.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason()), (4001, "enough"), "{closure}");
        assert!(server.join().unwrap().unwrap().is_clean());
        assert_eq!(closure.interrupted(), Interrupted::Nothing);
    }
}

/// A program that only sends, for days, to a peer that pings: what it never receives must not add up until nothing is looked at any
/// more. The pings are answered, and the peer's Close frame behind them is noticed.
#[test]
fn pings_to_a_program_that_only_sends() {
    let [near, far] = tcp();
    let config = || config().with(|config| config.limits.message = 1000);
    let mut sender = WebSocket::new(near, Connection::new(Role::Client, config()));
    let mut peer = WebSocket::new(far, Connection::new(Role::Server, config()));
    let peer = thread::spawn(move || {
        for round in 0..60_u32 {
            for _ in 0..50 {
                peer.ping(&round.to_be_bytes()).unwrap();
            }
            loop {
                match peer.next_event().unwrap() {
                    Some(Event::Pong(payload)) if payload == round.to_be_bytes() => break,
                    Some(_) => {}
                    None => panic!("it ends after {round} rounds"),
                }
            }
        }
        peer.close(CloseCode::GOING_AWAY, "restarting").unwrap()
    });
    let mut sent_after_the_end = 0;
    while sender.send("tick").is_ok() {
        sent_after_the_end += u32::from(peer.is_finished());
        assert!(sent_after_the_end < 1_000_000, "it never learns of the Close frame");
    }
    assert_eq!(sender.closure().unwrap().code(), CloseCode::GOING_AWAY);
    assert!(peer.join().unwrap().is_clean());
}

/// The end of the stream behind a ping is noticed by a program that only sends.
#[test]
fn an_end_behind_a_ping_for_a_program_that_only_sends() {
    for role in ROLES {
        let mut socket = socket(connection(role), Script::new([Reads::Bytes(frame_to(role, 0x89, b"still there?"))]));
        let is_noticed = (0..10_000).any(|_| {
            thread::sleep(Duration::from_millis(1));
            socket.send("tick").is_err()
        });
        assert!(is_noticed);
    }
}
