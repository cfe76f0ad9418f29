//! Calls that never wait: `try_recv`, `try_feed` and `try_feed_prepared`.

use crate::{
    common::{ROLES, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, socket, socket_with, waits},
    wire::plain,
};
use bowline::{
    CloseCode, Message, Prepared, SendError,
    adapter::tokio::{Error, WebSocket},
};
use std::{task::Poll, time::Duration};
use tokio::time::{sleep, timeout};

/// The `frame`, what was `queued`, and the `limit`.
#[track_caller]
fn full(result: Result<(), Error>) -> (usize, usize, usize) {
    match result {
        Err(Error::Send(SendError::Full { frame, queued, limit })) => (frame, queued, limit),
        other => panic!("{other:?}"),
    }
}

/// `try_feed` queues as much as `feed` does without waiting, and says by how much the next message is too much.
#[tokio::test(start_paused = true)]
async fn try_feed_has_the_limits_of_feed() {
    for role in ROLES {
        let frame = frame_from(role, 0x82, &[7; 1000]).len();
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        let mut count = 0;
        while socket.try_feed(vec![7; 1000]).is_ok() {
            count += 1;
        }
        assert_eq!(count, 65_536_usize.div_ceil(frame));
        let queued = socket.buffered_amount();
        assert_eq!(full(socket.try_feed(vec![7; 1000])), (frame, queued, 65_536));
        assert_eq!(full(socket.try_feed_prepared(&Prepared::binary([7; 1000]))), (frame, queued, 65_536));
        assert!(waits(socket.feed(vec![7; 1000])), "it would have waited");
        assert_eq!(socket.buffered_amount(), queued);
        // What the stream has room for by now is written first.
        script.room_silently(Some(frame));
        socket.try_feed("fits").unwrap();
        script.room_silently(None);
        socket.try_feed_prepared(&Prepared::text("fits, too")).unwrap();
        socket.flush().await.unwrap();
        assert_eq!(plain(&script.written()).len(), count + 2);
    }
}

/// At exactly 64 KiB in the queue, the threshold is what is in the way, and not the limit on the output.
#[tokio::test(start_paused = true)]
async fn exactly_at_the_threshold() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        let header = frame_from(role, 0x82, &[0; 16_000]).len() - 16_000;
        socket.try_feed(vec![7; 65_536 - header]).unwrap();
        assert_eq!(socket.buffered_amount(), 65_536);
        let (_, queued, limit) = full(socket.try_feed("one more"));
        assert_eq!((queued, limit), (65_536, 65_536));
    }
}

/// The limit on the output counts as well, and what can never fit, or comes too late, is the same error as for `feed`.
#[tokio::test(start_paused = true)]
async fn try_feed_fails_as_feed_does() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, |config| config.limits.output = 2000);
        socket.try_feed(vec![1; 1500]).unwrap();
        let queued = socket.buffered_amount();
        let frame = frame_from(role, 0x82, &[2; 1500]).len();
        assert_eq!(full(socket.try_feed(vec![2; 1500])), (frame, queued, 2000));
        script.room(None);
        socket.try_feed(vec![2; 1500]).unwrap();
        socket.flush().await.unwrap();
        let frame = frame_from(role, 0x82, &[3; 2000]).len();
        assert_eq!(full(socket.try_feed(vec![3; 2000])), (frame, 0, 2000));
        socket.connection().close(CloseCode::NORMAL, "").unwrap();
        assert!(matches!(socket.try_feed("too late"), Err(Error::Send(SendError::Closing))));
    }
}

/// On the sending half: it wakes a receiver that waits, which writes, and does not take the place of a sender that waits.
#[tokio::test(start_paused = true)]
async fn try_feed_on_a_half() {
    for role in ROLES {
        let script = Script::new([]);
        let (mut receiver, mut sender) = socket(role, &script).split();
        let receives = tokio::spawn(async move { receiver.recv().await });
        sleep(Duration::from_millis(1)).await;
        sender.try_feed("one").unwrap();
        sender.try_feed_prepared(&Prepared::text("two")).unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(script.written(), [frame_from(role, 0x81, b"one"), frame_from(role, 0x81, b"two")].concat());

        script.room(Some(0));
        sender.feed(vec![0; 70_000]).await.unwrap();
        let mut another = sender.clone();
        let waiting = tokio::spawn(async move { another.feed("waits").await });
        sleep(Duration::from_millis(1)).await;
        let (_, queued, limit) = full(sender.try_feed("does not fit"));
        assert_eq!((queued, limit), (sender.buffered_amount(), 65_536));
        script.room(None);
        timeout(Duration::from_millis(100), waiting).await.expect("it was not woken").unwrap().unwrap();
        receives.abort();
    }
}

/// `try_recv` returns what was read, reads what the stream has ready, and never waits.
#[tokio::test(start_paused = true)]
async fn try_recv() {
    for role in ROLES {
        for split in [false, true] {
            let script = Script::new([]);
            let mut socket = Some(socket(role, &script));
            let mut halves = None;
            if split {
                halves = socket.take().map(WebSocket::split);
            }
            let mut try_recv = || match (&mut socket, &mut halves) {
                (Some(socket), _) => socket.try_recv(),
                (None, Some((receiver, _))) => receiver.try_recv(),
                (None, None) => panic!(),
            };
            assert!(matches!(try_recv(), Ok(Poll::Pending)));
            script.push(Reads::Bytes([frame_to(role, 0x81, b"one"), frame_to(role, 0x89, b"ping")].concat()));
            script.push(Reads::Bytes(frame_to(role, 0x81, b"two")));
            for expected in ["one", "two"] {
                let Ok(Poll::Ready(Some(Message::Text(text)))) = try_recv() else { panic!() };
                assert_eq!(text, expected);
            }
            assert!(matches!(try_recv(), Ok(Poll::Pending)));
            assert_eq!(script.written(), frame_from(role, 0x8A, b"ping"), "it also writes");
            script.push(Reads::Bytes(close_to(role, 1000, "")));
            script.push(Reads::End);
            assert!(matches!(try_recv(), Ok(Poll::Ready(None))));
            assert!(matches!(try_recv(), Ok(Poll::Ready(None))), "and again");
        }
    }
}

/// A `recv` that waits after a `try_recv` is woken by what arrives.
#[tokio::test(start_paused = true)]
async fn recv_after_try_recv() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        assert!(matches!(socket.try_recv(), Ok(Poll::Pending)));
        let receives = tokio::spawn(async move { socket.recv().await });
        sleep(Duration::from_millis(1)).await;
        script.push(Reads::Bytes(frame_to(role, 0x81, b"there")));
        let received = timeout(Duration::from_secs(1), receives).await.expect("it was not woken");
        assert_eq!(received.unwrap().unwrap(), Some("there".into()));
    }
}

/// Prepared messages are written by `send_prepared`, on a whole connection and on its sending half.
#[tokio::test(start_paused = true)]
async fn send_prepared() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        let Message::Binary(payload) = data(100, 1) else { panic!() };
        let message = Prepared::binary(&payload);
        socket.send_prepared(&message).await.unwrap();
        let frame = frame_from(role, 0x82, &payload);
        assert_eq!(script.written(), frame);
        let (_receiver, mut sender) = socket.split();
        sender.send_prepared(&message).await.unwrap();
        assert_eq!(script.written(), frame.repeat(2));
        assert_eq!(sender.buffered_amount(), 0);
    }
}
