//! Out of a `WebSocket` and back: its parts, its stream, and its halves.

use crate::{
    common::{ROLES, close_to, frame_from, frame_to},
    kit::{Reads, Script, socket, socket_with, waits},
};
use bowline::{
    Cause, Config, Connection, Deadline, Event, Input, Role,
    adapter::{
        Error, Parts,
        tokio::{ReuniteError, WebSocket},
    },
};
use bowline_test::Call;
use std::time::Duration;
use tokio::time::{Instant, advance, sleep, timeout};

/// What was read and not received, and what was queued and not written, goes along.
#[tokio::test(start_paused = true)]
async fn there_and_back() {
    for role in ROLES {
        let read: Vec<u8> = ["a", "b", "c"].iter().flat_map(|text| frame_to(role, 0x81, text.as_bytes())).collect();
        let script = Script::new([Reads::Bytes(read)]);
        let mut first = socket(role, &script);
        assert_eq!(first.recv().await.unwrap(), Some("a".into()));
        first.feed("queued").await.unwrap();

        let mut parts = first.into_parts();
        assert_eq!(script.written(), b"", "nothing is written");
        let mut input = Input::from(&mut parts.unread);
        assert_eq!(parts.connection.receive(&mut input), Some(Event::Text("b".into())));
        let left = input.remaining().to_vec();
        assert_eq!(left, frame_to(role, 0x81, b"c"));
        parts.unread = left;

        let mut second = WebSocket::from_parts(parts);
        assert_eq!(second.recv().await.unwrap(), Some("c".into()));
        assert!(waits(second.recv()));
        assert_eq!(script.written(), frame_from(role, 0x81, b"queued"));
        script.push(Reads::Bytes([frame_to(role, 0x81, b"d"), close_to(role, 1000, "")].concat()));
        script.push(Reads::End);
        assert_eq!(second.recv().await.unwrap(), Some("d".into()));
        assert_eq!(second.recv().await.unwrap(), None);
    }
}

/// A message of which a part has arrived is completed after it, and a frame of which a part was written as well.
#[tokio::test(start_paused = true)]
async fn in_the_middle() {
    for role in ROLES {
        let frame = frame_to(role, 0x82, &vec![7; 50_000]);
        let script = Script::new([Reads::Bytes(frame[..20_000].to_vec())]);
        script.room(Some(3));
        let mut first = socket(role, &script);
        assert!(waits(first.send("cut off")));
        assert!(waits(first.recv()));
        let mut second = WebSocket::from_parts(first.into_parts());
        script.room(None);
        script.push(Reads::Bytes(frame[20_000..].to_vec()));
        assert!(second.recv().await.unwrap() == Some(vec![7; 50_000].into()));
        second.flush().await.unwrap();
        assert_eq!(script.written(), frame_from(role, 0x81, b"cut off"));
    }
}

/// Messages that were received ahead, and an end of the stream that was read behind them, go along: a stream returns an error only
/// once.
#[tokio::test(start_paused = true)]
async fn what_was_received_ahead() {
    for role in ROLES {
        for end in [Reads::End, Reads::Error(std::io::ErrorKind::ConnectionReset)] {
            let is_error = matches!(end, Reads::Error(_));
            let text = |text: &str| Reads::Bytes(frame_to(role, 0x81, text.as_bytes()));
            let script = Script::new([text("a"), text("b"), end]);
            script.room(Some(0));
            let mut first = socket(role, &script);
            assert!(waits(first.send("not read")));
            // A read that returns an error is not one of them.
            assert_eq!(script.calls(), if is_error { vec![Call::Read; 2] } else { vec![Call::Read; 3] });
            let parts = first.into_parts();
            assert_eq!(parts.events, [Event::Text("a".into()), Event::Text("b".into())]);
            let mut second = WebSocket::from_parts(parts);
            assert_eq!(second.recv().await.unwrap(), Some("a".into()));
            assert_eq!(second.recv().await.unwrap(), Some("b".into()));
            let ended = timeout(Duration::from_secs(1), second.recv());
            if is_error {
                assert!(matches!(ended.await.expect("the error is lost"), Err(Error::Io(_))));
            } else {
                script.room(None);
                assert!(matches!(ended.await.expect("the end is lost"), Err(Error::Closed(_))));
                assert_eq!(script.count(Call::Read), 3, "a stream that has ended is not read again");
            }
        }
    }
}

/// The deadlines go on as if nothing had happened.
#[tokio::test(start_paused = true)]
async fn deadlines_go_on() {
    for role in ROLES {
        let script = Script::new([]);
        let mut first = socket_with(role, &script, |config| config.deadlines.ping = Some(Duration::from_secs(30)));
        assert!(waits(first.recv()));
        advance(Duration::from_secs(20)).await;
        assert!(waits(first.recv()));
        let mut second = WebSocket::from_parts(first.into_parts());
        assert!(waits(second.recv()));
        advance(Duration::from_secs(9)).await;
        assert!(waits(second.recv()));
        assert_eq!(script.written(), b"");
        advance(Duration::from_secs(1)).await;
        assert!(waits(second.recv()));
        assert_eq!(script.written(), frame_from(role, 0x89, b""));
    }
}

/// Bytes that were read elsewhere are received first.
#[tokio::test(start_paused = true)]
async fn early_bytes() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(frame_to(role, 0x81, b"late"))]);
        let mut parts = Parts::new(script.clone(), crate::common::connection(role));
        parts.unread = frame_to(role, 0x81, b"early");
        assert!(format!("{parts:?}").contains(&format!("unread: {}", parts.unread.len())));
        let mut socket = WebSocket::from_parts(parts);
        assert_eq!(socket.recv().await.unwrap(), Some("early".into()));
        assert_eq!(socket.recv().await.unwrap(), Some("late".into()));
    }
}

/// `into_inner` gives the stream back and does nothing with it; dropping writes what is queued.
#[tokio::test(start_paused = true)]
async fn the_stream_alone() {
    for role in ROLES {
        let script = Script::new([]);
        let mut first = socket(role, &script);
        first.feed("lost").await.unwrap();
        first.get_mut().with(|wire| wire.flush(Role::Client)).unwrap();
        let stream = first.into_inner();
        assert_eq!(stream.calls(), [Call::Flush]);
        let mut second = socket(role, &stream);
        assert_eq!(second.protocol(), None);
        second.feed("last words").await.unwrap();
        drop(second);
        assert_eq!(script.written(), frame_from(role, 0x81, b"last words"));
    }
}

/// Two halves become one again, with everything that was read and queued, if they are the only ones.
#[tokio::test(start_paused = true)]
async fn reunited() {
    for role in ROLES {
        let read = [frame_to(role, 0x81, b"a"), frame_to(role, 0x81, b"b")].concat();
        let script = Script::new([Reads::Bytes(read)]);
        let (mut receiver, mut sender) = socket(role, &script).split();
        assert_eq!(receiver.recv().await.unwrap(), Some("a".into()));
        sender.feed("queued").await.unwrap();

        let another = sender.clone();
        let error = receiver.reunite(sender).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot join the halves: there is another clone of the sender, which has to be dropped first"
        );
        let ReuniteError(receiver, sender) = error;
        drop(another);

        let (strange, _kept) = socket(role, &Script::new([])).split();
        let error = strange.reunite(sender).unwrap_err();
        assert_eq!(error.to_string(), "cannot join the halves: they are halves of different connections");
        let ReuniteError(_, sender) = error;

        let mut socket = receiver.reunite(sender).unwrap();
        assert_eq!(script.written(), b"", "nothing is written");
        assert_eq!(socket.recv().await.unwrap(), Some("b".into()));
        assert!(waits(socket.recv()));
        assert_eq!(script.written(), frame_from(role, 0x81, b"queued"));
    }
}

/// A connection that was reunited wakes who waits on it, although its stream still has the waker of the halves; and it can be split
/// again.
#[tokio::test(start_paused = true)]
async fn reunited_and_woken() {
    let script = Script::new([]);
    let (mut receiver, sender) = socket(Role::Client, &script).split();
    assert!(waits(receiver.recv()));
    let mut socket = receiver.reunite(sender).unwrap();
    let receives = tokio::spawn(async move { (socket.recv().await, socket) });
    sleep(Duration::from_millis(1)).await;
    script.push(Reads::Bytes(frame_to(Role::Client, 0x81, b"there")));
    let (received, socket) = timeout(Duration::from_secs(1), receives).await.expect("it was not woken").unwrap();
    assert_eq!(received.unwrap(), Some("there".into()));
    let (mut receiver, mut sender) = socket.split();
    sender.send("and back").await.unwrap();
    script.push(Reads::Bytes(frame_to(Role::Client, 0x81, b"again")));
    assert_eq!(receiver.recv().await.unwrap(), Some("again".into()));
}

/// A connection that comes from a driver with another clock is kept alive by this one from the start: a silent peer is noticed when it
/// should be, however long the connection had lived.
#[tokio::test(start_paused = true)]
async fn from_a_driver_with_another_clock() {
    for role in ROLES {
        let mut connection = Connection::new(role, Config::default());
        let _ = connection.tick(Duration::from_secs(3600).into());
        let mut socket = WebSocket::from_parts(Parts::new(Script::new([]), connection));
        let begun = Instant::now();
        let Err(Error::Closed(closure)) = socket.recv().await else { panic!("the peer is silent") };
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
        // A ping after 30 s, its deadline after another 30, and the close deadline.
        assert_eq!(begun.elapsed().as_secs(), 65);
    }
}
