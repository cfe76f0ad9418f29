//! What public bug reports about other libraries describe, tried by hand on the core and over the blocking adapter. Reports whose
//! behaviour another file pins already are not here.

use crate::{
    common::{
        ROLES, close_from, close_to, config, connection, connection_with, frame_from, frame_to, receive, written,
    },
    script::{Reads, Script, Writes, socket},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Event, Interrupted, Role, SendError, State, Timestamp,
    adapter::blocking::{Error, WebSocket},
    client, server,
};
use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    task::Poll,
    thread,
    time::{Duration, Instant},
};

const fn seconds(seconds: u64) -> Timestamp {
    Timestamp::since_origin(Duration::from_secs(seconds))
}

/// Two ends of a TCP connection.
fn tcp() -> [TcpStream; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    [near, listener.accept().unwrap().0]
}

/// A count that bounds one message must not add up over a connection that lives long.
#[test]
fn nothing_is_counted_over_messages() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| config.limits.empty_fragments = 2);
        let [first, middle, last] = [0x01, 0x00, 0x80].map(|first| frame_to(role, first, b""));
        let filled = frame_to(role, 0x00, b"x");
        let message = [&first[..], &middle, &filled, &middle, &frame_to(role, 0x89, b""), &middle, &last].concat();
        for _ in 0..20_000 {
            let events = receive(&mut connection, &message);
            assert_eq!(events.last(), Some(&Event::Text("x".into())));
            assert_eq!(events.len(), 2, "and the ping");
            assert_eq!(plain(&written(&mut connection)), [(0x8A, vec![])]);
        }
        for _ in 0..100_000 {
            assert_eq!(receive(&mut connection, &frame_to(role, 0x82, b"")).len(), 1);
        }
        assert_eq!(connection.state(), State::Open);
    }
}

/// A frame that is too large is refused once. It is not parsed again for each read that follows, and nothing of it is kept.
#[test]
fn too_large_is_an_end() {
    for role in ROLES {
        let mut connection = connection_with(role, |config| config.limits.message = 100);
        let large = frame_to(role, 0x82, &[7; 101]);
        let events = receive(&mut connection, &[&large[..], &frame_to(role, 0x81, b"late")].concat());
        assert!(matches!(events[..], [Event::Failed(_)]), "{events:?}");
        for _ in 0..1000 {
            assert_eq!(receive(&mut connection, &large), []);
            assert_eq!(connection.poll_event(), None);
        }
        assert_eq!(written(&mut connection), close_from(role, 1009, ""));
    }
}

/// A gateway passes on how one of its connections has ended to the other. Codes that are no codes of a frame are an error there,
/// and not a frame that the peer refuses; and the connection can still be closed.
#[test]
fn a_code_is_passed_on() {
    let ends = [vec![], close_to(Role::Client, 1012, "back soon"), frame_to(Role::Client, 0x88, b"")];
    for (end, code) in ends.into_iter().zip([1006, 1012, 1005]) {
        let mut upstream = connection(Role::Client);
        receive(&mut upstream, &end);
        written(&mut upstream);
        upstream.receive_eof();
        let closure = upstream.closure().unwrap().clone();
        assert_eq!(closure.code(), code);
        for role in ROLES {
            let mut connection = connection(role);
            let passed = connection.close(closure.code(), closure.reason());
            match code {
                1006 => {
                    assert!(passed.is_err());
                    assert_eq!((connection.state(), connection.buffered_amount()), (State::Open, 0));
                    connection.close(CloseCode::GOING_AWAY, "").unwrap();
                    assert_eq!(written(&mut connection), close_from(role, 1001, ""));
                }
                1012 => assert_eq!(written(&mut connection), close_from(role, 1012, "back soon")),
                _ => assert_eq!(written(&mut connection), frame_from(role, 0x88, b"")),
            }
        }
    }
}

/// A reason made of an error message: 123 bytes fit, however many characters they are. One more changes nothing.
#[test]
fn a_reason_of_wide_characters() {
    for role in ROLES {
        for (fits, too_long) in [("€".repeat(41), "€".repeat(42)), ("é".repeat(61) + "x", "é".repeat(62))] {
            let mut connection = connection(role);
            assert!(connection.close(CloseCode::NORMAL, &too_long).is_err());
            assert_eq!((connection.state(), connection.buffered_amount()), (State::Open, 0));
            connection.send_text("still open").unwrap();
            written(&mut connection);
            connection.close(CloseCode::NORMAL, &fits).unwrap();
            assert_eq!(written(&mut connection), close_from(role, 1000, &fits));
        }
    }
}

/// A message that does not fit is refused as a whole. A smaller one that fits afterwards does not follow half of it.
#[test]
fn no_gap_after_a_refused_message() {
    for role in ROLES {
        for in_chunks in [false, true] {
            let mut connection = connection_with(role, |config| config.limits.output = 1000);
            if in_chunks {
                connection.send_text_chunk("begun, ", false).unwrap();
            }
            let refused = if in_chunks {
                connection.send_text_chunk("x".repeat(1000), false)
            } else {
                connection.send_text("x".repeat(1000))
            };
            assert!(matches!(refused, Err(SendError::Full { .. })));
            if in_chunks { connection.send_text_chunk("ended", true) } else { connection.send_text("small") }.unwrap();
            let events = receive(&mut crate::common::connection(role.peer()), &written(&mut connection));
            assert_eq!(events, [Event::Text(if in_chunks { "begun, ended" } else { "small" }.into())]);
        }
    }
}

/// A machine that was suspended for eight hours. The peer that is still there sends what it has to, and stays; the peer that has
/// gone is noticed within the ping interval and the ping timeout, and not after another eight hours.
#[test]
fn suspended_for_eight_hours() {
    const NIGHT: u64 = 8 * 3600;
    for role in ROLES {
        for (before, is_blocked) in [(10, false), (40, false), (10, true)] {
            for is_there in [true, false] {
                let mut connection = connection_with(role, |config| config.deadlines = Config::default().deadlines);
                let _ = connection.tick(seconds(0));
                if is_blocked {
                    connection.send_binary(vec![7; 100_000]).unwrap();
                }
                let _ = connection.tick(seconds(1));
                let _ = connection.tick(seconds(before));
                if !is_blocked {
                    let ping = plain(&written(&mut connection));
                    assert_eq!(ping.len(), usize::from(before > 30), "a ping is outstanding");
                }
                // The timer fires first, and then the socket is read and written.
                let mut now = before + NIGHT;
                let _ = connection.tick(seconds(now));
                for _ in 0..3 {
                    if is_there {
                        written(&mut connection);
                        receive(&mut connection, &frame_to(role, 0x8A, b""));
                    } else if !is_blocked {
                        written(&mut connection);
                    }
                    let _ = connection.tick(seconds(now));
                    now += 1;
                }
                for _ in 0..12 {
                    if is_there {
                        receive(&mut connection, &frame_to(role, 0x8A, b""));
                    }
                    if is_there || !is_blocked {
                        written(&mut connection);
                    }
                    let _ = connection.tick(seconds(now));
                    let _ = connection.tick(seconds(now));
                    now += 10;
                }
                let state = connection.state();
                assert_eq!(state == State::Open, is_there, "{role:?}, blocked: {is_blocked}, {before}: {state:?}");
            }
        }
    }
}

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
            if received.is_pending() {
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
        let began = Instant::now();
        let error = loop {
            assert!(began.elapsed() < Duration::from_secs(20), "it is never noticed");
            match socket.recv_timeout(Duration::from_millis(1)) {
                Ok(Poll::Pending) => {}
                Err(error) => break error,
                other => panic!("{other:?}"),
            }
        };
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
        let began = Instant::now();
        for _ in 0..10 {
            socket.try_feed(vec![7; 1_000_000]).unwrap();
        }
        let dropped = thread::spawn(move || drop(socket));
        while !dropped.is_finished() {
            assert!(began.elapsed() < Duration::from_secs(20), "it waits for the peer");
            thread::sleep(Duration::from_millis(1));
        }
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
/// more. Each ping is answered, and the peer's Close frame behind them is noticed.
#[test]
fn pings_to_a_program_that_only_sends() {
    let [near, far] = tcp();
    let config = || config().with(|config| config.limits.message = 1000);
    let mut sender = WebSocket::new(near, Connection::new(Role::Client, config()));
    let mut peer = WebSocket::new(far, Connection::new(Role::Server, config()));
    let peer = thread::spawn(move || {
        for round in 0..3000_u32 {
            peer.ping(&round.to_be_bytes()).unwrap();
            loop {
                match peer.next_event().unwrap() {
                    Some(Event::Pong(payload)) if payload == round.to_be_bytes() => break,
                    Some(_) => {}
                    None => panic!("it ends after {round} pings"),
                }
            }
        }
        peer.close(CloseCode::GOING_AWAY, "restarting").unwrap()
    });
    let began = Instant::now();
    while sender.send("tick").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never learns of the Close frame");
    }
    assert_eq!(sender.closure().unwrap().code(), CloseCode::GOING_AWAY);
    assert!(peer.join().unwrap().is_clean());
}
