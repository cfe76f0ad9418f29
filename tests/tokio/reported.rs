//! What public bug reports about other libraries describe, tried on Tokio. Reports whose behaviour another file pins already are
//! not here.

use crate::{
    common::{ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, pair, socket, socket_with, waits},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Deadline, Event, Message, Role,
    adapter::tokio::{self as ws, Error},
    client, server,
};
use bowline_test::Call;
use futures_core::Stream;
use futures_sink::Sink;
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, sleep, timeout},
};

/// A task that only receives. The pong meets a stream that is full, or one that has to flush, and leaves as soon as it can: not
/// with the next ping, and not with the next message.
#[tokio::test(start_paused = true)]
async fn a_pong_that_had_to_wait() {
    for role in ROLES {
        for flush_waits in [false, true] {
            let script = Script::new([Reads::Bytes(frame_to(role, 0x89, b"there?"))]);
            script.room((!flush_waits).then_some(3));
            script.flush_waits(flush_waits);
            let mut socket = socket(role, &script);
            let receiver = tokio::spawn(async move { socket.recv().await.map(|_| ()) });
            sleep(Duration::from_millis(1)).await;
            assert_eq!(script.count(Call::Flush), 0);
            script.room(None);
            script.flush_waits(false);
            sleep(Duration::from_millis(1)).await;
            assert_eq!(script.written(), frame_from(role, 0x8A, b"there?"));
            assert_eq!(script.count(Call::Flush), 1);
            script.push(Reads::End);
            assert!(receiver.await.unwrap().is_err());
        }
    }
}

/// The answer to the peer's Close frame is written before `recv` returns, without a further call.
#[tokio::test(start_paused = true)]
async fn the_answer_to_close_needs_no_flush() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(close_to(role, 1000, "bye")), Reads::End]);
        let mut socket = socket(role, &script);
        assert_eq!(socket.recv().await.unwrap(), None);
        assert_eq!(script.written(), close_from(role, 1000, ""));
        assert_eq!(script.count(Call::Flush), 1);
    }
}

/// After the end there is nothing to flush and nothing to close: both succeed, and go on to, so that a `forward` ends well.
#[tokio::test(start_paused = true)]
async fn a_sink_after_the_end() {
    for role in ROLES {
        for begun_here in [false, true] {
            let script = Script::new([Reads::Bytes(close_to(role, 1000, "")), Reads::End]);
            let mut socket = socket(role, &script);
            if begun_here {
                socket.close(CloseCode::NORMAL, "").await.unwrap();
            } else {
                assert_eq!(socket.recv().await.unwrap(), None);
            }
            for _ in 0..2 {
                poll_fn(|cx| Pin::new(&mut socket).poll_flush(cx)).await.unwrap();
                poll_fn(|cx| Sink::<Message>::poll_close(Pin::new(&mut socket), cx)).await.unwrap();
                assert!(poll_fn(|cx| Pin::new(&mut socket).poll_next(cx)).await.is_none());
            }
            assert!(matches!(socket.send("late").await, Err(Error::Closed(_) | Error::Send(_))));
        }
    }
}

/// A program that is ready, starts to send, and then only polls the stream: what it has started to send leaves all the same.
#[tokio::test(start_paused = true)]
async fn a_sink_that_is_never_flushed() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        for text in ["one", "two"] {
            poll_fn(|cx| Sink::<Message>::poll_ready(Pin::new(&mut socket), cx)).await.unwrap();
            Pin::new(&mut socket).start_send(text.into()).unwrap();
        }
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut socket).poll_next(&mut cx).is_pending());
        let payloads: Vec<_> = plain(&script.written()).into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(payloads, [b"one", b"two"]);
        assert_eq!(script.count(Call::Flush), 1);
    }
}

/// A receiver that gives up after a second, again and again, learns that the peer has gone, and learns it in each call.
#[tokio::test(start_paused = true)]
async fn a_dead_peer_and_short_timeouts() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, |config| config.deadlines = Config::default().deadlines);
        let began = Instant::now();
        let result = loop {
            assert!(began.elapsed() < Duration::from_secs(90), "it is never noticed");
            if let Ok(result) = timeout(Duration::from_secs(1), socket.recv()).await {
                break result;
            }
        };
        for result in [result, socket.recv().await, timeout(Duration::ZERO, socket.recv()).await.unwrap()] {
            let Err(Error::Closed(closure)) = result else { panic!("{result:?}") };
            assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
        }
    }
}

/// Both ends close at once, each with its halves, with pipes that are full in both directions, and with senders that wait. Nobody
/// waits for the close deadline.
#[tokio::test(start_paused = true)]
async fn closing_both_halves_with_full_pipes() {
    let [client, server] = pair(64, |_| {});
    let mut tasks = Vec::new();
    let began = Instant::now();
    for socket in [client, server] {
        let (mut receiver, sender) = socket.split();
        for seed in 0..3 {
            let mut sender = sender.clone();
            tasks.push(tokio::spawn(async move { while sender.send(data(50_000, seed)).await.is_ok() {} }));
        }
        let mut closer = sender.clone();
        tasks.push(tokio::spawn(async move {
            for seed in 0..5 {
                closer.send(data(50_000, seed)).await.unwrap();
            }
            closer.close(CloseCode::GOING_AWAY, "").await.unwrap();
        }));
        tasks.push(tokio::spawn(async move {
            while let Ok(Some(_)) = receiver.recv().await {}
            let closure = receiver.closure().unwrap();
            assert!(closure.is_clean(), "{closure}");
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A connection outlives its runtime. It is dropped there, with output queued and a timer set, also as two halves.
#[test]
fn dropped_after_its_runtime() {
    for in_halves in [false, true] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (near, far) = duplex(100);
        let (mut socket, script) = runtime.block_on(async {
            let script = Script::new([]);
            let mut socket =
                socket_with(Role::Client, &script, |config| config.deadlines = Config::default().deadlines);
            assert!(waits(socket.recv()));
            (socket, script)
        });
        drop(runtime);
        socket.try_feed("queued").unwrap();
        if in_halves {
            drop(socket.split());
        } else {
            drop(socket);
        }
        assert_eq!(plain(&script.written()), [(0x81, b"queued".to_vec())]);
        drop((near, far));
    }
}

/// The answer to the handshake, messages, the Close frame and the end of the stream, all in one packet.
#[tokio::test]
async fn everything_in_one_packet() {
    let (near, mut far) = duplex(200_000);
    let server = tokio::spawn(async move {
        let mut bytes = vec![0; 4096];
        let count = far.read(&mut bytes).await.unwrap();
        let handshake = server::Handshake::new(Config::default()).receive(&mut (&mut bytes[..count]).into());
        let server::Progress::Request(request) = handshake else { panic!("the request is not in one packet") };
        let mut connection = request.accept(&server::Accept::any_origin()).unwrap();
        connection.send_text("welcome").unwrap();
        connection.send_binary(vec![7; 70_000]).unwrap();
        connection.close(CloseCode::from(4000), "full").unwrap();
        far.write_all(&crate::common::written(&mut connection)).await.unwrap();
    });
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let (mut socket, _) = ws::client_handshake(near, request, Config::default()).await.unwrap();
    server.await.unwrap();
    assert_eq!(socket.recv().await.unwrap(), Some("welcome".into()));
    assert!(socket.recv().await.unwrap() == Some(vec![7; 70_000].into()));
    match socket.recv().await {
        Err(Error::Closed(closure)) => assert_eq!((closure.code().get(), closure.reason()), (4000, "full")),
        other => panic!("{other:?}"),
    }
}

/// `close` while the peer's last messages and its Close frame are in one read, in pieces of any size.
#[tokio::test(start_paused = true)]
async fn close_with_messages_unread() {
    for role in ROLES {
        let bytes =
            [frame_to(role, 0x81, b"unprocessed"), frame_to(role, 0x89, b""), close_to(role, 1000, "")].concat();
        for cut in 1..=bytes.len() {
            let reads: Vec<_> = bytes.chunks(cut).map(|piece| Reads::Bytes(piece.into())).collect();
            let script = Script::new(reads.into_iter().chain([Reads::End]));
            let mut socket = socket(role, &script);
            let closure = socket.close(CloseCode::NORMAL, "").await.unwrap();
            assert!(closure.is_clean(), "{role:?}, {cut}: {closure}");
        }
    }
}

/// The server closes over TCP while the client is sending megabytes. What lies unread in the server's socket must not turn the
/// Close frame into a reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_close_frame_survives_what_is_on_its_way() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..5 {
        let near = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let far = listener.accept().await.unwrap().0;
        let server = tokio::spawn(async move {
            let mut server = crate::kit::over(far, Role::Server);
            server.recv().await.unwrap();
            server.close(CloseCode::from(4001), "enough").await
        });
        let mut client = crate::kit::over(near, Role::Client);
        client.send("first").await.unwrap();
        let mut sent = 0;
        let error = loop {
            match client.send(vec![7; 1_000_000]).await {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
            assert!(sent < 1000, "it never learns of the Close frame");
        };
        while let Ok(Some(_)) = client.recv().await {}
        let closure = client.closure().unwrap();
        assert_eq!((closure.code().get(), closure.reason()), (4001, "enough"), "{closure}, {error}");
        assert!(server.await.unwrap().unwrap().is_clean());
    }
}

/// A program that only sends, for days, to a peer that pings: what it never receives must not add up until nothing is looked at any
/// more. Each ping is answered.
#[tokio::test(start_paused = true)]
async fn pings_to_a_program_that_only_sends() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, |config| config.limits.message = 1000);
        for round in 0..3000 {
            let first = if round % 3 == 0 { 0x8A } else { 0x89 };
            script.push_silently(Reads::Bytes(frame_to(role, first, b"still there?")));
            socket.send("tick").await.unwrap();
        }
        socket.send("tick").await.unwrap();
        let pongs = plain(&script.written()).into_iter().filter(|(first, _)| *first == 0x8A).count();
        assert_eq!(pongs, 2000);
        // What was received last is still there, in order.
        script.push(Reads::End);
        let mut left = Vec::new();
        while let Ok(Some(event)) = socket.next_event().await {
            left.push(matches!(event, Event::Pong(_)));
        }
        let expected: Vec<_> = (2984..3000).map(|round| round % 3 == 0).collect();
        assert_eq!(left, expected);
    }
}

/// The same program is told of the peer's Close frame, and of the end of its stream, also if a ping came before that.
#[tokio::test(start_paused = true)]
async fn an_end_behind_a_ping_for_a_program_that_only_sends() {
    for role in ROLES {
        for ends in [close_to(role, 1001, "restarting"), vec![]] {
            let script = Script::new([]);
            let mut socket = socket(role, &script);
            socket.send("tick").await.unwrap();
            script.push(Reads::Bytes(frame_to(role, 0x89, b"still there?")));
            socket.send("tick").await.unwrap();
            script.push(if ends.is_empty() { Reads::End } else { Reads::Bytes(ends) });
            let mut result = Ok(());
            for _ in 0..3 {
                result = socket.send("tick").await;
            }
            assert!(matches!(result, Err(Error::Closed(_) | Error::Send(_))), "{role:?}: {result:?}");
        }
    }
}
